-- Hold money for the pictures of a run within all limits that count, in one round trip. The functions run as their
-- caller, behind the same walls. accounts/limits/asking.py calls them and words what they refuse.

-- What a payer asks to hold. `subjects` to `starts` name the counters in the order of their locks; `loan_day` and
-- `loan_month` are what the lent key allows where the operator has set nothing for the organization.
CREATE TYPE accounts_asked AS (
    org bigint, is_play boolean, is_lent boolean, micros bigint,
    subjects text[], ids bigint[], periods text[], starts date[],
    run uuid, slots uuid[], after_tries int[], payer bigint, role text, api_key bigint,
    day date, terms jsonb, at timestamptz,
    model text, lower_qualities text[], pixels bigint, pictures int, loan_day bigint, loan_month bigint,
    budget bigint);

-- End everything that this step has done, with the reason. The step's function catches it and returns the reason.
CREATE FUNCTION accounts_refuse(_why jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'DR001', DETAIL = _why;
END $$;

-- Return the quotas that count for a payer. A person's own quota counts alone; a person without one has their role's.
CREATE FUNCTION accounts_rules(_org bigint, _role text, _user bigint, _api_key bigint, _is_lent boolean)
    RETURNS SETOF accounts_quota LANGUAGE sql STABLE AS $$
    SELECT q.* FROM accounts_quota q
    WHERE q.org_id = _org AND (
        q.subject = 'organization'
        OR q.subject = 'member' AND q.user_id = _user
        OR q.subject = 'key' AND q.api_key_id = _api_key
        OR q.subject = 'loan' AND _is_lent
        OR q.subject = 'role' AND q.role = _role AND NOT EXISTS (
            SELECT FROM accounts_quota own WHERE own.org_id = _org AND own.subject = 'member' AND own.user_id = _user))
$$;

-- Refuse what is beyond a ceiling, whatever it costs.
CREATE FUNCTION accounts_refuse_beyond_ceilings(_asked accounts_asked) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF EXISTS (
        SELECT FROM accounts_rules(_asked.org, _asked.role, _asked.payer, _asked.api_key, _asked.is_lent) q
        WHERE _asked.model <> ALL (q.model_names) OR _asked.pixels > q.most_pixels
           OR q.highest_quality = ANY (_asked.lower_qualities) OR _asked.pictures > q.most_pictures
    ) THEN
        PERFORM accounts_refuse('{"by": "ceiling"}');
    END IF;
END $$;

-- Refuse runs beyond a limit on runs at once or a minute. Called behind the counters' locks, so that no two pass at
-- once.
CREATE FUNCTION accounts_refuse_beyond_pace(_asked accounts_asked) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _rule accounts_quota;
    _open bigint;
    _recent bigint;
BEGIN
    FOR _rule IN
        SELECT * FROM accounts_rules(_asked.org, _asked.role, _asked.payer, _asked.api_key, _asked.is_lent) q
        WHERE q.runs_at_once IS NOT NULL OR q.runs_per_minute IS NOT NULL
    LOOP
        SELECT count(DISTINCT h.run_code) FILTER (WHERE h.state = 'open'),
               count(DISTINCT h.run_code) FILTER (WHERE h.created_at > _asked.at - interval '1 minute')
        INTO _open, _recent
        FROM accounts_hold h
        WHERE h.org_id = _asked.org AND h.images > 0 AND h.run_code <> _asked.run
          AND (h.state = 'open' OR h.created_at > _asked.at - interval '1 minute')
          AND CASE _rule.subject WHEN 'organization' THEN true WHEN 'key' THEN h.api_key_id = _asked.api_key
                                 ELSE h.user_id = _asked.payer END;
        IF _open >= _rule.runs_at_once THEN
            PERFORM accounts_refuse(jsonb_build_object(
                'by', 'pace', 'subject', _rule.subject, 'pace', 'at_once', 'runs', _rule.runs_at_once));
        ELSIF _recent >= _rule.runs_per_minute THEN
            PERFORM accounts_refuse(jsonb_build_object(
                'by', 'pace', 'subject', _rule.subject, 'pace', 'per_minute', 'runs', _rule.runs_per_minute));
        END IF;
    END LOOP;
END $$;

-- Refuse while the loan's counters still allow what the operator's settings said before.
CREATE FUNCTION accounts_refuse_behind(_asked accounts_asked) RETURNS void LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF _asked.is_lent
        AND NOT EXISTS (SELECT FROM accounts_quota q WHERE q.org_id = _asked.org AND q.subject = 'loan')
        AND EXISTS (
            SELECT FROM accounts_counter c
            JOIN unnest(_asked.subjects, _asked.ids, _asked.periods, _asked.starts)
                AS p(subject, subject_id, period, starts_on) USING (subject, subject_id, period, starts_on)
            WHERE c.org_id = _asked.org AND c.subject = 'loan' AND c.allowed_micros IS DISTINCT FROM
                CASE c.period WHEN 'day' THEN _asked.loan_day ELSE _asked.loan_month END)
    THEN
        PERFORM accounts_refuse('{"by": "behind"}');
    END IF;
END $$;

-- Write the holds and count them on every limit, or refuse. The counters are locked last, so a caller who waits for
-- them waits for nothing but a commit.
CREATE FUNCTION accounts_hold_within(_asked accounts_asked) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _found bigint;
    _refusing jsonb;
BEGIN
    PERFORM accounts_refuse_beyond_ceilings(_asked);
    PERFORM accounts_refuse_behind(_asked);
    SELECT count(*), jsonb_agg(to_jsonb(t)) FILTER (WHERE NOT t.fits) INTO _found, _refusing
    FROM accounts_take_holds(
        _asked.org, _asked.is_play, _asked.micros, _asked.subjects, _asked.ids, _asked.periods, _asked.starts,
        _asked.run, _asked.slots, _asked.after_tries, _asked.payer, _asked.api_key, _asked.is_lent,
        _asked.day, _asked.terms, _asked.at, _asked.budget) t;
    IF _found < cardinality(_asked.ids) THEN
        PERFORM accounts_refuse('{"by": "missing"}');
    ELSIF _refusing IS NOT NULL THEN
        PERFORM accounts_refuse(jsonb_build_object('by', 'room', 'refusing', _refusing));
    END IF;
    PERFORM accounts_refuse_beyond_pace(_asked);
END $$;

-- Do the same as a step of its own. Return null if the money is held, else the reason; then nothing has changed.
CREATE FUNCTION accounts_hold(_asked accounts_asked) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _why text;
BEGIN
    PERFORM accounts_hold_within(_asked);
    RETURN NULL;
EXCEPTION WHEN SQLSTATE 'DR001' THEN
    GET STACKED DIAGNOSTICS _why = PG_EXCEPTION_DETAIL;
    RETURN _why::jsonb;
END $$;
