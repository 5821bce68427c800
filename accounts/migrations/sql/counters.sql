-- Hold and count money, each in one round trip that is planned once a connection. The functions run as their caller,
-- behind the same walls. What they promise stands in accounts/limits/counters.py.

-- Hold an amount in all of these counters or in none. Return them, each with whether the amount fits. Lock none and
-- return nothing if one is missing: the caller makes the missing ones, in the order of the locks, and takes again.
-- Locking some, and then waiting for others that were being made, ended in deadlocks.
CREATE FUNCTION accounts_take(
    _org bigint, _is_play boolean, _micros bigint, _images bigint,
    _subjects text[], _ids bigint[], _periods text[], _starts date[])
    RETURNS TABLE (subject text, subject_id bigint, period text, starts_on date,
                   allowed_micros bigint, allowed_images bigint, spent_micros bigint, held_micros bigint,
                   spent_images bigint, held_images bigint, fits boolean)
    LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM accounts_organization o WHERE o.id = _org FOR KEY SHARE;

    IF cardinality(_ids) > (
        SELECT count(*) FROM unnest(_subjects, _ids, _periods, _starts) AS p(subject, subject_id, period, starts_on)
        JOIN accounts_counter c USING (subject, subject_id, period, starts_on)
        WHERE c.org_id = _org AND c.is_play = _is_play
    ) THEN
        RETURN;
    END IF;
    RETURN QUERY WITH place AS (
        SELECT * FROM unnest(_subjects, _ids, _periods, _starts)
            WITH ORDINALITY AS p(subject, subject_id, period, starts_on, rank)
    ), locked AS MATERIALIZED (
        SELECT c.*,
               (c.allowed_micros IS NULL OR c.spent_micros + c.held_micros + _micros <= c.allowed_micros)
               AND (c.allowed_images IS NULL OR c.spent_images + c.held_images + _images <= c.allowed_images) AS fits
        FROM place JOIN accounts_counter c USING (subject, subject_id, period, starts_on)
        WHERE c.org_id = _org AND c.is_play = _is_play
        ORDER BY place.rank FOR UPDATE OF c
    ), taken AS (
        UPDATE accounts_counter c
        SET held_micros = c.held_micros + _micros, held_images = c.held_images + _images
        FROM locked
        WHERE c.id = locked.id AND (SELECT count(*) = cardinality(_ids) AND bool_and(l.fits) FROM locked l)
    )
    SELECT l.subject::text, l.subject_id, l.period::text, l.starts_on, l.allowed_micros, l.allowed_images,
           l.spent_micros, l.held_micros, l.spent_images, l.held_images, l.fits
    FROM locked l;
END $$;

-- Move an amount from held to spent in those of these counters that exist. Return them as they are afterwards.
CREATE FUNCTION accounts_shift(
    _org bigint, _is_play boolean, _micros bigint, _images bigint, _spent_micros bigint, _spent_images bigint,
    _subjects text[], _ids bigint[], _periods text[], _starts date[])
    RETURNS TABLE (subject text, subject_id bigint, period text, starts_on date,
                   allowed_micros bigint, allowed_images bigint, spent_micros bigint, held_micros bigint,
                   spent_images bigint, held_images bigint, fits boolean)
    LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    PERFORM 1 FROM accounts_organization o WHERE o.id = _org FOR KEY SHARE;

    RETURN QUERY WITH place AS (
        SELECT * FROM unnest(_subjects, _ids, _periods, _starts)
            WITH ORDINALITY AS p(subject, subject_id, period, starts_on, rank)
    ), locked AS MATERIALIZED (
        SELECT c.*,
               (c.allowed_micros IS NULL OR c.spent_micros + c.held_micros + _micros <= c.allowed_micros)
               AND (c.allowed_images IS NULL OR c.spent_images + c.held_images + _images <= c.allowed_images) AS fits
        FROM place JOIN accounts_counter c USING (subject, subject_id, period, starts_on)
        WHERE c.org_id = _org AND c.is_play = _is_play
        ORDER BY place.rank FOR UPDATE OF c
    )
    UPDATE accounts_counter c
    SET spent_micros = c.spent_micros + _spent_micros, spent_images = c.spent_images + _spent_images,
        held_micros = c.held_micros + _micros, held_images = c.held_images + _images
    FROM locked WHERE c.id = locked.id
    RETURNING c.subject::text, c.subject_id, c.period::text, c.starts_on, c.allowed_micros, c.allowed_images,
              c.spent_micros, c.held_micros, c.spent_images, c.held_images, true;
END $$;

-- Write the holds of some slots and take their sum. The holds come first and the counters last, so that a caller who
-- waits for the counters' locks waits for nothing but the commit.
CREATE FUNCTION accounts_take_holds(
    _org bigint, _is_play boolean, _each bigint, _subjects text[], _ids bigint[], _periods text[], _starts date[],
    _run uuid, _slots uuid[], _after_tries int[], _user bigint, _api_key bigint, _is_lent boolean,
    _day date, _terms jsonb, _now timestamptz, _budget bigint)
    RETURNS TABLE (subject text, subject_id bigint, period text, starts_on date,
                   allowed_micros bigint, allowed_images bigint, spent_micros bigint, held_micros bigint,
                   spent_images bigint, held_images bigint, fits boolean)
    LANGUAGE plpgsql VOLATILE AS $$
#variable_conflict use_column
BEGIN
    INSERT INTO accounts_hold (
        org_id, code, run_code, slot_code, attempt, after_try, user_id, api_key_id, is_lent, day, is_play,
        micros, state, spent_micros, is_estimated, terms, created_at, budget_id)
    SELECT _org, gen_random_uuid(), _run, part.slot_code,
           1 + coalesce((SELECT max(h.attempt) FROM accounts_hold h
                         WHERE h.org_id = _org AND h.slot_code = part.slot_code), 0),
           part.after_try, _user, _api_key, _is_lent, _day, _is_play, _each, 'open', 0, false, _terms, _now,
           _budget
    FROM unnest(_slots, _after_tries) AS part(slot_code, after_try);
    RETURN QUERY SELECT * FROM accounts_take(
        _org, _is_play, _each * cardinality(_slots), cardinality(_slots), _subjects, _ids, _periods, _starts);
END $$;

-- Return whether a spending has reached a threshold that an admin named. `_counter` is as it is after the spending.
CREATE FUNCTION accounts_reaches_threshold(_org bigint, _counter jsonb, _micros bigint, _images bigint)
    RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_threshold t
        JOIN (VALUES
            ('money', (_counter->>'allowed_micros')::numeric, (_counter->>'spent_micros')::numeric, _micros),
            ('images', (_counter->>'allowed_images')::numeric, (_counter->>'spent_images')::numeric, _images)
        ) AS u(unit, allowed, spent, grew) ON u.unit = t.unit
        WHERE t.org_id = _org AND t.subject = _counter->>'subject'
          AND t.subject_id = (_counter->>'subject_id')::bigint AND t.period = _counter->>'period'
          AND (u.spent - u.grew) * 100 < coalesce(t.amount * 100, u.allowed * t.percent)
          AND coalesce(t.amount * 100, u.allowed * t.percent) <= u.spent * 100)
$$;
