-- Written by `python -m tools.dump_schema` from the migrations. Do not edit.

CREATE TYPE accounts_asked AS (
	org bigint,
	is_play boolean,
	is_lent boolean,
	micros bigint,
	subjects text[],
	ids bigint[],
	periods text[],
	starts date[],
	run uuid,
	slots uuid[],
	after_tries integer[],
	payer bigint,
	role text,
	api_key bigint,
	day date,
	terms jsonb,
	at timestamp with time zone,
	model text,
	lower_qualities text[],
	pixels bigint,
	pictures integer,
	loan_day bigint,
	loan_month bigint,
	budget bigint
);

CREATE TYPE studio_caller AS (
	member bigint,
	role text,
	time_zone text,
	calls_at_once integer,
	has_usual_loan boolean,
	api_key bigint,
	scopes text[],
	now timestamp with time zone
);

CREATE FUNCTION accounts_announce(_org bigint, _event text, _data jsonb, _now timestamp with time zone) RETURNS bigint
    LANGUAGE sql
    AS $$
    WITH message AS (
        INSERT INTO accounts_delivery (
            org_id, code, webhook_id, event, payload, state, tries, not_before, answer, attempts, created_at)
        SELECT _org, gen_random_uuid(), w.id, _event, jsonb_build_object('type', _event, 'data', _data,
                   'timestamp', to_char(_now AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"')),
               'pending', 0, _now, '', '[]', _now
        FROM accounts_webhook w
        WHERE w.org_id = _org AND w.switched_off_at IS NULL AND _event = ANY (w.events)
        RETURNING code, webhook_id
    ), ticket AS (
        INSERT INTO accounts_deliveryticket (org_id, maker_id, delivery_code, due_at)
        SELECT _org, w.made_by_id, message.code, _now FROM message JOIN accounts_webhook w ON w.id = message.webhook_id
        RETURNING 1
    )
    SELECT count(*) FROM ticket
$$;

CREATE FUNCTION accounts_hold(_asked accounts_asked) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _why text;
BEGIN
    PERFORM accounts_hold_within(_asked);
    RETURN NULL;
EXCEPTION WHEN SQLSTATE 'DR001' THEN
    GET STACKED DIAGNOSTICS _why = PG_EXCEPTION_DETAIL;
    RETURN _why::jsonb;
END $$;

CREATE FUNCTION accounts_hold_within(_asked accounts_asked) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION accounts_let_in(_hash text, _scope text, _roles text[], _now timestamp with time zone, _noted_before timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _before text[] := ARRAY[coalesce(current_setting('app.presented', true), ''),
                            coalesce(current_setting('app.org', true), '')];
    _key accounts_apikey;
    _found jsonb;
BEGIN
    PERFORM set_config('app.presented', _hash, true);
    SELECT * INTO _key FROM accounts_apikey k
    WHERE k.token_hash = _hash AND k.revoked_at IS NULL AND (k.expires_at IS NULL OR k.expires_at > _now);
    PERFORM set_config('app.presented', '', true), set_config('app.org', coalesce(_key.org_id::text, ''), true);

    SELECT jsonb_build_object(
        'key', to_jsonb(_key), 'member', to_jsonb(m), 'org', to_jsonb(o), 'user', to_jsonb(u), 'has_second_factor',
        EXISTS (SELECT FROM mfa_authenticator a WHERE a.user_id = u.id))
    INTO _found
    FROM accounts_membership m
    JOIN accounts_organization o ON o.id = m.org_id
    JOIN accounts_user u ON u.id = m.user_id
    WHERE m.org_id = _key.org_id AND m.user_id = _key.maker_id
      AND u.is_active AND o.deleted_at IS NULL AND o.suspended_at IS NULL;

    IF _scope = ANY (_key.scopes) AND _found->'member'->>'role' = ANY (_roles)
        AND ((_found->>'has_second_factor')::boolean OR NOT (_found->'org'->>'requires_second_factor')::boolean)
    THEN
        UPDATE accounts_apikey SET last_used_at = _now
        WHERE id = _key.id AND (last_used_at IS NULL OR last_used_at < _noted_before);
    END IF;
    PERFORM set_config('app.presented', _before[1], true), set_config('app.org', _before[2], true);
    RETURN _found;
END $$;

CREATE FUNCTION accounts_person(_user bigint) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _before text := coalesce(current_setting('app.user', true), '');
    _found jsonb;
BEGIN
    PERFORM set_config('app.user', _user::text, true);
    SELECT jsonb_build_object(
        'user', to_jsonb(u),
        'has_second_factor', EXISTS (SELECT FROM mfa_authenticator a WHERE a.user_id = u.id),
        'memberships', (
            SELECT coalesce(jsonb_agg(jsonb_build_object('member', to_jsonb(m), 'org', to_jsonb(o)) ORDER BY o.name), '[]')
            FROM accounts_membership m JOIN accounts_organization o ON o.id = m.org_id
            WHERE m.user_id = u.id AND o.deleted_at IS NULL))
    INTO _found FROM accounts_user u WHERE u.id = _user;
    PERFORM set_config('app.user', _before, true);
    RETURN _found;
END $$;

CREATE FUNCTION accounts_reaches_threshold(_org bigint, _counter jsonb, _micros bigint, _images bigint) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
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

CREATE FUNCTION accounts_refuse(_why jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'refused' USING ERRCODE = 'DR001', DETAIL = _why;
END $$;

CREATE FUNCTION accounts_refuse_behind(_asked accounts_asked) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
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

CREATE FUNCTION accounts_refuse_beyond_ceilings(_asked accounts_asked) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
BEGIN
    IF EXISTS (
        SELECT FROM accounts_rules(_asked.org, _asked.role, _asked.payer, _asked.api_key, _asked.is_lent) q
        WHERE _asked.model <> ALL (q.model_names) OR _asked.pixels > q.most_pixels
           OR q.highest_quality = ANY (_asked.lower_qualities) OR _asked.pictures > q.most_pictures
    ) THEN
        PERFORM accounts_refuse('{"by": "ceiling"}');
    END IF;
END $$;

CREATE FUNCTION accounts_refuse_beyond_pace(_asked accounts_asked) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

CREATE TABLE accounts_quota (
    id bigint NOT NULL,
    code uuid NOT NULL,
    subject character varying(12) NOT NULL,
    role character varying(10) NOT NULL,
    money_day bigint,
    money_month bigint,
    images_day bigint,
    images_month bigint,
    most_pixels integer,
    highest_quality character varying(10) NOT NULL,
    most_pictures smallint,
    model_names character varying(80)[],
    runs_at_once integer,
    runs_per_minute integer,
    changed_at timestamp with time zone NOT NULL,
    api_key_id bigint,
    org_id bigint NOT NULL,
    user_id bigint,
    CONSTRAINT accounts_quota_most_pictures_check CHECK ((most_pictures >= 0)),
    CONSTRAINT accounts_quota_most_pixels_check CHECK ((most_pixels >= 0)),
    CONSTRAINT accounts_quota_runs_at_once_check CHECK ((runs_at_once >= 0)),
    CONSTRAINT accounts_quota_runs_per_minute_check CHECK ((runs_per_minute >= 0)),
    CONSTRAINT limits_are_not_negative CHECK ((((money_day IS NULL) OR (money_day >= 0)) AND ((money_month IS NULL) OR (money_month >= 0)) AND ((images_day IS NULL) OR (images_day >= 0)) AND ((images_month IS NULL) OR (images_month >= 0)))),
    CONSTRAINT quota_names_its_subject CHECK ((((subject IN ('organization', 'loan')) AND (api_key_id IS NULL) AND (user_id IS NULL) AND ((role)::text = ''::text)) OR (((subject)::text = 'role'::text) AND (api_key_id IS NULL) AND (user_id IS NULL) AND (NOT ((role)::text = ''::text))) OR (((subject)::text = 'member'::text) AND (api_key_id IS NULL) AND (user_id IS NOT NULL) AND ((role)::text = ''::text)) OR (((subject)::text = 'key'::text) AND (api_key_id IS NOT NULL) AND (user_id IS NULL) AND ((role)::text = ''::text))))
);

ALTER TABLE ONLY accounts_quota FORCE ROW LEVEL SECURITY;

CREATE FUNCTION accounts_rules(_org bigint, _role text, _user bigint, _api_key bigint, _is_lent boolean) RETURNS SETOF accounts_quota
    LANGUAGE sql STABLE
    AS $$
    SELECT q.* FROM accounts_quota q
    WHERE q.org_id = _org AND (
        q.subject = 'organization'
        OR q.subject = 'member' AND q.user_id = _user
        OR q.subject = 'key' AND q.api_key_id = _api_key
        OR q.subject = 'loan' AND _is_lent
        OR q.subject = 'role' AND q.role = _role AND NOT EXISTS (
            SELECT FROM accounts_quota own WHERE own.org_id = _org AND own.subject = 'member' AND own.user_id = _user))
$$;

CREATE FUNCTION accounts_shift(_org bigint, _is_play boolean, _micros bigint, _images bigint, _spent_micros bigint, _spent_images bigint, _subjects text[], _ids bigint[], _periods text[], _starts date[]) RETURNS TABLE(subject text, subject_id bigint, period text, starts_on date, allowed_micros bigint, allowed_images bigint, spent_micros bigint, held_micros bigint, spent_images bigint, held_images bigint, fits boolean)
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION accounts_take(_org bigint, _is_play boolean, _micros bigint, _images bigint, _subjects text[], _ids bigint[], _periods text[], _starts date[]) RETURNS TABLE(subject text, subject_id bigint, period text, starts_on date, allowed_micros bigint, allowed_images bigint, spent_micros bigint, held_micros bigint, spent_images bigint, held_images bigint, fits boolean)
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION accounts_take_holds(_org bigint, _is_play boolean, _each bigint, _subjects text[], _ids bigint[], _periods text[], _starts date[], _run uuid, _slots uuid[], _after_tries integer[], _user bigint, _api_key bigint, _is_lent boolean, _day date, _terms jsonb, _now timestamp with time zone, _budget bigint) RETURNS TABLE(subject text, subject_id bigint, period text, starts_on date, allowed_micros bigint, allowed_images bigint, spent_micros bigint, held_micros bigint, spent_images bigint, held_images bigint, fits boolean)
    LANGUAGE plpgsql
    AS $$
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

CREATE FUNCTION billing_book_in_open_month() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    closed date;
BEGIN
    PERFORM 1 FROM accounts_organization WHERE id = NEW.org_id FOR KEY SHARE;
    SELECT max(month) INTO closed FROM billing_closedmonth WHERE org_id = NEW.org_id;
    IF NEW.counted_on < closed + interval '1 month' THEN
        NEW.held_on := NEW.counted_on;
        NEW.counted_on := closed + interval '1 month';
    END IF;
    RETURN NEW;
END
$$;

CREATE FUNCTION billing_charge(_hold bigint, _micros bigint, _is_estimated boolean, _said jsonb, _at timestamp with time zone, _subjects text[], _ids bigint[], _periods text[], _starts date[]) RETURNS TABLE(subject text, subject_id bigint, period text, starts_on date, allowed_micros bigint, allowed_images bigint, spent_micros bigint, held_micros bigint, spent_images bigint, held_images bigint, fits boolean)
    LANGUAGE plpgsql
    AS $$
DECLARE
    _held accounts_hold;
BEGIN
    UPDATE accounts_hold h SET state = 'settled', spent_micros = _micros, is_estimated = _is_estimated, ended_at = _at
    WHERE h.id = _hold AND h.state IN ('open', 'uncertain') RETURNING * INTO _held;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM billing_write(_held, 'charge', _micros, 0, _held.images, _is_estimated, _said, _at, '', '');
    RETURN QUERY SELECT counted.* FROM (SELECT) AS settled LEFT JOIN accounts_shift(
        _held.org_id, _held.is_play, -_held.micros, -_held.images, _micros, _held.images,
        _subjects, _ids, _periods, _starts) AS counted ON true;
END $$;

CREATE FUNCTION billing_share_organization() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    PERFORM 1 FROM accounts_organization WHERE id = nullif(current_setting('app.org', true), '')::bigint FOR KEY SHARE;
    RETURN NULL;
END $$;

CREATE TABLE accounts_hold (
    id bigint NOT NULL,
    code uuid NOT NULL,
    run_code uuid NOT NULL,
    slot_code uuid NOT NULL,
    attempt smallint NOT NULL,
    after_try smallint NOT NULL,
    is_lent boolean NOT NULL,
    day date NOT NULL,
    is_play boolean NOT NULL,
    micros bigint NOT NULL,
    images smallint DEFAULT 1 NOT NULL,
    state character varying(10) NOT NULL,
    spent_micros bigint NOT NULL,
    is_estimated boolean NOT NULL,
    terms jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    api_key_id bigint,
    user_id bigint NOT NULL,
    org_id bigint NOT NULL,
    budget_id bigint,
    CONSTRAINT accounts_hold_after_try_check CHECK ((after_try >= 0)),
    CONSTRAINT accounts_hold_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT accounts_hold_images_check CHECK ((images >= 0)),
    CONSTRAINT hold_is_not_negative CHECK ((micros >= 0))
)
WITH (autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0.02', fillfactor='85');

ALTER TABLE ONLY accounts_hold FORCE ROW LEVEL SECURITY;

CREATE TABLE billing_entry (
    id bigint NOT NULL,
    code uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    counted_on date NOT NULL,
    held_on date,
    kind character varying(10) NOT NULL,
    is_play boolean NOT NULL,
    micros bigint NOT NULL,
    open_micros bigint NOT NULL,
    images smallint NOT NULL,
    is_estimated boolean NOT NULL,
    text_in integer NOT NULL,
    image_in integer NOT NULL,
    cached_text integer NOT NULL,
    cached_image integer NOT NULL,
    image_out integer NOT NULL,
    text_out integer NOT NULL,
    talk_in integer DEFAULT 0 NOT NULL,
    talk_cached integer DEFAULT 0 NOT NULL,
    talk_out integer DEFAULT 0 NOT NULL,
    tariff jsonb NOT NULL,
    run_code uuid NOT NULL,
    slot_code uuid NOT NULL,
    attempt smallint NOT NULL,
    run_kind character varying(10) NOT NULL,
    model character varying(80) NOT NULL,
    quality character varying(20) NOT NULL,
    size character varying(20) NOT NULL,
    project character varying(80) NOT NULL,
    request_id character varying(120) NOT NULL,
    user_label character varying(254) NOT NULL,
    key_code uuid,
    key_label character varying(80) NOT NULL,
    connection_code uuid,
    connection_label character varying(80) NOT NULL,
    by_label character varying(254) NOT NULL,
    note character varying(500) NOT NULL,
    org_id bigint NOT NULL,
    user_id bigint NOT NULL,
    CONSTRAINT billing_entry_attempt_check CHECK ((attempt >= 0)),
    CONSTRAINT billing_entry_cached_image_check CHECK ((cached_image >= 0)),
    CONSTRAINT billing_entry_cached_text_check CHECK ((cached_text >= 0)),
    CONSTRAINT billing_entry_image_in_check CHECK ((image_in >= 0)),
    CONSTRAINT billing_entry_image_out_check CHECK ((image_out >= 0)),
    CONSTRAINT billing_entry_talk_cached_check CHECK ((talk_cached >= 0)),
    CONSTRAINT billing_entry_talk_in_check CHECK ((talk_in >= 0)),
    CONSTRAINT billing_entry_talk_out_check CHECK ((talk_out >= 0)),
    CONSTRAINT billing_entry_text_in_check CHECK ((text_in >= 0)),
    CONSTRAINT billing_entry_text_out_check CHECK ((text_out >= 0)),
    CONSTRAINT only_corrections_are_negative CHECK ((((kind)::text = 'correction'::text) OR (micros >= 0))),
    CONSTRAINT what_is_uncertain_is_not_paid_yet CHECK (((NOT ((kind)::text = 'uncertain'::text)) OR ((images = 0) AND (micros = 0))))
);

ALTER TABLE ONLY billing_entry FORCE ROW LEVEL SECURITY;

CREATE FUNCTION billing_write(_held accounts_hold, _kind text, _micros bigint, _open_micros bigint, _images integer, _is_estimated boolean, _said jsonb, _at timestamp with time zone, _by_label text, _note text) RETURNS billing_entry
    LANGUAGE plpgsql
    AS $$
DECLARE
    _written billing_entry;
BEGIN
    INSERT INTO billing_entry (
        org_id, code, at, counted_on, kind, is_play, micros, open_micros, images, is_estimated,
        text_in, image_in, cached_text, cached_image, image_out, text_out, talk_in, talk_cached, talk_out,
        tariff, run_code, slot_code, attempt, run_kind, model, quality, size, project, request_id,
        user_id, user_label, key_code, key_label, connection_code, connection_label, by_label, note)
    SELECT _held.org_id, gen_random_uuid(), _at, _held.day, _kind, _held.is_play,
           _micros, _open_micros, _images, _is_estimated,
           said.text_in, said.image_in, said.cached_text, said.cached_image, said.image_out, said.text_out,
           said.talk_in, said.talk_cached, said.talk_out,
           coalesce(_held.terms->'tariff', '{}'), _held.run_code, _held.slot_code, _held.attempt,
           coalesce(purpose.run_kind, ''), coalesce(purpose.model, ''),
           left(coalesce(nullif(said.quality, ''), purpose.quality, ''), 20),
           left(coalesce(nullif(said.size, ''), purpose.size, ''), 20),
           coalesce(purpose.project, ''), left(said.request_id, 120),
           _held.user_id, coalesce(purpose.user_label, ''), purpose.key_code, coalesce(purpose.key_label, ''),
           purpose.connection_code, coalesce(purpose.connection_label, ''), _by_label, _note
    FROM jsonb_to_record(_said) AS said(
             text_in int, image_in int, cached_text int, cached_image int, image_out int, text_out int,
             talk_in int, talk_cached int, talk_out int, quality text, size text, request_id text),
         jsonb_to_record(coalesce(_held.terms->'purpose', '{}')) AS purpose(
             run_kind text, model text, quality text, size text, project text, user_label text,
             key_code uuid, key_label text, connection_code uuid, connection_label text)
    RETURNING * INTO _written;
    RETURN _written;
END $$;

CREATE FUNCTION darkroom_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    names text[];
BEGIN
    IF TG_LEVEL = 'ROW' AND current_setting('app.erasing', true) = 'on' THEN
        names := CASE TG_TABLE_NAME
            WHEN 'accounts_auditentry' THEN
                ARRAY['actor_label', 'target', 'details', 'address', 'agent', 'request_id']
            WHEN 'billing_entry' THEN
                ARRAY['user_label', 'key_label', 'connection_label', 'by_label', 'note', 'project',
                      'model', 'quality', 'size', 'request_id']
            WHEN 'billing_closedmonth' THEN ARRAY['by_label']
            ELSE ARRAY[]::text[]
        END;
        IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - names = to_jsonb(OLD) - names THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'DELETE' AND EXISTS (
            SELECT FROM accounts_organization o WHERE o.id = OLD.org_id AND o.deleted_at IS NOT NULL
        ) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE FUNCTION studio_add_event(_run bigint, _type text, _slot integer, _data jsonb) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _added studio_runevent;
    _visibility text;
BEGIN
    WITH next AS (
        UPDATE studio_run SET last_seq = last_seq + 1 WHERE id = _run
        RETURNING org_id, last_seq, studio_style_of(asked, count, _slot) AS style
    )
    INSERT INTO studio_runevent (org_id, run_id, seq, at, type, slot_index, data)
    SELECT org_id, _run, last_seq, clock_timestamp(), _type, _slot, _data || style FROM next
    RETURNING * INTO _added;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no run % to add an event to', _run;
    END IF;
    SELECT visibility INTO _visibility FROM studio_run WHERE id = _run;
    RETURN to_jsonb(_added) || jsonb_build_object('visibility', _visibility);
END $$;

CREATE TABLE studio_run (
    id bigint NOT NULL,
    code uuid NOT NULL,
    kind character varying(10) NOT NULL,
    model character varying(80) NOT NULL,
    prompt text NOT NULL,
    asked jsonb NOT NULL,
    count smallint NOT NULL,
    visibility character varying(10) NOT NULL,
    project character varying(80) NOT NULL,
    end_user character varying(200) NOT NULL,
    relation character varying(10) NOT NULL,
    lane character varying(10) DEFAULT 'now'::character varying NOT NULL,
    request_key character varying(64) NOT NULL,
    request_hash character varying(64) NOT NULL,
    awaited_by integer,
    state character varying(10) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    cancel_asked_at timestamp with time zone,
    last_seq integer NOT NULL,
    cleared_at timestamp with time zone,
    api_key_id bigint,
    connection_id bigint,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    parent_id bigint,
    budget_id bigint,
    CONSTRAINT run_has_one_to_ten_slots CHECK (((count >= 1) AND (count <= 10))),
    CONSTRAINT run_state_exists CHECK ((state IN ('queued', 'running', 'succeeded', 'answered', 'failed', 'refused', 'cancelled', 'unknown'))),
    CONSTRAINT studio_run_count_check CHECK ((count >= 0)),
    CONSTRAINT studio_run_last_seq_check CHECK ((last_seq >= 0))
);

ALTER TABLE ONLY studio_run FORCE ROW LEVEL SECURITY;

CREATE FUNCTION studio_announce_end(_run studio_run, _succeeded bigint, _now timestamp with time zone) RETURNS bigint
    LANGUAGE sql
    AS $$
    SELECT CASE WHEN _run.visibility = 'private' THEN 0 ELSE accounts_announce(
        _run.org_id,
        CASE WHEN _run.state IN ('succeeded', 'answered') OR _succeeded > 0 THEN 'run.finished' ELSE 'run.failed' END,
        jsonb_build_object(
            'run', _run.code, 'state', _run.state, 'succeeded', _succeeded, 'count', _run.count,
            'project', _run.project, 'end_user', _run.end_user, 'url', '/api/v1/runs/' || _run.code),
        _now) END
$$;

CREATE FUNCTION studio_answer(_run bigint, _is_play boolean, _subjects text[], _ids bigint[], _periods text[], _starts date[]) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
        'slots', (SELECT jsonb_agg(jsonb_build_object('slot', to_jsonb(s), 'output', to_jsonb(o)) ORDER BY s.index)
                  FROM studio_slot s LEFT JOIN studio_output o ON o.slot_id = s.id WHERE s.run_id = _run),
        'micros', (SELECT coalesce(sum(e.micros), 0) FROM billing_entry e
                   WHERE e.org_id = r.org_id AND e.run_code = r.code),
        'counters', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM accounts_counter c
                     JOIN unnest(_subjects, _ids, _periods, _starts) AS p(subject, subject_id, period, starts_on)
                         USING (subject, subject_id, period, starts_on)
                     WHERE c.org_id = r.org_id AND c.is_play = _is_play))
    FROM studio_run r WHERE r.id = _run
$$;

CREATE FUNCTION studio_begin(_worker uuid, _probe_seconds double precision, _org_calls integer, _connection_calls integer, _now timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _before text := coalesce(current_setting('app.org', true), '');
    _ticket studio_ticket;
    _tries boolean;
    _obstacle text;
    _begun jsonb;
BEGIN
    SELECT * INTO _ticket FROM studio_ticket WHERE worker = _worker;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('app.org', _ticket.org_id::text, true);
    BEGIN
        _tries := studio_try(_worker, _probe_seconds);
        _obstacle := studio_obstacle(_ticket, _tries, _org_calls, _connection_calls);
        _begun := CASE WHEN _obstacle IS NULL THEN studio_begin_slot(_ticket, _now)
                       ELSE jsonb_build_object('by', _obstacle) END;
        SET CONSTRAINTS ALL IMMEDIATE;  -- foreign keys lock rows, too: here and not at the commit
        SET CONSTRAINTS ALL DEFERRED;
    EXCEPTION WHEN lock_not_available THEN
        UPDATE studio_ticket SET worker = NULL, lease_until = NULL WHERE id = _ticket.id;
        _begun := '{"by": "occupied"}';
    END;
    PERFORM set_config('app.org', _before, true);
    RETURN _begun || jsonb_build_object('tries', _tries);
END $$;

CREATE TABLE studio_ticket (
    id bigint NOT NULL,
    slot_code uuid NOT NULL,
    org_id bigint NOT NULL,
    maker_id bigint NOT NULL,
    connection_id bigint NOT NULL,
    org_limit smallint NOT NULL,
    connection_limit smallint NOT NULL,
    not_before timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    worker uuid,
    is_stopping boolean NOT NULL,
    lease_until timestamp with time zone,
    likeness bigint DEFAULT 0 NOT NULL,
    awaited_at timestamp with time zone,
    CONSTRAINT studio_ticket_connection_limit_check CHECK ((connection_limit >= 0)),
    CONSTRAINT studio_ticket_org_limit_check CHECK ((org_limit >= 0))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE FUNCTION studio_begin_slot(_ticket studio_ticket, _now timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _slot studio_slot;
    _event jsonb;
BEGIN
    UPDATE studio_slot SET state = 'running', started_at = _now, tries = tries + 1,
        connection_id = (SELECT c.id FROM accounts_providerconnection c WHERE c.id = _ticket.connection_id)
    WHERE code = _ticket.slot_code AND state = 'queued' RETURNING * INTO _slot;
    IF NOT FOUND THEN
        RETURN '{"by": "ended"}';
    END IF;
    UPDATE studio_run SET state = 'running', started_at = _now WHERE id = _slot.run_id AND state = 'queued';
    _event := studio_add_event(_slot.run_id, 'started', _slot.index, jsonb_build_object('try', _slot.tries));
    RETURN jsonb_build_object(
        'slot', to_jsonb(_slot), 'event', _event,
        'run', (SELECT to_jsonb(r) FROM studio_run r WHERE r.id = _slot.run_id),
        'org', (SELECT to_jsonb(o) FROM accounts_organization o WHERE o.id = _slot.org_id),
        'connection', (SELECT to_jsonb(c) FROM accounts_providerconnection c WHERE c.id = _slot.connection_id),
        'hold', (SELECT to_jsonb(h) FROM accounts_hold h WHERE h.slot_code = _slot.code
                 ORDER BY h.attempt DESC LIMIT 1));
END $$;

CREATE FUNCTION studio_close_with_picture(_run bigint, _now timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _count bigint;
    _succeeded bigint;
    _open bigint;
BEGIN
    SELECT count(*), count(*) FILTER (WHERE state = 'succeeded'), count(*) FILTER (WHERE state IN ('queued', 'running'))
    INTO _count, _succeeded, _open FROM studio_slot WHERE run_id = _run;
    IF _open > 0 THEN
        RETURN NULL;
    END IF;
    UPDATE studio_run SET state = 'succeeded', ended_at = _now WHERE id = _run AND state <> 'succeeded';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    RETURN studio_add_event(_run, 'ended', NULL, jsonb_build_object(
        'state', 'succeeded', 'succeeded', _succeeded, 'count', _count));
END $$;

CREATE FUNCTION studio_is_left_alone(_connection bigint, _maker bigint) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT FROM accounts_circuit c
        WHERE c.connection_id = _connection AND c.open_until > statement_timestamp()
          AND NOT (cardinality(c.makers) = 1 AND NOT _maker = ANY (c.makers)))
$$;

CREATE FUNCTION studio_keep_partial(_ticket bigint, _worker uuid, _slot bigint, _tried integer, _index integer, _file text, _preview text, _size_bytes integer, _now timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _is_stopping boolean;
    _of studio_slot;
    _kept studio_partial;
BEGIN
    SELECT is_stopping INTO _is_stopping FROM studio_ticket WHERE id = _ticket AND worker = _worker FOR UPDATE;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    UPDATE studio_slot SET first_partial_at = _now WHERE id = _slot AND first_partial_at IS NULL;
    SELECT * INTO STRICT _of FROM studio_slot WHERE id = _slot;
    _kept := studio_write_partial(_of, _tried, _index, _file, _preview, _size_bytes, _now);
    RETURN jsonb_build_object('is_stopping', _is_stopping, 'event', studio_add_event(
        _of.run_id, 'partial', _of.index,
        jsonb_build_object('index', _index, 'partial', _kept.code, 'size_bytes', _size_bytes)));
END $$;

CREATE FUNCTION studio_keep_picture(_slot_id bigint, _ticket bigint, _worker uuid, _picture jsonb, _words bigint[], _hold bigint, _charge jsonb, _subjects text[], _ids bigint[], _periods text[], _starts date[], _percents integer[], _alone boolean, _now timestamp with time zone) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _slot studio_slot;
    _run studio_run;
    _output studio_output;
    _told jsonb;
    _ended jsonb;
    _messages bigint := 0;
    _counters jsonb;
    _micros bigint := (_charge->>'micros')::bigint;
    _why text;
BEGIN
    SELECT * INTO STRICT _slot FROM studio_slot WHERE id = _slot_id;
    IF _alone THEN
        IF studio_needs_company(_slot) THEN
            PERFORM accounts_refuse('{"by": "company"}');
        END IF;
        DELETE FROM studio_ticket WHERE id = _ticket AND worker = _worker;
        IF NOT FOUND THEN  -- the claim was lost, and its hold may have changed since
            PERFORM accounts_refuse('{"by": "company"}');
        END IF;
    END IF;

    UPDATE studio_slot SET state = 'succeeded', charged = 'yes', ended_at = _now, error_code = '', error_sentence = '',
        request_id = _picture->>'request_id', used = _picture->'used', usage = nullif(_picture->'usage', 'null')
    WHERE id = _slot_id AND state <> 'succeeded' RETURNING * INTO _slot;
    IF NOT FOUND THEN
        PERFORM accounts_refuse('{"by": "second"}');
    END IF;
    -- A change of the run's visibility either finds this picture or is over before the picture copies it.
    SELECT * INTO STRICT _run FROM studio_run WHERE id = _slot.run_id FOR NO KEY UPDATE;

    INSERT INTO studio_output (
        org_id, code, slot_id, run_id, file, preview, thumbnail, format, width, height, size_bytes, sha256,
        revised_prompt, is_keeper, created_at, maker_id, api_key_id, visibility, kind, model, quality, style_code,
        stars, cost_micros)
    SELECT _run.org_id, gen_random_uuid(), _slot_id, _run.id, p.file, p.preview, p.thumbnail, p.format, p.width, p.height,
           p.size_bytes, p.sha256, p.revised_prompt, false, _now, _run.maker_id, _run.api_key_id, _run.visibility,
           _run.kind, _run.model, p.quality,
           (_run.asked->'styles'->(_slot.index * jsonb_array_length(_run.asked->'styles') / _run.count)->>'id')::uuid, 0,
           coalesce(_micros, 0) + (SELECT coalesce(sum(e.micros), 0) FROM billing_entry e
                                   WHERE e.org_id = _run.org_id AND e.run_code = _run.code AND e.slot_code = _slot.code)
    FROM jsonb_to_record(_picture) AS p(
        file text, preview text, thumbnail text, format text, width int, height int, size_bytes int,
        sha256 text, revised_prompt text, quality text)
    RETURNING * INTO _output;
    INSERT INTO studio_searchentry (output_id, org_id, words, key_id)
    VALUES (_output.id, _run.org_id, _words, (_picture->>'key_id')::int);
    IF _picture->>'feather' IS NOT NULL THEN
        INSERT INTO studio_composite (
            org_id, output_id, state, feather, sentence, file, preview, thumbnail, heat, width, height, size_bytes, sha256)
        VALUES (_run.org_id, _output.id, 'waiting', (_picture->>'feather')::int, '', '', '', '', '', 0, 0, 0, '');
        INSERT INTO studio_compositeticket (output_code, org_id, tries)
        VALUES (_output.code, _run.org_id, 0);
    END IF;

    IF _output.preview = '' THEN  -- a program's: see studio/files/late_previews.py
        INSERT INTO studio_previewticket (output_code, org_id, tries) VALUES (_output.code, _run.org_id, 0);
    END IF;

    _told := studio_add_event(_run.id, 'output', _slot.index, jsonb_build_object(
        'output', _output.code, 'width', _output.width, 'height', _output.height, 'format', _output.format));
    _ended := studio_close_with_picture(_run.id, _now);
    IF _ended IS NOT NULL THEN
        SELECT studio_announce_end(run, (_ended->'data'->>'succeeded')::bigint, _now) INTO STRICT _messages
        FROM studio_run run WHERE id = _run.id;
    END IF;

    IF _hold IS NOT NULL THEN
        SELECT jsonb_agg(to_jsonb(c)) INTO _counters FROM billing_charge(
            _hold, _micros, (_charge->>'is_estimated')::boolean, _charge->'said', _now,
            _subjects, _ids, _periods, _starts) c;
    END IF;
    IF _alone AND (_counters IS NULL OR EXISTS (
        SELECT FROM jsonb_array_elements(_counters) AS counter
        WHERE studio_reaches(counter, _micros, (_charge->>'images')::bigint, _percents)
           OR accounts_reaches_threshold(_run.org_id, counter, _micros, (_charge->>'images')::bigint)
    )) THEN
        PERFORM accounts_refuse('{"by": "company"}');
    END IF;
    RETURN jsonb_build_object(
        'output', _told, 'ended', _ended, 'messages', _messages, 'counters', _counters,
        'micros', (SELECT coalesce(sum(e.micros), 0) FROM billing_entry e
                   WHERE e.org_id = _run.org_id AND e.run_code = _run.code),
        'waiting', EXISTS (SELECT FROM studio_ticket WHERE worker IS NULL AND org_limit > 0));
EXCEPTION WHEN SQLSTATE 'DR001' THEN
    GET STACKED DIAGNOSTICS _why = PG_EXCEPTION_DETAIL;
    RETURN _why::jsonb;
END $$;

CREATE TABLE studio_slot (
    id bigint NOT NULL,
    code uuid NOT NULL,
    index smallint NOT NULL,
    state character varying(10) NOT NULL,
    tries smallint NOT NULL,
    tries_before smallint NOT NULL,
    started_at timestamp with time zone,
    sent_at timestamp with time zone,
    first_partial_at timestamp with time zone,
    ended_at timestamp with time zone,
    charged character varying(10) NOT NULL,
    error_code character varying(60) NOT NULL,
    error_sentence character varying(300) NOT NULL,
    request_id character varying(120) NOT NULL,
    used jsonb NOT NULL,
    usage jsonb,
    connection_id bigint,
    org_id bigint NOT NULL,
    run_id bigint NOT NULL,
    CONSTRAINT slot_state_exists CHECK ((state IN ('queued', 'running', 'succeeded', 'answered', 'failed', 'refused', 'cancelled', 'unknown'))),
    CONSTRAINT studio_slot_index_check CHECK ((index >= 0)),
    CONSTRAINT studio_slot_tries_before_check CHECK ((tries_before >= 0)),
    CONSTRAINT studio_slot_tries_check CHECK ((tries >= 0))
)
WITH (autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0.02', fillfactor='85');

ALTER TABLE ONLY studio_slot FORCE ROW LEVEL SECURITY;

CREATE FUNCTION studio_needs_company(_slot studio_slot) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT FROM accounts_circuit c WHERE c.connection_id = _slot.connection_id
        AND (c.outages > 0 OR c.openings > 0 OR c.open_until IS NOT NULL))
$$;

CREATE FUNCTION studio_note_answered(_runs bigint[], _awaited_by integer) RETURNS void
    LANGUAGE sql
    AS $$
    UPDATE studio_run SET request_hash = '' WHERE id IN (
        SELECT id FROM studio_run WHERE id = ANY (_runs) AND awaited_by = _awaited_by
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
$$;

CREATE FUNCTION studio_note_sent(_ticket bigint, _worker uuid, _slot bigint, _tries integer, _now timestamp with time zone) RETURNS text
    LANGUAGE plpgsql
    AS $$
DECLARE
    _is_stopping boolean;
BEGIN
    SELECT is_stopping INTO _is_stopping FROM studio_ticket WHERE id = _ticket AND worker = _worker FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 'lost';
    ELSIF _is_stopping THEN
        RETURN 'stopping';
    END IF;
    UPDATE studio_slot SET sent_at = _now, charged = 'perhaps'
    WHERE id = _slot AND state = 'running' AND tries = _tries;
    RETURN CASE WHEN FOUND THEN 'sent' ELSE 'lost' END;
END $$;

CREATE FUNCTION studio_obstacle(_ticket studio_ticket, _tries boolean, _org_calls integer, _connection_calls integer) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT CASE
        WHEN s.id IS NULL THEN 'gone'
        WHEN o.suspended_at IS NOT NULL OR o.deleted_at IS NOT NULL THEN 'suspended'
        WHEN coalesce(o.calls_at_once, _org_calls) <> _ticket.org_limit THEN 'limit'
        WHEN coalesce(c.calls_at_once, _connection_calls) <> _ticket.connection_limit THEN 'limit'
        WHEN NOT _tries THEN 'blocked'
        WHEN r.connection_id IS DISTINCT FROM _ticket.connection_id THEN 'elsewhere'
    END
    FROM (SELECT) AS here
    LEFT JOIN studio_slot s ON s.code = _ticket.slot_code
    LEFT JOIN studio_run r ON r.id = s.run_id
    LEFT JOIN accounts_organization o ON o.id = s.org_id
    LEFT JOIN accounts_providerconnection c ON c.id = _ticket.connection_id
$$;

CREATE FUNCTION studio_offer(_org bigint, _at timestamp with time zone) RETURNS jsonb
    LANGUAGE sql STABLE
    AS $$
    SELECT jsonb_build_object(
        'version', studio_offer_version(_org, _at),
        'connections', (
            SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.position, c.id), '[]')
            FROM accounts_providerconnection c
            WHERE c.org_id = _org
              AND (c.is_default OR c.position IS NOT NULL OR c.is_offered OR c.projects <> '{}')),
        'flat_prices', (
            SELECT coalesce(jsonb_agg(to_jsonb(f) ORDER BY f.id), '[]') FROM billing_flatprice f
            WHERE f.org_id = _org AND f.valid_from <= _at AND (f.valid_until IS NULL OR f.valid_until > _at)),
        'prices', (
            SELECT coalesce(jsonb_agg(to_jsonb(p)), '[]') FROM billing_price p
            WHERE NOT p.is_batch AND p.valid_from <= _at AND (p.valid_until IS NULL OR p.valid_until > _at)))
$$;

CREATE FUNCTION studio_offer_version(_org bigint, _at timestamp with time zone) RETURNS text
    LANGUAGE sql STABLE
    AS $$
    SELECT coalesce(md5(string_agg(version, ' ' ORDER BY version)), '') FROM (
        SELECT concat_ws('-', 'connection', c.id, c.xmin, c.ctid) FROM accounts_providerconnection c
        WHERE c.org_id = _org AND (c.is_default OR c.position IS NOT NULL OR c.is_offered OR c.projects <> '{}')
        UNION ALL
        SELECT concat_ws('-', 'flat', f.id, f.xmin, f.ctid) FROM billing_flatprice f
        WHERE f.org_id = _org AND f.valid_from <= _at AND (f.valid_until IS NULL OR f.valid_until > _at)
        UNION ALL
        SELECT concat_ws('-', 'price', p.id, p.xmin, p.ctid) FROM billing_price p
        WHERE NOT p.is_batch AND p.valid_from <= _at AND (p.valid_until IS NULL OR p.valid_until > _at)
    ) AS used(version)
$$;

CREATE FUNCTION studio_reaches(_counter jsonb, _micros bigint, _images bigint, _percents integer[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT coalesce(bool_or((spent - grew) * 100 < allowed * percent AND allowed * percent <= spent * 100), false)
    FROM (VALUES
        ((_counter->>'allowed_micros')::numeric, (_counter->>'spent_micros')::numeric, _micros),
        ((_counter->>'allowed_images')::numeric, (_counter->>'spent_images')::numeric, _images)
    ) AS unit(allowed, spent, grew), unnest(_percents) AS percent
    WHERE allowed > 0
$$;

CREATE FUNCTION studio_still_may(_caller studio_caller) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
    SELECT EXISTS (
        SELECT FROM accounts_membership m
        JOIN accounts_organization o ON o.id = m.org_id
        JOIN accounts_user u ON u.id = m.user_id
        WHERE m.id = _caller.member AND m.role = _caller.role AND u.is_active
          AND o.deleted_at IS NULL AND o.suspended_at IS NULL
          AND (NOT o.requires_second_factor OR EXISTS (SELECT FROM mfa_authenticator a WHERE a.user_id = u.id))
          AND o.time_zone = _caller.time_zone AND o.has_usual_loan = _caller.has_usual_loan
          AND o.calls_at_once IS NOT DISTINCT FROM _caller.calls_at_once
          AND (_caller.api_key IS NULL OR EXISTS (
              SELECT FROM accounts_apikey k
              WHERE k.id = _caller.api_key AND k.scopes::text[] = _caller.scopes AND k.revoked_at IS NULL
                AND (k.expires_at IS NULL OR k.expires_at > _caller.now))))
$$;

CREATE FUNCTION studio_style_of(_asked jsonb, _count integer, _slot integer) RETURNS jsonb
    LANGUAGE sql IMMUTABLE
    AS $$
    SELECT coalesce(
        (SELECT jsonb_build_object('style', style->>'id', 'style_name', style->>'name')
         FROM (SELECT _asked->'styles'->(_slot * jsonb_array_length(_asked->'styles') / _count) AS style) AS chosen
         WHERE style IS NOT NULL),
        '{}')
$$;

CREATE FUNCTION studio_submit(_caller studio_caller, _asked accounts_asked, _run jsonb, _inputs bigint[], _numbers integer[], _line jsonb, _offer text, _is_awaited boolean, _may_wait boolean) RETURNS jsonb
    LANGUAGE plpgsql
    AS $$
DECLARE
    _id bigint;
    _at timestamptz;
    _why text;
BEGIN
    IF _is_awaited AND cardinality(_inputs) = 0 THEN
        -- A retry of this call waits for the commit and joins the run: see studio/gateway/retrying.py. A call with
        -- pictures looks itself, at the end of its transaction, whether its caller is still there.
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(_run->>'request_hash', _asked.payer));
    END IF;
    IF NOT studio_still_may(_caller) THEN
        RETURN '{"by": "rights"}';
    ELSIF _offer <> studio_offer_version(_asked.org, _caller.now) THEN
        RETURN jsonb_build_object('by', 'offer', 'offer', studio_offer(_asked.org, _caller.now));
    ELSIF NOT _may_wait AND studio_is_left_alone((_line->>'connection')::bigint, _asked.payer) THEN
        RETURN '{"by": "outage"}';
    END IF;

    INSERT INTO studio_run (
        org_id, code, maker_id, api_key_id, connection_id, kind, model, prompt, asked, count, visibility, project,
        budget_id, end_user, parent_id, relation, lane, request_key, request_hash, awaited_by, state, created_at, last_seq)
    SELECT _asked.org, _asked.run, _asked.payer, _asked.api_key, (_line->>'connection')::bigint,
           r.kind, r.model, r.prompt, r.asked, cardinality(_asked.slots), r.visibility, r.project,
           _asked.budget, r.end_user, r.parent, r.relation, r.lane, r.request_key, r.request_hash, r.awaited_by, 'queued', _caller.now, 1
    FROM jsonb_to_record(_run) AS r(
        kind text, model text, prompt text, asked jsonb, visibility text, project text, end_user text,
        parent bigint, relation text, lane text, request_key text, request_hash text, awaited_by int)
    ON CONFLICT (org_id, maker_id, request_key) WHERE NOT request_key = '' DO NOTHING
    RETURNING id INTO _id;
    IF _id IS NULL THEN
        RETURN '{"by": "request key"}';
    END IF;

    INSERT INTO studio_slot (
        org_id, code, run_id, index, state, tries, tries_before, charged, error_code, error_sentence, request_id, used)
    SELECT _asked.org, s.code, _id, s.place - 1, 'queued', 0, 0, 'no', '', '', '', '{}'
    FROM unnest(_asked.slots) WITH ORDINALITY AS s(code, place);

    INSERT INTO studio_runinput (org_id, run_id, input_id, number)
    SELECT _asked.org, _id, given.input, given.number FROM unnest(_inputs, _numbers) AS given(input, number);

    INSERT INTO studio_runevent (org_id, run_id, seq, at, type, data)
    VALUES (_asked.org, _id, 1, clock_timestamp(), 'queued', jsonb_build_object('count', cardinality(_asked.slots)))
    RETURNING at INTO _at;

    INSERT INTO studio_ticket (
        slot_code, org_id, maker_id, connection_id, org_limit, connection_limit, is_stopping, likeness, awaited_at)
    SELECT code, _asked.org, _asked.payer, l.connection, l.org_limit, l.connection_limit, false, l.likeness,
           CASE WHEN _is_awaited THEN statement_timestamp() END
    FROM jsonb_to_record(_line) AS l(connection bigint, org_limit int, connection_limit int, likeness bigint),
         unnest(_asked.slots) AS code
    WHERE _run->>'lane' = 'now';  -- what is made overnight waits for its chunk: see studio/batches/overnight.py

    PERFORM accounts_hold_within(_asked);
    RETURN jsonb_build_object('id', _id, 'at', _at);
EXCEPTION
    WHEN SQLSTATE 'DR001' THEN
        GET STACKED DIAGNOSTICS _why = PG_EXCEPTION_DETAIL;
        RETURN _why::jsonb;
    WHEN deadlock_detected THEN  -- all locks of this step are free again
        RETURN '{"by": "deadlock"}';
END $$;

CREATE FUNCTION studio_try(_worker uuid, _probe_seconds double precision) RETURNS boolean
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM studio_ticket ticket JOIN accounts_circuit circuit USING (connection_id)
        WHERE ticket.worker = _worker AND circuit.open_until IS NOT NULL
          AND NOT (cardinality(circuit.makers) = 1 AND NOT ticket.maker_id = ANY (circuit.makers))
    ) THEN
        RETURN NULL;
    END IF;
    UPDATE accounts_circuit c
    SET prober_id = tried.ticket, probe_until = clock_timestamp() + make_interval(secs => _probe_seconds)
    FROM (
        SELECT ticket.id AS ticket, circuit.connection_id
        FROM studio_ticket ticket JOIN accounts_circuit circuit USING (connection_id)
        WHERE ticket.worker = _worker
          AND circuit.open_until <= clock_timestamp() AND NOT ticket.likeness = ANY (circuit.causes) AND NOT EXISTS (
              SELECT FROM studio_ticket prober WHERE prober.id = circuit.prober_id AND prober.worker IS NOT NULL
                  AND circuit.probe_until > clock_timestamp())
        FOR UPDATE OF circuit SKIP LOCKED  -- if the circuit is locked, this ticket does not try; another may
    ) AS tried
    WHERE c.connection_id = tried.connection_id;
    RETURN FOUND;
END $$;

CREATE TABLE studio_partial (
    id bigint NOT NULL,
    code uuid NOT NULL,
    index smallint NOT NULL,
    tried smallint NOT NULL,
    file character varying(200) NOT NULL,
    preview character varying(200) NOT NULL,
    size_bytes integer NOT NULL,
    at timestamp with time zone NOT NULL,
    org_id bigint NOT NULL,
    slot_id bigint NOT NULL,
    CONSTRAINT studio_partial_index_check CHECK ((index >= 0)),
    CONSTRAINT studio_partial_size_bytes_check CHECK ((size_bytes >= 0)),
    CONSTRAINT studio_partial_tried_check CHECK ((tried >= 0))
);

ALTER TABLE ONLY studio_partial FORCE ROW LEVEL SECURITY;

CREATE FUNCTION studio_write_partial(_slot studio_slot, _tried integer, _index integer, _file text, _preview text, _size_bytes integer, _now timestamp with time zone) RETURNS studio_partial
    LANGUAGE sql
    AS $$
    INSERT INTO studio_partial (org_id, code, slot_id, index, tried, file, preview, size_bytes, at)
    VALUES (_slot.org_id, gen_random_uuid(), _slot.id, _index, _tried, _file, _preview, _size_bytes, _now)
    ON CONFLICT (slot_id, tried, index)
        DO UPDATE SET file = excluded.file, preview = excluded.preview, size_bytes = excluded.size_bytes
    RETURNING *
$$;

CREATE TABLE account_emailaddress (
    id integer NOT NULL,
    email character varying(254) NOT NULL,
    verified boolean NOT NULL,
    "primary" boolean NOT NULL,
    user_id bigint NOT NULL
);

ALTER TABLE account_emailaddress ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME account_emailaddress_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE account_emailconfirmation (
    id integer NOT NULL,
    created timestamp with time zone NOT NULL,
    sent timestamp with time zone,
    key character varying(64) NOT NULL,
    email_address_id integer NOT NULL
);

ALTER TABLE account_emailconfirmation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME account_emailconfirmation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_apikey (
    id bigint NOT NULL,
    code uuid NOT NULL,
    name character varying(80) NOT NULL,
    prefix character varying(20) NOT NULL,
    token_hash character varying(64) NOT NULL,
    scopes character varying(10)[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    connection_id bigint
);

ALTER TABLE ONLY accounts_apikey FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_apikey ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_apikey_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_ask (
    id bigint NOT NULL,
    code uuid NOT NULL,
    subject character varying(12) NOT NULL,
    subject_id bigint NOT NULL,
    period character varying(5) NOT NULL,
    unit character varying(6) NOT NULL,
    is_play boolean NOT NULL,
    needed bigint NOT NULL,
    sentence character varying(400) NOT NULL,
    reason character varying(400) NOT NULL,
    wish jsonb NOT NULL,
    state character varying(8) NOT NULL,
    is_lasting boolean NOT NULL,
    decided_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    decided_by_id bigint,
    user_id bigint NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT an_ask_asks_for_something CHECK ((needed > 0))
);

ALTER TABLE ONLY accounts_ask FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_ask ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_ask_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_auditentry (
    id bigint NOT NULL,
    code uuid NOT NULL,
    at timestamp with time zone NOT NULL,
    action character varying(60) NOT NULL,
    actor_label character varying(254) NOT NULL,
    target character varying(254) NOT NULL,
    details jsonb NOT NULL,
    address inet,
    agent character varying(200) NOT NULL,
    request_id character varying(64) NOT NULL,
    actor_id bigint,
    org_id bigint
);

ALTER TABLE ONLY accounts_auditentry FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_auditentry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_auditentry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_budget (
    id bigint NOT NULL,
    code uuid NOT NULL,
    name character varying(80) NOT NULL,
    micros bigint NOT NULL,
    made_at timestamp with time zone NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT budget_is_not_negative CHECK ((micros >= 0))
);

ALTER TABLE ONLY accounts_budget FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_budget ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_budget_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_circuit (
    connection_id bigint NOT NULL,
    outages smallint NOT NULL,
    causes bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    makers bigint[] DEFAULT '{}'::bigint[] NOT NULL,
    first_outage_at timestamp with time zone,
    openings smallint NOT NULL,
    opened_at timestamp with time zone,
    open_until timestamp with time zone,
    prober_id bigint,
    probe_until timestamp with time zone,
    has_standby boolean NOT NULL,
    CONSTRAINT accounts_circuit_openings_check CHECK ((openings >= 0)),
    CONSTRAINT accounts_circuit_outages_check CHECK ((outages >= 0)),
    CONSTRAINT open_circuit_says_since_when CHECK (((open_until IS NULL) OR (opened_at IS NOT NULL)))
);

CREATE TABLE accounts_counter (
    id bigint NOT NULL,
    subject character varying(12) NOT NULL,
    subject_id bigint NOT NULL,
    period character varying(5) NOT NULL,
    starts_on date NOT NULL,
    is_play boolean NOT NULL,
    allowed_micros bigint,
    allowed_images bigint,
    granted_micros bigint NOT NULL,
    granted_images bigint NOT NULL,
    spent_micros bigint NOT NULL,
    held_micros bigint NOT NULL,
    spent_images bigint NOT NULL,
    held_images bigint NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT held_is_not_negative CHECK (((held_images >= 0) AND (held_micros >= 0)))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0', fillfactor='50');

ALTER TABLE ONLY accounts_counter FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_counter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_counter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_delivery (
    id bigint NOT NULL,
    code uuid NOT NULL,
    event character varying(20) NOT NULL,
    payload jsonb NOT NULL,
    state character varying(10) NOT NULL,
    tries smallint NOT NULL,
    not_before timestamp with time zone NOT NULL,
    answer character varying(200) NOT NULL,
    attempts jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    org_id bigint NOT NULL,
    webhook_id bigint NOT NULL,
    CONSTRAINT accounts_delivery_tries_check CHECK ((tries >= 0))
)
WITH (autovacuum_vacuum_scale_factor='0.01', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0.02', fillfactor='85');

ALTER TABLE ONLY accounts_delivery FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_delivery ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_delivery_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_deliveryticket (
    id bigint NOT NULL,
    delivery_code uuid NOT NULL,
    org_id bigint NOT NULL,
    maker_id bigint,
    due_at timestamp with time zone NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE accounts_deliveryticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_deliveryticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_founding (
    id bigint NOT NULL,
    org_id bigint NOT NULL,
    founded_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    user_id bigint NOT NULL
);

ALTER TABLE accounts_founding ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_founding_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE accounts_hold ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_hold_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_invitation (
    id bigint NOT NULL,
    code uuid NOT NULL,
    email character varying(254) NOT NULL,
    role character varying(10) NOT NULL,
    token_hash character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    accepted_at timestamp with time zone,
    revoked_at timestamp with time zone,
    invited_by_id bigint,
    org_id bigint NOT NULL,
    CONSTRAINT nobody_is_invited_as_owner CHECK ((role IN ('viewer', 'member', 'admin')))
);

ALTER TABLE ONLY accounts_invitation FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_invitation ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_invitation_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_limitalert (
    id bigint NOT NULL,
    code uuid DEFAULT gen_random_uuid() NOT NULL,
    subject character varying(12) NOT NULL,
    subject_id bigint NOT NULL,
    period character varying(5) NOT NULL,
    starts_on date NOT NULL,
    is_play boolean NOT NULL,
    unit character varying(6) NOT NULL,
    percent smallint NOT NULL,
    amount bigint,
    allowed bigint,
    at timestamp with time zone NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT accounts_limitalert_percent_check CHECK ((percent >= 0))
);

ALTER TABLE ONLY accounts_limitalert FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_limitalert ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_limitalert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_mail (
    id bigint NOT NULL,
    sealed text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    claim uuid,
    tries smallint NOT NULL,
    CONSTRAINT accounts_mail_tries_check CHECK ((tries >= 0))
);

ALTER TABLE accounts_mail ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_mail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_membership (
    id bigint NOT NULL,
    code uuid NOT NULL,
    role character varying(10) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    user_id bigint NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT membership_role_exists CHECK ((role IN ('viewer', 'member', 'admin', 'owner')))
);

ALTER TABLE ONLY accounts_membership FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_membership ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_membership_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_organization (
    id bigint NOT NULL,
    code uuid NOT NULL,
    slug character varying(40) NOT NULL,
    name character varying(80) NOT NULL,
    requires_second_factor boolean NOT NULL,
    time_zone character varying(40) NOT NULL,
    default_model character varying(80) NOT NULL,
    calls_at_once smallint,
    has_usual_loan boolean DEFAULT true NOT NULL,
    created_at timestamp with time zone NOT NULL,
    suspended_at timestamp with time zone,
    deleted_at timestamp with time zone,
    CONSTRAINT accounts_organization_calls_at_once_check CHECK ((calls_at_once >= 0)),
    CONSTRAINT organization_limit_lets_work CHECK ((NOT ((calls_at_once = 0) AND (calls_at_once IS NOT NULL)))),
    CONSTRAINT slug_is_plain CHECK (((slug)::text ~ '^[a-z0-9](-?[a-z0-9])*$'::text))
);

ALTER TABLE ONLY accounts_organization FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_organization ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_organization_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_pastloan (
    id bigint NOT NULL,
    month date NOT NULL,
    micros bigint NOT NULL,
    images bigint NOT NULL
);

ALTER TABLE accounts_pastloan ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_pastloan_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_providerconnection (
    id bigint NOT NULL,
    code uuid NOT NULL,
    name character varying(80) NOT NULL,
    kind character varying(12) NOT NULL,
    base_url character varying(300) NOT NULL,
    openai_organization character varying(80) NOT NULL,
    openai_project character varying(80) NOT NULL,
    sealed_key text NOT NULL,
    key_hint character varying(8) NOT NULL,
    is_default boolean NOT NULL,
    calls_at_once smallint,
    deadline_seconds integer,
    can_stream boolean NOT NULL,
    can_respond boolean NOT NULL,
    text_model character varying(80) NOT NULL,
    "position" smallint,
    is_offered boolean NOT NULL,
    projects character varying(80)[] NOT NULL,
    health character varying(10) NOT NULL,
    health_sentence character varying(300) NOT NULL,
    health_checked_at timestamp with time zone,
    latency_milliseconds integer,
    image_models jsonb,
    has_streamed boolean,
    created_at timestamp with time zone NOT NULL,
    made_by_id bigint,
    org_id bigint NOT NULL,
    CONSTRAINT accounts_providerconnection_calls_at_once_check CHECK ((calls_at_once >= 0)),
    CONSTRAINT accounts_providerconnection_deadline_seconds_check CHECK ((deadline_seconds >= 0)),
    CONSTRAINT accounts_providerconnection_latency_milliseconds_check CHECK ((latency_milliseconds >= 0)),
    CONSTRAINT accounts_providerconnection_position_check CHECK (("position" >= 0)),
    CONSTRAINT connection_limits_let_work CHECK (((NOT ((calls_at_once = 0) AND (calls_at_once IS NOT NULL))) AND (NOT ((deadline_seconds = 0) AND (deadline_seconds IS NOT NULL))))),
    CONSTRAINT connection_says_where CHECK (((kind IN ('sandbox', 'operator')) OR (NOT ((base_url)::text = ''::text)))),
    CONSTRAINT sandbox_never_takes_over CHECK (((NOT ((kind)::text = 'sandbox'::text)) OR ("position" IS NULL)))
);

ALTER TABLE ONLY accounts_providerconnection FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_providerconnection ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_providerconnection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE accounts_quota ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_quota_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_seenalert (
    id bigint NOT NULL,
    alert_id bigint NOT NULL,
    org_id bigint NOT NULL,
    user_id bigint NOT NULL
);

ALTER TABLE ONLY accounts_seenalert FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_seenalert ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_seenalert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_threshold (
    id bigint NOT NULL,
    code uuid NOT NULL,
    subject character varying(12) NOT NULL,
    subject_id bigint NOT NULL,
    period character varying(5) NOT NULL,
    unit character varying(6) NOT NULL,
    percent smallint,
    amount bigint,
    org_id bigint NOT NULL,
    CONSTRAINT accounts_threshold_percent_check CHECK ((percent >= 0)),
    CONSTRAINT threshold_is_a_share_or_an_amount CHECK ((((amount IS NULL) AND ((percent >= 1) AND (percent <= 100))) OR ((amount >= 1) AND (percent IS NULL))))
);

ALTER TABLE ONLY accounts_threshold FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_threshold ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_threshold_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_user (
    id bigint NOT NULL,
    password character varying(128) NOT NULL,
    last_login timestamp with time zone,
    is_superuser boolean NOT NULL,
    code uuid NOT NULL,
    email character varying(254) NOT NULL,
    name character varying(80) NOT NULL,
    look character varying(10) NOT NULL,
    is_active boolean NOT NULL,
    is_staff boolean NOT NULL,
    joined_at timestamp with time zone NOT NULL,
    CONSTRAINT email_is_lower_case CHECK (((email)::text = lower((email)::text)))
);

CREATE TABLE accounts_user_groups (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    group_id integer NOT NULL
);

ALTER TABLE accounts_user_groups ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_user_groups_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE accounts_user ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_user_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_user_user_permissions (
    id bigint NOT NULL,
    user_id bigint NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE accounts_user_user_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_user_user_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE accounts_webhook (
    id bigint NOT NULL,
    code uuid NOT NULL,
    url character varying(500) NOT NULL,
    events character varying(20)[] NOT NULL,
    sealed_secret text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    switched_off_at timestamp with time zone,
    off_reason character varying(10) NOT NULL,
    made_by_id bigint NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY accounts_webhook FORCE ROW LEVEL SECURITY;

ALTER TABLE accounts_webhook ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME accounts_webhook_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE auth_group (
    id integer NOT NULL,
    name character varying(150) NOT NULL
);

ALTER TABLE auth_group ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME auth_group_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE auth_group_permissions (
    id bigint NOT NULL,
    group_id integer NOT NULL,
    permission_id integer NOT NULL
);

ALTER TABLE auth_group_permissions ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME auth_group_permissions_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE auth_permission (
    id integer NOT NULL,
    name character varying(255) NOT NULL,
    content_type_id integer NOT NULL,
    codename character varying(100) NOT NULL
);

ALTER TABLE auth_permission ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME auth_permission_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_closedmonth (
    id bigint NOT NULL,
    month date NOT NULL,
    at timestamp with time zone NOT NULL,
    by_label character varying(254) NOT NULL,
    last_entry_id bigint NOT NULL,
    micros bigint NOT NULL,
    images bigint NOT NULL,
    play_micros bigint NOT NULL,
    play_images bigint NOT NULL,
    by_id bigint NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT a_month_begins_on_its_first_day CHECK ((EXTRACT(day FROM month) = (1)::numeric))
);

ALTER TABLE ONLY billing_closedmonth FORCE ROW LEVEL SECURITY;

ALTER TABLE billing_closedmonth ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_closedmonth_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_dayuse (
    id bigint NOT NULL,
    day date NOT NULL,
    is_play boolean NOT NULL,
    user_id bigint NOT NULL,
    key_code uuid,
    connection_code uuid,
    model character varying(80) NOT NULL,
    quality character varying(20) NOT NULL,
    run_kind character varying(10) NOT NULL,
    project character varying(80) NOT NULL,
    user_label character varying(254) NOT NULL,
    key_label character varying(80) NOT NULL,
    connection_label character varying(80) NOT NULL,
    micros bigint NOT NULL,
    images bigint NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY billing_dayuse FORCE ROW LEVEL SECURITY;

ALTER TABLE billing_dayuse ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_dayuse_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_dimensionuse (
    id bigint NOT NULL,
    dimension character varying(12) NOT NULL,
    day date NOT NULL,
    is_play boolean NOT NULL,
    key character varying(80) NOT NULL,
    label character varying(254) NOT NULL,
    micros bigint NOT NULL,
    images bigint NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY billing_dimensionuse FORCE ROW LEVEL SECURITY;

ALTER TABLE billing_dimensionuse ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_dimensionuse_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE billing_entry ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_entry_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_export (
    id bigint NOT NULL,
    code uuid NOT NULL,
    what character varying(10) NOT NULL,
    format character varying(6) NOT NULL,
    first date NOT NULL,
    last date NOT NULL,
    is_play boolean NOT NULL,
    "only" jsonb NOT NULL,
    user_id bigint,
    state character varying(6) NOT NULL,
    file character varying(200) NOT NULL,
    rows integer,
    micros bigint,
    size_bytes bigint,
    created_at timestamp with time zone NOT NULL,
    asked_at timestamp with time zone NOT NULL,
    ready_at timestamp with time zone,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    subscription_id bigint,
    CONSTRAINT billing_export_rows_check CHECK ((rows >= 0))
);

ALTER TABLE ONLY billing_export FORCE ROW LEVEL SECURITY;

ALTER TABLE billing_export ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_exportticket (
    id bigint NOT NULL,
    export_code uuid NOT NULL,
    org_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    tries smallint NOT NULL,
    CONSTRAINT billing_exportticket_tries_check CHECK ((tries >= 0))
);

ALTER TABLE billing_exportticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_exportticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_flatprice (
    id bigint NOT NULL,
    micros bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone,
    connection_id bigint NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT flat_price_is_not_negative CHECK ((micros >= 0))
);

ALTER TABLE ONLY billing_flatprice FORCE ROW LEVEL SECURITY;

ALTER TABLE billing_flatprice ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_flatprice_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_price (
    id bigint NOT NULL,
    model character varying(80) NOT NULL,
    is_batch boolean NOT NULL,
    text_in bigint NOT NULL,
    image_in bigint NOT NULL,
    image_out bigint NOT NULL,
    cached_text bigint,
    cached_image bigint,
    text_out bigint,
    valid_from timestamp with time zone NOT NULL,
    valid_until timestamp with time zone,
    CONSTRAINT price_ends_after_it_begins CHECK (((valid_until IS NULL) OR (valid_until > valid_from))),
    CONSTRAINT prices_are_not_negative CHECK (((image_in >= 0) AND (image_out > 0) AND (text_in >= 0) AND ((cached_text IS NULL) OR (cached_text >= 0)) AND ((cached_image IS NULL) OR (cached_image >= 0)) AND ((text_out IS NULL) OR (text_out >= 0))))
);

ALTER TABLE billing_price ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_price_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_snapshot (
    id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    is_play boolean NOT NULL,
    last_entry_id bigint NOT NULL,
    micros bigint NOT NULL,
    images bigint NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY billing_snapshot FORCE ROW LEVEL SECURITY;

ALTER TABLE billing_snapshot ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_snapshot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_subscription (
    id bigint NOT NULL,
    code uuid NOT NULL,
    what character varying(10) NOT NULL,
    format character varying(6) NOT NULL,
    is_play boolean NOT NULL,
    last_month date NOT NULL,
    created_at timestamp with time zone NOT NULL,
    org_id bigint NOT NULL,
    user_id bigint NOT NULL
);

ALTER TABLE ONLY billing_subscription FORCE ROW LEVEL SECURITY;

ALTER TABLE billing_subscription ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_subscription_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE billing_usecursor (
    id bigint NOT NULL,
    last_entry_id bigint NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY billing_usecursor FORCE ROW LEVEL SECURITY;

ALTER TABLE billing_usecursor ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME billing_usecursor_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE django_admin_log (
    id integer NOT NULL,
    action_time timestamp with time zone NOT NULL,
    object_id text,
    object_repr character varying(200) NOT NULL,
    action_flag smallint NOT NULL,
    change_message text NOT NULL,
    content_type_id integer,
    user_id bigint NOT NULL,
    CONSTRAINT django_admin_log_action_flag_check CHECK ((action_flag >= 0))
);

ALTER TABLE django_admin_log ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME django_admin_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE django_content_type (
    id integer NOT NULL,
    app_label character varying(100) NOT NULL,
    model character varying(100) NOT NULL
);

ALTER TABLE django_content_type ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME django_content_type_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE django_migrations (
    id bigint NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied timestamp with time zone NOT NULL
);

ALTER TABLE django_migrations ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME django_migrations_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE django_session (
    session_key character varying(40) NOT NULL,
    session_data text NOT NULL,
    expire_date timestamp with time zone NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0');

CREATE TABLE mfa_authenticator (
    id bigint NOT NULL,
    type character varying(20) NOT NULL,
    data jsonb NOT NULL,
    user_id bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone
);

ALTER TABLE mfa_authenticator ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME mfa_authenticator_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE socialaccount_socialaccount (
    id integer NOT NULL,
    provider character varying(200) NOT NULL,
    uid character varying(191) NOT NULL,
    last_login timestamp with time zone NOT NULL,
    date_joined timestamp with time zone NOT NULL,
    extra_data jsonb NOT NULL,
    user_id bigint NOT NULL
);

ALTER TABLE socialaccount_socialaccount ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME socialaccount_socialaccount_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE socialaccount_socialapp (
    id integer NOT NULL,
    provider character varying(30) NOT NULL,
    name character varying(40) NOT NULL,
    client_id character varying(191) NOT NULL,
    secret character varying(191) NOT NULL,
    key character varying(191) NOT NULL,
    provider_id character varying(200) NOT NULL,
    settings jsonb NOT NULL
);

ALTER TABLE socialaccount_socialapp ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME socialaccount_socialapp_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE socialaccount_socialtoken (
    id integer NOT NULL,
    token text NOT NULL,
    token_secret text NOT NULL,
    expires_at timestamp with time zone,
    account_id integer NOT NULL,
    app_id integer
);

ALTER TABLE socialaccount_socialtoken ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME socialaccount_socialtoken_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_batch (
    id bigint NOT NULL,
    code uuid NOT NULL,
    endpoint character varying(40) NOT NULL,
    metadata jsonb,
    model character varying(80) NOT NULL,
    lane character varying(10) NOT NULL,
    input_code uuid NOT NULL,
    output_seconds integer,
    faults jsonb NOT NULL,
    total integer NOT NULL,
    completed integer NOT NULL,
    failed integer NOT NULL,
    usage jsonb,
    request_key character varying(64) NOT NULL,
    request_hash character varying(64) NOT NULL,
    state character varying(12) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    in_progress_at timestamp with time zone,
    finalizing_at timestamp with time zone,
    completed_at timestamp with time zone,
    failed_at timestamp with time zone,
    expired_at timestamp with time zone,
    cancelling_at timestamp with time zone,
    cancelled_at timestamp with time zone,
    api_key_id bigint,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    error_file_id bigint,
    input_file_id bigint,
    output_file_id bigint,
    CONSTRAINT batch_state_exists CHECK ((state IN ('validating', 'failed', 'in_progress', 'finalizing', 'completed', 'expired', 'cancelling', 'cancelled'))),
    CONSTRAINT studio_batch_completed_check CHECK ((completed >= 0)),
    CONSTRAINT studio_batch_failed_check CHECK ((failed >= 0)),
    CONSTRAINT studio_batch_output_seconds_check CHECK ((output_seconds >= 0)),
    CONSTRAINT studio_batch_total_check CHECK ((total >= 0))
);

ALTER TABLE ONLY studio_batch FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_batch ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_batch_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_batchfile (
    id bigint NOT NULL,
    code uuid NOT NULL,
    purpose character varying(20) NOT NULL,
    name character varying(200) NOT NULL,
    file character varying(200) NOT NULL,
    size_bytes bigint NOT NULL,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    giver_id bigint NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT studio_batchfile_size_bytes_check CHECK ((size_bytes >= 0))
);

ALTER TABLE ONLY studio_batchfile FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_batchfile ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_batchfile_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_batchline (
    id bigint NOT NULL,
    code uuid NOT NULL,
    number integer NOT NULL,
    custom_id character varying(512) NOT NULL,
    "offset" bigint NOT NULL,
    size_bytes bigint NOT NULL,
    state character varying(10) NOT NULL,
    refusal jsonb,
    batch_id bigint NOT NULL,
    org_id bigint NOT NULL,
    run_id bigint,
    CONSTRAINT batch_line_state_exists CHECK ((state IN ('waiting', 'running', 'completed', 'failed'))),
    CONSTRAINT studio_batchline_number_check CHECK ((number >= 0)),
    CONSTRAINT studio_batchline_offset_check CHECK (("offset" >= 0)),
    CONSTRAINT studio_batchline_size_bytes_check CHECK ((size_bytes >= 0))
);

ALTER TABLE ONLY studio_batchline FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_batchline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_batchline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_batchticket (
    id bigint NOT NULL,
    org_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    maker_id bigint,
    batch_code uuid NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE studio_batchticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_batchticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_brandedpicture (
    id bigint NOT NULL,
    file character varying(200) NOT NULL,
    preview character varying(200) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    org_id bigint NOT NULL,
    output_id bigint NOT NULL
);

ALTER TABLE ONLY studio_brandedpicture FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_brandedpicture ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_brandedpicture_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_capture (
    id bigint NOT NULL,
    code uuid NOT NULL,
    short_code character varying(8) NOT NULL,
    key character varying(64) NOT NULL,
    guest character varying(64) NOT NULL,
    place smallint NOT NULL,
    consented_at timestamp with time zone NOT NULL,
    is_of_age boolean NOT NULL,
    people smallint NOT NULL,
    token_hash character varying(64) NOT NULL,
    sealed_token text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    released_at timestamp with time zone,
    hidden_at timestamp with time zone,
    downloaded_at timestamp with time zone,
    photo_deleted_at timestamp with time zone,
    deleted_at timestamp with time zone,
    purged_at timestamp with time zone,
    input_id bigint,
    org_id bigint NOT NULL,
    run_id bigint,
    consent_id bigint NOT NULL,
    event_id bigint NOT NULL,
    CONSTRAINT studio_capture_people_check CHECK ((people >= 0)),
    CONSTRAINT studio_capture_place_check CHECK ((place >= 0))
);

ALTER TABLE ONLY studio_capture FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_capture ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_capture_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_captureticket (
    id bigint NOT NULL,
    org_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    capture_code uuid NOT NULL
);

ALTER TABLE studio_captureticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_captureticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_chunk (
    id bigint NOT NULL,
    code uuid NOT NULL,
    endpoint character varying(40) NOT NULL,
    model character varying(80) NOT NULL,
    goes_live boolean NOT NULL,
    deadline_at timestamp with time zone NOT NULL,
    state character varying(12) NOT NULL,
    line_count smallint NOT NULL,
    expected_bytes bigint NOT NULL,
    tries smallint NOT NULL,
    lost_count smallint NOT NULL,
    batch_id character varying(120) NOT NULL,
    alarm character varying(300) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    ended_at timestamp with time zone,
    connection_id bigint,
    org_id bigint NOT NULL,
    CONSTRAINT chunk_state_exists CHECK ((state IN ('gathering', 'written', 'sent', 'cancelling', 'ended'))),
    CONSTRAINT studio_chunk_expected_bytes_check CHECK ((expected_bytes >= 0)),
    CONSTRAINT studio_chunk_line_count_check CHECK ((line_count >= 0)),
    CONSTRAINT studio_chunk_lost_count_check CHECK ((lost_count >= 0)),
    CONSTRAINT studio_chunk_tries_check CHECK ((tries >= 0))
);

ALTER TABLE ONLY studio_chunk FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_chunk ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_chunk_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_chunkline (
    id bigint NOT NULL,
    is_open boolean NOT NULL,
    chunk_id bigint NOT NULL,
    org_id bigint NOT NULL,
    slot_id bigint NOT NULL
);

ALTER TABLE ONLY studio_chunkline FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_chunkline ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_chunkline_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_chunkticket (
    id bigint NOT NULL,
    org_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    chunk_code uuid NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE studio_chunkticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_chunkticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_collection (
    id bigint NOT NULL,
    code uuid NOT NULL,
    name character varying(60) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    cover_id bigint
);

ALTER TABLE ONLY studio_collection FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_collection ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_collection_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_collectionitem (
    id bigint NOT NULL,
    "position" integer NOT NULL,
    collection_id bigint NOT NULL,
    org_id bigint NOT NULL,
    output_id bigint NOT NULL
);

ALTER TABLE ONLY studio_collectionitem FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_collectionitem ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_collectionitem_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_comment (
    id bigint NOT NULL,
    code uuid NOT NULL,
    text character varying(2000) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    author_id bigint NOT NULL,
    org_id bigint NOT NULL,
    run_id bigint NOT NULL
);

ALTER TABLE ONLY studio_comment FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_comment ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_comment_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_composite (
    id bigint NOT NULL,
    state character varying(10) NOT NULL,
    feather smallint NOT NULL,
    sentence character varying(300) NOT NULL,
    file character varying(200) NOT NULL,
    preview character varying(200) NOT NULL,
    thumbnail character varying(200) NOT NULL,
    heat character varying(200) NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size_bytes integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    changed_ppm integer,
    ended_at timestamp with time zone,
    org_id bigint NOT NULL,
    output_id bigint NOT NULL,
    CONSTRAINT composite_feather CHECK ((feather <= 64)),
    CONSTRAINT composite_state CHECK ((state IN ('waiting', 'made', 'failed'))),
    CONSTRAINT studio_composite_changed_ppm_check CHECK ((changed_ppm >= 0)),
    CONSTRAINT studio_composite_feather_check CHECK ((feather >= 0)),
    CONSTRAINT studio_composite_height_check CHECK ((height >= 0)),
    CONSTRAINT studio_composite_size_bytes_check CHECK ((size_bytes >= 0)),
    CONSTRAINT studio_composite_width_check CHECK ((width >= 0))
);

ALTER TABLE ONLY studio_composite FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_composite ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_composite_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_compositeticket (
    id bigint NOT NULL,
    output_code uuid NOT NULL,
    org_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    tries smallint NOT NULL,
    CONSTRAINT studio_compositeticket_tries_check CHECK ((tries >= 0))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE studio_compositeticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_compositeticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_consent (
    id bigint NOT NULL,
    language character varying(10) NOT NULL,
    version smallint NOT NULL,
    text text NOT NULL,
    made_at timestamp with time zone NOT NULL,
    org_id bigint NOT NULL,
    event_id bigint NOT NULL,
    CONSTRAINT studio_consent_version_check CHECK ((version >= 0))
);

ALTER TABLE ONLY studio_consent FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_consent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_consent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_discardedfile (
    id bigint NOT NULL,
    name character varying(300) NOT NULL,
    org_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL
);

ALTER TABLE studio_discardedfile ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_discardedfile_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_draft (
    id bigint NOT NULL,
    "values" jsonb NOT NULL,
    saved_at timestamp with time zone NOT NULL,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY studio_draft FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_draft ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_draft_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_event (
    id bigint NOT NULL,
    code uuid NOT NULL,
    name character varying(60) NOT NULL,
    starts_at timestamp with time zone NOT NULL,
    ends_at timestamp with time zone NOT NULL,
    paused_at timestamp with time zone,
    ended_at timestamp with time zone,
    styles uuid[] NOT NULL,
    size character varying(20) NOT NULL,
    quality character varying(20) NOT NULL,
    saving_quality character varying(20) NOT NULL,
    captures_per_guest smallint NOT NULL,
    photo_days smallint NOT NULL,
    result_days smallint NOT NULL,
    language character varying(10) NOT NULL,
    asks_age boolean NOT NULL,
    moderation character varying(4) NOT NULL,
    colour character varying(7) NOT NULL,
    background character varying(7) NOT NULL,
    attract character varying(160) NOT NULL,
    pin character varying(200) NOT NULL,
    token_hash character varying(64) NOT NULL,
    sealed_token text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    budget_id bigint NOT NULL,
    logo_id bigint,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    overlay_id bigint,
    CONSTRAINT event_captures_per_guest CHECK (((captures_per_guest >= 1) AND (captures_per_guest <= 20))),
    CONSTRAINT event_ends_after_it_starts CHECK ((ends_at >= starts_at)),
    CONSTRAINT event_keeps_a_year CHECK (((photo_days <= 365) AND (result_days <= 365))),
    CONSTRAINT studio_event_captures_per_guest_check CHECK ((captures_per_guest >= 0)),
    CONSTRAINT studio_event_photo_days_check CHECK ((photo_days >= 0)),
    CONSTRAINT studio_event_result_days_check CHECK ((result_days >= 0))
);

ALTER TABLE ONLY studio_event FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_event ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_event_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_imagemodel (
    id bigint NOT NULL,
    name character varying(80) NOT NULL,
    snapshots character varying(20)[] NOT NULL,
    title character varying(80) NOT NULL,
    purpose character varying(200) NOT NULL,
    is_default boolean NOT NULL,
    available_from timestamp with time zone NOT NULL,
    available_until timestamp with time zone,
    qualities character varying(20)[] NOT NULL,
    formats character varying(20)[] NOT NULL,
    backgrounds character varying(20)[] NOT NULL,
    moderations character varying(20)[] NOT NULL,
    input_fidelities character varying(20)[] NOT NULL,
    size_rule jsonb NOT NULL,
    size_presets jsonb NOT NULL,
    reasons jsonb NOT NULL,
    prompt_limit_characters integer NOT NULL,
    n_max smallint NOT NULL,
    partial_images_max smallint NOT NULL,
    references_max smallint NOT NULL,
    can_edit boolean NOT NULL,
    can_mask boolean NOT NULL,
    can_respond boolean NOT NULL,
    can_stream boolean NOT NULL,
    can_batch boolean NOT NULL,
    auto_quality character varying(20) NOT NULL,
    auto_size character varying(20) NOT NULL,
    token_bases jsonb,
    tokens_per_partial integer,
    CONSTRAINT image_model_ends_after_it_begins CHECK (((available_until IS NULL) OR (available_until > available_from))),
    CONSTRAINT image_model_takes_pictures_only_to_edit CHECK ((can_edit OR ((NOT can_mask) AND (references_max = 0)))),
    CONSTRAINT studio_imagemodel_n_max_check CHECK ((n_max >= 0)),
    CONSTRAINT studio_imagemodel_partial_images_max_check CHECK ((partial_images_max >= 0)),
    CONSTRAINT studio_imagemodel_prompt_limit_characters_check CHECK ((prompt_limit_characters >= 0)),
    CONSTRAINT studio_imagemodel_references_max_check CHECK ((references_max >= 0)),
    CONSTRAINT studio_imagemodel_tokens_per_partial_check CHECK ((tokens_per_partial >= 0))
);

ALTER TABLE studio_imagemodel ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_imagemodel_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_input (
    id bigint NOT NULL,
    code uuid NOT NULL,
    name character varying(200) NOT NULL,
    file character varying(200) NOT NULL,
    sent_file character varying(200) NOT NULL,
    sent_mime character varying(20) NOT NULL,
    preview character varying(200) NOT NULL,
    thumbnail character varying(200) NOT NULL,
    is_mask boolean NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size_bytes integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    strokes jsonb,
    created_at timestamp with time zone NOT NULL,
    giver_id bigint NOT NULL,
    org_id bigint NOT NULL,
    source_id bigint,
    CONSTRAINT studio_input_height_check CHECK ((height >= 0)),
    CONSTRAINT studio_input_size_bytes_check CHECK ((size_bytes >= 0)),
    CONSTRAINT studio_input_width_check CHECK ((width >= 0))
);

ALTER TABLE ONLY studio_input FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_input ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_input_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_output (
    id bigint NOT NULL,
    code uuid NOT NULL,
    file character varying(200) NOT NULL,
    preview character varying(200) NOT NULL,
    thumbnail character varying(200) NOT NULL,
    is_damaged boolean DEFAULT false NOT NULL,
    format character varying(10) NOT NULL,
    width integer NOT NULL,
    height integer NOT NULL,
    size_bytes integer NOT NULL,
    sha256 character varying(64) NOT NULL,
    revised_prompt text NOT NULL,
    is_keeper boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    visibility character varying(10) NOT NULL,
    kind character varying(10) NOT NULL,
    model character varying(80) NOT NULL,
    quality character varying(20) NOT NULL,
    style_code uuid,
    cost_micros bigint NOT NULL,
    stars smallint NOT NULL,
    binned_at timestamp with time zone,
    purged_at timestamp with time zone,
    api_key_id bigint,
    binned_by_id bigint,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    run_id bigint NOT NULL,
    slot_id bigint NOT NULL,
    CONSTRAINT output_has_up_to_five_stars CHECK (((stars >= 0) AND (stars <= 5))),
    CONSTRAINT output_is_binned_before_it_is_purged CHECK (((purged_at IS NULL) OR (binned_at IS NOT NULL))),
    CONSTRAINT studio_output_height_check CHECK ((height >= 0)),
    CONSTRAINT studio_output_size_bytes_check CHECK ((size_bytes >= 0)),
    CONSTRAINT studio_output_stars_check CHECK ((stars >= 0)),
    CONSTRAINT studio_output_width_check CHECK ((width >= 0))
);

ALTER TABLE ONLY studio_output FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_output ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_output_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE studio_partial ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_partial_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_preset (
    id bigint NOT NULL,
    code uuid NOT NULL,
    name character varying(60) NOT NULL,
    is_shared boolean NOT NULL,
    "values" jsonb NOT NULL,
    created_at timestamp with time zone NOT NULL,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY studio_preset FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_preset ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_preset_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_previewticket (
    id bigint NOT NULL,
    output_code uuid NOT NULL,
    org_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    tries smallint NOT NULL,
    CONSTRAINT studio_previewticket_tries_check CHECK ((tries >= 0))
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE studio_previewticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_previewticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_retention (
    id bigint NOT NULL,
    is_on boolean NOT NULL,
    days smallint NOT NULL,
    spares_starred boolean NOT NULL,
    spares_tagged boolean NOT NULL,
    spares_collected boolean NOT NULL,
    forgets_prompts boolean DEFAULT false NOT NULL,
    held_at timestamp with time zone,
    hold_reason character varying(200) NOT NULL,
    held_by_id bigint,
    org_id bigint NOT NULL,
    CONSTRAINT retention_days CHECK (((days >= 1) AND (days <= 3650))),
    CONSTRAINT studio_retention_days_check CHECK ((days >= 0))
);

ALTER TABLE ONLY studio_retention FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_retention ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_retention_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_rewrite (
    id bigint NOT NULL,
    code uuid NOT NULL,
    model character varying(80) NOT NULL,
    prompt text NOT NULL,
    state character varying(10) NOT NULL,
    suggestion text NOT NULL,
    error_code character varying(40) NOT NULL,
    error_sentence character varying(300) NOT NULL,
    request_key character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    sent_at timestamp with time zone,
    ended_at timestamp with time zone,
    connection_id bigint,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY studio_rewrite FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_rewrite ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_rewrite_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_rewriter (
    id bigint NOT NULL,
    is_on boolean NOT NULL,
    model character varying(80) NOT NULL,
    connection_id bigint,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY studio_rewriter FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_rewriter ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_rewriter_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_rewriteticket (
    id bigint NOT NULL,
    rewrite_code uuid NOT NULL,
    org_id bigint NOT NULL,
    maker_id bigint,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL
)
WITH (autovacuum_vacuum_scale_factor='0', autovacuum_vacuum_threshold='1000', autovacuum_analyze_scale_factor='0', autovacuum_analyze_threshold='1000', autovacuum_vacuum_cost_delay='0');

ALTER TABLE studio_rewriteticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_rewriteticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE studio_run ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_runevent (
    id bigint NOT NULL,
    seq integer NOT NULL,
    at timestamp with time zone NOT NULL,
    type character varying(12) NOT NULL,
    slot_index smallint,
    data jsonb NOT NULL,
    org_id bigint NOT NULL,
    run_id bigint NOT NULL,
    CONSTRAINT studio_runevent_seq_check CHECK ((seq >= 0)),
    CONSTRAINT studio_runevent_slot_index_check CHECK ((slot_index >= 0))
);

ALTER TABLE ONLY studio_runevent FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_runevent ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_runevent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_runinput (
    id bigint NOT NULL,
    number smallint NOT NULL,
    input_id bigint NOT NULL,
    org_id bigint NOT NULL,
    run_id bigint NOT NULL,
    CONSTRAINT studio_runinput_number_check CHECK ((number >= 0))
);

ALTER TABLE ONLY studio_runinput FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_runinput ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_runinput_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_searchentry (
    output_id bigint NOT NULL,
    org_id bigint NOT NULL,
    words bigint[] NOT NULL,
    key_id integer DEFAULT 0 NOT NULL
);

CREATE TABLE studio_share (
    id bigint NOT NULL,
    code uuid NOT NULL,
    title character varying(60) NOT NULL,
    token_hash character varying(64) NOT NULL,
    sealed_token text NOT NULL,
    password character varying(200) NOT NULL,
    with_prompt boolean NOT NULL,
    views integer NOT NULL,
    viewed_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone,
    revoked_at timestamp with time zone,
    collection_id bigint,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT studio_share_views_check CHECK ((views >= 0))
);

ALTER TABLE ONLY studio_share FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_share ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_share_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_sharedpicture (
    id bigint NOT NULL,
    "position" integer NOT NULL,
    org_id bigint NOT NULL,
    output_id bigint NOT NULL,
    share_id bigint NOT NULL
);

ALTER TABLE ONLY studio_sharedpicture FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_sharedpicture ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_sharedpicture_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_sheet (
    id bigint NOT NULL,
    code uuid NOT NULL,
    has_key boolean NOT NULL,
    name character varying(80) NOT NULL,
    state character varying(10) NOT NULL,
    reason character varying(400) NOT NULL,
    lane character varying(10) NOT NULL,
    concurrency smallint NOT NULL,
    deadline_at timestamp with time zone,
    goes_live boolean NOT NULL,
    sample smallint,
    columns character varying(80)[] NOT NULL,
    template text NOT NULL,
    mapping jsonb NOT NULL,
    asked jsonb NOT NULL,
    names character varying(200) NOT NULL,
    visibility character varying(10) NOT NULL,
    project character varying(80) NOT NULL,
    row_count integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    starts_at timestamp with time zone,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    api_key_id bigint,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    CONSTRAINT sheet_lane_exists CHECK ((lane IN ('now', 'proof', 'overnight'))),
    CONSTRAINT sheet_state_exists CHECK ((state IN ('ready', 'running', 'paused', 'waiting', 'finished', 'cancelled'))),
    CONSTRAINT studio_sheet_concurrency_check CHECK ((concurrency >= 0)),
    CONSTRAINT studio_sheet_row_count_check CHECK ((row_count >= 0)),
    CONSTRAINT studio_sheet_sample_check CHECK ((sample >= 0))
);

ALTER TABLE ONLY studio_sheet FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_sheet ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_sheet_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_sheetrow (
    id bigint NOT NULL,
    code uuid NOT NULL,
    number integer NOT NULL,
    variant smallint NOT NULL,
    cells text[] NOT NULL,
    asked jsonb NOT NULL,
    faults jsonb NOT NULL,
    tags text[] NOT NULL,
    collection character varying(80) NOT NULL,
    state character varying(10) NOT NULL,
    pictures smallint NOT NULL,
    low_micros bigint NOT NULL,
    high_micros bigint NOT NULL,
    held_micros bigint NOT NULL,
    fingerprint bigint NOT NULL,
    is_reused boolean NOT NULL,
    is_print boolean NOT NULL,
    times smallint NOT NULL,
    cost_micros bigint NOT NULL,
    error_code character varying(60) NOT NULL,
    error_sentence character varying(300) NOT NULL,
    started_at timestamp with time zone,
    ended_at timestamp with time zone,
    org_id bigint NOT NULL,
    printed_id bigint,
    run_id bigint,
    sheet_id bigint NOT NULL,
    CONSTRAINT sheet_row_state_exists CHECK ((state IN ('ready', 'running', 'finished', 'failed', 'faulty', 'cancelled'))),
    CONSTRAINT studio_sheetrow_number_check CHECK ((number >= 0)),
    CONSTRAINT studio_sheetrow_pictures_check CHECK ((pictures >= 0)),
    CONSTRAINT studio_sheetrow_times_check CHECK ((times >= 0)),
    CONSTRAINT studio_sheetrow_variant_check CHECK ((variant >= 0))
);

ALTER TABLE ONLY studio_sheetrow FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_sheetrow ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_sheetrow_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_sheetticket (
    id bigint NOT NULL,
    org_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT statement_timestamp() NOT NULL,
    maker_id bigint,
    sheet_code uuid NOT NULL
);

ALTER TABLE studio_sheetticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_sheetticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE studio_slot ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_slot_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_style (
    id bigint NOT NULL,
    code uuid NOT NULL,
    slug character varying(60) NOT NULL,
    built_in character varying(60) NOT NULL,
    "position" integer NOT NULL,
    least_role character varying(10) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    retired_at timestamp with time zone,
    maker_id bigint,
    org_id bigint NOT NULL,
    CONSTRAINT studio_style_position_check CHECK (("position" >= 0))
);

ALTER TABLE ONLY studio_style FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_style ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_style_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_styleversion (
    id bigint NOT NULL,
    number integer NOT NULL,
    name character varying(60) NOT NULL,
    description character varying(160) NOT NULL,
    prompt text NOT NULL,
    keeps character varying(80)[] NOT NULL,
    frees character varying(80)[] NOT NULL,
    solo text NOT NULL,
    "group" text NOT NULL,
    size character varying(20) NOT NULL,
    quality character varying(20) NOT NULL,
    made_at timestamp with time zone NOT NULL,
    maker_id bigint,
    org_id bigint NOT NULL,
    reference_id bigint,
    style_id bigint NOT NULL,
    CONSTRAINT studio_styleversion_number_check CHECK ((number >= 0))
);

ALTER TABLE ONLY studio_styleversion FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_styleversion ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_styleversion_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_tag (
    id bigint NOT NULL,
    code uuid NOT NULL,
    name character varying(60) NOT NULL,
    org_id bigint NOT NULL
);

ALTER TABLE ONLY studio_tag FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_tag ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_tag_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_tagging (
    id bigint NOT NULL,
    org_id bigint NOT NULL,
    output_id bigint NOT NULL,
    tag_id bigint NOT NULL
);

ALTER TABLE ONLY studio_tagging FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_tagging ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_tagging_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_thread (
    id bigint NOT NULL,
    code uuid NOT NULL,
    title character varying(120) NOT NULL,
    visibility character varying(10) NOT NULL,
    turn_count integer NOT NULL,
    created_at timestamp with time zone NOT NULL,
    changed_at timestamp with time zone NOT NULL,
    maker_id bigint NOT NULL,
    org_id bigint NOT NULL,
    start_id bigint,
    CONSTRAINT studio_thread_turn_count_check CHECK ((turn_count >= 0)),
    CONSTRAINT thread_visibility_exists CHECK ((visibility IN ('team', 'private')))
);

ALTER TABLE ONLY studio_thread FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_thread ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_thread_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE studio_ticket ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_ticket_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE studio_turn (
    id bigint NOT NULL,
    code uuid NOT NULL,
    number integer NOT NULL,
    kind character varying(10) NOT NULL,
    is_fresh boolean NOT NULL,
    base_id bigint,
    org_id bigint NOT NULL,
    other_id bigint,
    parent_id bigint,
    run_id bigint NOT NULL,
    thread_id bigint NOT NULL,
    CONSTRAINT studio_turn_number_check CHECK ((number >= 0)),
    CONSTRAINT turns_count_from_one CHECK ((number >= 1))
);

ALTER TABLE ONLY studio_turn FORCE ROW LEVEL SECURITY;

ALTER TABLE studio_turn ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME studio_turn_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (1, 'Can add delivery ticket', 1, 'add_deliveryticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (2, 'Can change delivery ticket', 1, 'change_deliveryticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (3, 'Can delete delivery ticket', 1, 'delete_deliveryticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (4, 'Can view delivery ticket', 1, 'view_deliveryticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (5, 'Can add mail', 2, 'add_mail');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (6, 'Can change mail', 2, 'change_mail');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (7, 'Can delete mail', 2, 'delete_mail');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (8, 'Can view mail', 2, 'view_mail');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (9, 'Can add past loan', 3, 'add_pastloan');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (10, 'Can change past loan', 3, 'change_pastloan');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (11, 'Can delete past loan', 3, 'delete_pastloan');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (12, 'Can view past loan', 3, 'view_pastloan');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (13, 'Can add user', 4, 'add_user');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (14, 'Can change user', 4, 'change_user');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (15, 'Can delete user', 4, 'delete_user');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (16, 'Can view user', 4, 'view_user');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (17, 'Can add api key', 5, 'add_apikey');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (18, 'Can change api key', 5, 'change_apikey');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (19, 'Can delete api key', 5, 'delete_apikey');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (20, 'Can view api key', 5, 'view_apikey');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (21, 'Can add circuit', 6, 'add_circuit');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (22, 'Can change circuit', 6, 'change_circuit');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (23, 'Can delete circuit', 6, 'delete_circuit');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (24, 'Can view circuit', 6, 'view_circuit');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (25, 'Can add founding', 7, 'add_founding');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (26, 'Can change founding', 7, 'change_founding');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (27, 'Can delete founding', 7, 'delete_founding');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (28, 'Can view founding', 7, 'view_founding');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (29, 'Can add organization', 8, 'add_organization');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (30, 'Can change organization', 8, 'change_organization');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (31, 'Can delete organization', 8, 'delete_organization');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (32, 'Can view organization', 8, 'view_organization');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (33, 'Can add membership', 9, 'add_membership');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (34, 'Can change membership', 9, 'change_membership');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (35, 'Can delete membership', 9, 'delete_membership');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (36, 'Can view membership', 9, 'view_membership');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (37, 'Can add limit alert', 10, 'add_limitalert');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (38, 'Can change limit alert', 10, 'change_limitalert');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (39, 'Can delete limit alert', 10, 'delete_limitalert');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (40, 'Can view limit alert', 10, 'view_limitalert');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (41, 'Can add threshold', 11, 'add_threshold');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (42, 'Can change threshold', 11, 'change_threshold');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (43, 'Can delete threshold', 11, 'delete_threshold');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (44, 'Can view threshold', 11, 'view_threshold');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (45, 'Can add invitation', 12, 'add_invitation');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (46, 'Can change invitation', 12, 'change_invitation');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (47, 'Can delete invitation', 12, 'delete_invitation');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (48, 'Can view invitation', 12, 'view_invitation');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (49, 'Can add hold', 13, 'add_hold');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (50, 'Can change hold', 13, 'change_hold');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (51, 'Can delete hold', 13, 'delete_hold');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (52, 'Can view hold', 13, 'view_hold');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (53, 'Can add counter', 14, 'add_counter');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (54, 'Can change counter', 14, 'change_counter');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (55, 'Can delete counter', 14, 'delete_counter');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (56, 'Can view counter', 14, 'view_counter');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (57, 'Can add audit entry', 15, 'add_auditentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (58, 'Can change audit entry', 15, 'change_auditentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (59, 'Can delete audit entry', 15, 'delete_auditentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (60, 'Can view audit entry', 15, 'view_auditentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (61, 'Can add ask', 16, 'add_ask');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (62, 'Can change ask', 16, 'change_ask');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (63, 'Can delete ask', 16, 'delete_ask');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (64, 'Can view ask', 16, 'view_ask');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (65, 'Can add provider connection', 17, 'add_providerconnection');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (66, 'Can change provider connection', 17, 'change_providerconnection');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (67, 'Can delete provider connection', 17, 'delete_providerconnection');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (68, 'Can view provider connection', 17, 'view_providerconnection');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (69, 'Can add quota', 18, 'add_quota');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (70, 'Can change quota', 18, 'change_quota');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (71, 'Can delete quota', 18, 'delete_quota');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (72, 'Can view quota', 18, 'view_quota');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (73, 'Can add seen alert', 19, 'add_seenalert');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (74, 'Can change seen alert', 19, 'change_seenalert');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (75, 'Can delete seen alert', 19, 'delete_seenalert');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (76, 'Can view seen alert', 19, 'view_seenalert');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (77, 'Can add webhook', 20, 'add_webhook');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (78, 'Can change webhook', 20, 'change_webhook');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (79, 'Can delete webhook', 20, 'delete_webhook');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (80, 'Can view webhook', 20, 'view_webhook');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (81, 'Can add delivery', 21, 'add_delivery');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (82, 'Can change delivery', 21, 'change_delivery');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (83, 'Can delete delivery', 21, 'delete_delivery');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (84, 'Can view delivery', 21, 'view_delivery');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (85, 'Can add budget', 22, 'add_budget');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (86, 'Can change budget', 22, 'change_budget');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (87, 'Can delete budget', 22, 'delete_budget');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (88, 'Can view budget', 22, 'view_budget');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (89, 'Can add export ticket', 23, 'add_exportticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (90, 'Can change export ticket', 23, 'change_exportticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (91, 'Can delete export ticket', 23, 'delete_exportticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (92, 'Can view export ticket', 23, 'view_exportticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (93, 'Can add price', 24, 'add_price');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (94, 'Can change price', 24, 'change_price');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (95, 'Can delete price', 24, 'delete_price');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (96, 'Can view price', 24, 'view_price');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (97, 'Can add subscription', 25, 'add_subscription');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (98, 'Can change subscription', 25, 'change_subscription');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (99, 'Can delete subscription', 25, 'delete_subscription');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (100, 'Can view subscription', 25, 'view_subscription');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (101, 'Can add export', 26, 'add_export');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (102, 'Can change export', 26, 'change_export');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (103, 'Can delete export', 26, 'delete_export');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (104, 'Can view export', 26, 'view_export');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (105, 'Can add use cursor', 27, 'add_usecursor');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (106, 'Can change use cursor', 27, 'change_usecursor');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (107, 'Can delete use cursor', 27, 'delete_usecursor');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (108, 'Can view use cursor', 27, 'view_usecursor');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (109, 'Can add closed month', 28, 'add_closedmonth');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (110, 'Can change closed month', 28, 'change_closedmonth');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (111, 'Can delete closed month', 28, 'delete_closedmonth');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (112, 'Can view closed month', 28, 'view_closedmonth');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (113, 'Can add day use', 29, 'add_dayuse');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (114, 'Can change day use', 29, 'change_dayuse');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (115, 'Can delete day use', 29, 'delete_dayuse');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (116, 'Can view day use', 29, 'view_dayuse');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (117, 'Can add dimension use', 30, 'add_dimensionuse');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (118, 'Can change dimension use', 30, 'change_dimensionuse');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (119, 'Can delete dimension use', 30, 'delete_dimensionuse');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (120, 'Can view dimension use', 30, 'view_dimensionuse');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (121, 'Can add entry', 31, 'add_entry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (122, 'Can change entry', 31, 'change_entry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (123, 'Can delete entry', 31, 'delete_entry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (124, 'Can view entry', 31, 'view_entry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (125, 'Can add flat price', 32, 'add_flatprice');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (126, 'Can change flat price', 32, 'change_flatprice');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (127, 'Can delete flat price', 32, 'delete_flatprice');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (128, 'Can view flat price', 32, 'view_flatprice');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (129, 'Can add snapshot', 33, 'add_snapshot');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (130, 'Can change snapshot', 33, 'change_snapshot');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (131, 'Can delete snapshot', 33, 'delete_snapshot');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (132, 'Can view snapshot', 33, 'view_snapshot');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (133, 'Can add composite ticket', 34, 'add_compositeticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (134, 'Can change composite ticket', 34, 'change_compositeticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (135, 'Can delete composite ticket', 34, 'delete_compositeticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (136, 'Can view composite ticket', 34, 'view_compositeticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (137, 'Can add preview ticket', 35, 'add_previewticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (138, 'Can change preview ticket', 35, 'change_previewticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (139, 'Can delete preview ticket', 35, 'delete_previewticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (140, 'Can view preview ticket', 35, 'view_previewticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (141, 'Can add discarded file', 36, 'add_discardedfile');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (142, 'Can change discarded file', 36, 'change_discardedfile');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (143, 'Can delete discarded file', 36, 'delete_discardedfile');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (144, 'Can view discarded file', 36, 'view_discardedfile');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (145, 'Can add rewrite ticket', 37, 'add_rewriteticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (146, 'Can change rewrite ticket', 37, 'change_rewriteticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (147, 'Can delete rewrite ticket', 37, 'delete_rewriteticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (148, 'Can view rewrite ticket', 37, 'view_rewriteticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (149, 'Can add image model', 38, 'add_imagemodel');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (150, 'Can change image model', 38, 'change_imagemodel');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (151, 'Can delete image model', 38, 'delete_imagemodel');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (152, 'Can view image model', 38, 'view_imagemodel');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (153, 'Can add output', 39, 'add_output');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (154, 'Can change output', 39, 'change_output');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (155, 'Can delete output', 39, 'delete_output');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (156, 'Can view output', 39, 'view_output');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (157, 'Can add input', 40, 'add_input');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (158, 'Can change input', 40, 'change_input');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (159, 'Can delete input', 40, 'delete_input');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (160, 'Can view input', 40, 'view_input');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (161, 'Can add collection', 41, 'add_collection');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (162, 'Can change collection', 41, 'change_collection');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (163, 'Can delete collection', 41, 'delete_collection');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (164, 'Can view collection', 41, 'view_collection');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (165, 'Can add preset', 42, 'add_preset');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (166, 'Can change preset', 42, 'change_preset');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (167, 'Can delete preset', 42, 'delete_preset');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (168, 'Can view preset', 42, 'view_preset');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (169, 'Can add retention', 43, 'add_retention');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (170, 'Can change retention', 43, 'change_retention');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (171, 'Can delete retention', 43, 'delete_retention');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (172, 'Can view retention', 43, 'view_retention');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (173, 'Can add rewrite', 44, 'add_rewrite');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (174, 'Can change rewrite', 44, 'change_rewrite');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (175, 'Can delete rewrite', 44, 'delete_rewrite');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (176, 'Can view rewrite', 44, 'view_rewrite');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (177, 'Can add rewriter', 45, 'add_rewriter');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (178, 'Can change rewriter', 45, 'change_rewriter');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (179, 'Can delete rewriter', 45, 'delete_rewriter');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (180, 'Can view rewriter', 45, 'view_rewriter');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (181, 'Can add run', 46, 'add_run');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (182, 'Can change run', 46, 'change_run');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (183, 'Can delete run', 46, 'delete_run');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (184, 'Can view run', 46, 'view_run');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (185, 'Can add comment', 47, 'add_comment');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (186, 'Can change comment', 47, 'change_comment');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (187, 'Can delete comment', 47, 'delete_comment');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (188, 'Can view comment', 47, 'view_comment');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (189, 'Can add run event', 48, 'add_runevent');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (190, 'Can change run event', 48, 'change_runevent');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (191, 'Can delete run event', 48, 'delete_runevent');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (192, 'Can view run event', 48, 'view_runevent');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (193, 'Can add run input', 49, 'add_runinput');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (194, 'Can change run input', 49, 'change_runinput');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (195, 'Can delete run input', 49, 'delete_runinput');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (196, 'Can view run input', 49, 'view_runinput');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (197, 'Can add search entry', 50, 'add_searchentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (198, 'Can change search entry', 50, 'change_searchentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (199, 'Can delete search entry', 50, 'delete_searchentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (200, 'Can view search entry', 50, 'view_searchentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (201, 'Can add share', 51, 'add_share');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (202, 'Can change share', 51, 'change_share');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (203, 'Can delete share', 51, 'delete_share');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (204, 'Can view share', 51, 'view_share');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (205, 'Can add shared picture', 52, 'add_sharedpicture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (206, 'Can change shared picture', 52, 'change_sharedpicture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (207, 'Can delete shared picture', 52, 'delete_sharedpicture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (208, 'Can view shared picture', 52, 'view_sharedpicture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (209, 'Can add slot', 53, 'add_slot');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (210, 'Can change slot', 53, 'change_slot');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (211, 'Can delete slot', 53, 'delete_slot');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (212, 'Can view slot', 53, 'view_slot');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (213, 'Can add partial', 54, 'add_partial');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (214, 'Can change partial', 54, 'change_partial');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (215, 'Can delete partial', 54, 'delete_partial');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (216, 'Can view partial', 54, 'view_partial');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (217, 'Can add tag', 55, 'add_tag');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (218, 'Can change tag', 55, 'change_tag');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (219, 'Can delete tag', 55, 'delete_tag');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (220, 'Can view tag', 55, 'view_tag');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (221, 'Can add tagging', 56, 'add_tagging');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (222, 'Can change tagging', 56, 'change_tagging');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (223, 'Can delete tagging', 56, 'delete_tagging');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (224, 'Can view tagging', 56, 'view_tagging');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (225, 'Can add ticket', 57, 'add_ticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (226, 'Can change ticket', 57, 'change_ticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (227, 'Can delete ticket', 57, 'delete_ticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (228, 'Can view ticket', 57, 'view_ticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (229, 'Can add draft', 58, 'add_draft');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (230, 'Can change draft', 58, 'change_draft');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (231, 'Can delete draft', 58, 'delete_draft');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (232, 'Can view draft', 58, 'view_draft');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (233, 'Can add composite', 59, 'add_composite');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (234, 'Can change composite', 59, 'change_composite');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (235, 'Can delete composite', 59, 'delete_composite');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (236, 'Can view composite', 59, 'view_composite');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (237, 'Can add collection item', 60, 'add_collectionitem');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (238, 'Can change collection item', 60, 'change_collectionitem');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (239, 'Can delete collection item', 60, 'delete_collectionitem');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (240, 'Can view collection item', 60, 'view_collectionitem');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (241, 'Can add style', 61, 'add_style');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (242, 'Can change style', 61, 'change_style');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (243, 'Can delete style', 61, 'delete_style');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (244, 'Can view style', 61, 'view_style');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (245, 'Can add style version', 62, 'add_styleversion');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (246, 'Can change style version', 62, 'change_styleversion');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (247, 'Can delete style version', 62, 'delete_styleversion');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (248, 'Can view style version', 62, 'view_styleversion');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (249, 'Can add branded picture', 63, 'add_brandedpicture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (250, 'Can change branded picture', 63, 'change_brandedpicture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (251, 'Can delete branded picture', 63, 'delete_brandedpicture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (252, 'Can view branded picture', 63, 'view_brandedpicture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (253, 'Can add capture', 64, 'add_capture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (254, 'Can change capture', 64, 'change_capture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (255, 'Can delete capture', 64, 'delete_capture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (256, 'Can view capture', 64, 'view_capture');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (257, 'Can add capture ticket', 65, 'add_captureticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (258, 'Can change capture ticket', 65, 'change_captureticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (259, 'Can delete capture ticket', 65, 'delete_captureticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (260, 'Can view capture ticket', 65, 'view_captureticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (261, 'Can add consent', 66, 'add_consent');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (262, 'Can change consent', 66, 'change_consent');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (263, 'Can delete consent', 66, 'delete_consent');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (264, 'Can view consent', 66, 'view_consent');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (265, 'Can add event', 67, 'add_event');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (266, 'Can change event', 67, 'change_event');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (267, 'Can delete event', 67, 'delete_event');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (268, 'Can view event', 67, 'view_event');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (269, 'Can add batch ticket', 68, 'add_batchticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (270, 'Can change batch ticket', 68, 'change_batchticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (271, 'Can delete batch ticket', 68, 'delete_batchticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (272, 'Can view batch ticket', 68, 'view_batchticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (273, 'Can add batch file', 69, 'add_batchfile');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (274, 'Can change batch file', 69, 'change_batchfile');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (275, 'Can delete batch file', 69, 'delete_batchfile');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (276, 'Can view batch file', 69, 'view_batchfile');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (277, 'Can add batch', 70, 'add_batch');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (278, 'Can change batch', 70, 'change_batch');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (279, 'Can delete batch', 70, 'delete_batch');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (280, 'Can view batch', 70, 'view_batch');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (281, 'Can add batch line', 71, 'add_batchline');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (282, 'Can change batch line', 71, 'change_batchline');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (283, 'Can delete batch line', 71, 'delete_batchline');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (284, 'Can view batch line', 71, 'view_batchline');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (285, 'Can add chunk ticket', 72, 'add_chunkticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (286, 'Can change chunk ticket', 72, 'change_chunkticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (287, 'Can delete chunk ticket', 72, 'delete_chunkticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (288, 'Can view chunk ticket', 72, 'view_chunkticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (289, 'Can add chunk', 73, 'add_chunk');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (290, 'Can change chunk', 73, 'change_chunk');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (291, 'Can delete chunk', 73, 'delete_chunk');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (292, 'Can view chunk', 73, 'view_chunk');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (293, 'Can add chunk line', 74, 'add_chunkline');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (294, 'Can change chunk line', 74, 'change_chunkline');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (295, 'Can delete chunk line', 74, 'delete_chunkline');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (296, 'Can view chunk line', 74, 'view_chunkline');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (297, 'Can add sheet ticket', 75, 'add_sheetticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (298, 'Can change sheet ticket', 75, 'change_sheetticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (299, 'Can delete sheet ticket', 75, 'delete_sheetticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (300, 'Can view sheet ticket', 75, 'view_sheetticket');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (301, 'Can add sheet', 76, 'add_sheet');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (302, 'Can change sheet', 76, 'change_sheet');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (303, 'Can delete sheet', 76, 'delete_sheet');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (304, 'Can view sheet', 76, 'view_sheet');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (305, 'Can add sheet row', 77, 'add_sheetrow');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (306, 'Can change sheet row', 77, 'change_sheetrow');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (307, 'Can delete sheet row', 77, 'delete_sheetrow');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (308, 'Can view sheet row', 77, 'view_sheetrow');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (309, 'Can add thread', 78, 'add_thread');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (310, 'Can change thread', 78, 'change_thread');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (311, 'Can delete thread', 78, 'delete_thread');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (312, 'Can view thread', 78, 'view_thread');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (313, 'Can add turn', 79, 'add_turn');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (314, 'Can change turn', 79, 'change_turn');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (315, 'Can delete turn', 79, 'delete_turn');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (316, 'Can view turn', 79, 'view_turn');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (317, 'Can add log entry', 80, 'add_logentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (318, 'Can change log entry', 80, 'change_logentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (319, 'Can delete log entry', 80, 'delete_logentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (320, 'Can view log entry', 80, 'view_logentry');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (321, 'Can add permission', 81, 'add_permission');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (322, 'Can change permission', 81, 'change_permission');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (323, 'Can delete permission', 81, 'delete_permission');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (324, 'Can view permission', 81, 'view_permission');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (325, 'Can add group', 82, 'add_group');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (326, 'Can change group', 82, 'change_group');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (327, 'Can delete group', 82, 'delete_group');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (328, 'Can view group', 82, 'view_group');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (329, 'Can add content type', 83, 'add_contenttype');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (330, 'Can change content type', 83, 'change_contenttype');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (331, 'Can delete content type', 83, 'delete_contenttype');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (332, 'Can view content type', 83, 'view_contenttype');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (333, 'Can add session', 84, 'add_session');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (334, 'Can change session', 84, 'change_session');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (335, 'Can delete session', 84, 'delete_session');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (336, 'Can view session', 84, 'view_session');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (337, 'Can add email address', 85, 'add_emailaddress');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (338, 'Can change email address', 85, 'change_emailaddress');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (339, 'Can delete email address', 85, 'delete_emailaddress');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (340, 'Can view email address', 85, 'view_emailaddress');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (341, 'Can add email confirmation', 86, 'add_emailconfirmation');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (342, 'Can change email confirmation', 86, 'change_emailconfirmation');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (343, 'Can delete email confirmation', 86, 'delete_emailconfirmation');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (344, 'Can view email confirmation', 86, 'view_emailconfirmation');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (345, 'Can add social account', 87, 'add_socialaccount');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (346, 'Can change social account', 87, 'change_socialaccount');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (347, 'Can delete social account', 87, 'delete_socialaccount');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (348, 'Can view social account', 87, 'view_socialaccount');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (349, 'Can add social application', 88, 'add_socialapp');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (350, 'Can change social application', 88, 'change_socialapp');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (351, 'Can delete social application', 88, 'delete_socialapp');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (352, 'Can view social application', 88, 'view_socialapp');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (353, 'Can add social application token', 89, 'add_socialtoken');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (354, 'Can change social application token', 89, 'change_socialtoken');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (355, 'Can delete social application token', 89, 'delete_socialtoken');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (356, 'Can view social application token', 89, 'view_socialtoken');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (357, 'Can add authenticator', 90, 'add_authenticator');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (358, 'Can change authenticator', 90, 'change_authenticator');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (359, 'Can delete authenticator', 90, 'delete_authenticator');
INSERT INTO auth_permission (id, name, content_type_id, codename) VALUES (360, 'Can view authenticator', 90, 'view_authenticator');

INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (1, 'gpt-image-2', false, 5000000, 8000000, 30000000, 1250000, 2000000, NULL, '2026-04-21 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (2, 'gpt-image-2', true, 2500000, 4000000, 15000000, 625000, 1000000, NULL, '2026-04-21 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (3, 'gpt-image-2.5-sunburst', false, 5000000, 8000000, 30000000, 1250000, 2000000, NULL, '2026-09-08 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (4, 'gpt-image-2.5-sunburst', true, 2500000, 4000000, 15000000, 625000, 1000000, NULL, '2026-09-08 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (5, 'gpt-image-2.5-flare', false, 5000000, 8000000, 30000000, 1250000, 2000000, NULL, '2026-09-08 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (6, 'gpt-image-2.5-flare', true, 2500000, 4000000, 15000000, 625000, 1000000, NULL, '2026-09-08 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (7, 'gpt-image-2.6-sunburst', false, 5000000, 8000000, 30000000, 1250000, 2000000, NULL, '2026-11-04 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (8, 'gpt-image-2.6-sunburst', true, 2500000, 4000000, 15000000, 625000, 1000000, NULL, '2026-11-04 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (9, 'gpt-image-2.6-flare', false, 5000000, 8000000, 30000000, 1250000, 2000000, NULL, '2026-11-04 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (10, 'gpt-image-2.6-flare', true, 2500000, 4000000, 15000000, 625000, 1000000, NULL, '2026-11-04 00:00:00+00', NULL);
INSERT INTO billing_price (id, model, is_batch, text_in, image_in, image_out, cached_text, cached_image, text_out, valid_from, valid_until) VALUES (11, 'gpt-5', false, 1250000, 1250000, 10000000, 125000, NULL, 10000000, '2025-08-07 00:00:00+00', NULL);

INSERT INTO django_content_type (id, app_label, model) VALUES (1, 'accounts', 'deliveryticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (2, 'accounts', 'mail');
INSERT INTO django_content_type (id, app_label, model) VALUES (3, 'accounts', 'pastloan');
INSERT INTO django_content_type (id, app_label, model) VALUES (4, 'accounts', 'user');
INSERT INTO django_content_type (id, app_label, model) VALUES (5, 'accounts', 'apikey');
INSERT INTO django_content_type (id, app_label, model) VALUES (6, 'accounts', 'circuit');
INSERT INTO django_content_type (id, app_label, model) VALUES (7, 'accounts', 'founding');
INSERT INTO django_content_type (id, app_label, model) VALUES (8, 'accounts', 'organization');
INSERT INTO django_content_type (id, app_label, model) VALUES (9, 'accounts', 'membership');
INSERT INTO django_content_type (id, app_label, model) VALUES (10, 'accounts', 'limitalert');
INSERT INTO django_content_type (id, app_label, model) VALUES (11, 'accounts', 'threshold');
INSERT INTO django_content_type (id, app_label, model) VALUES (12, 'accounts', 'invitation');
INSERT INTO django_content_type (id, app_label, model) VALUES (13, 'accounts', 'hold');
INSERT INTO django_content_type (id, app_label, model) VALUES (14, 'accounts', 'counter');
INSERT INTO django_content_type (id, app_label, model) VALUES (15, 'accounts', 'auditentry');
INSERT INTO django_content_type (id, app_label, model) VALUES (16, 'accounts', 'ask');
INSERT INTO django_content_type (id, app_label, model) VALUES (17, 'accounts', 'providerconnection');
INSERT INTO django_content_type (id, app_label, model) VALUES (18, 'accounts', 'quota');
INSERT INTO django_content_type (id, app_label, model) VALUES (19, 'accounts', 'seenalert');
INSERT INTO django_content_type (id, app_label, model) VALUES (20, 'accounts', 'webhook');
INSERT INTO django_content_type (id, app_label, model) VALUES (21, 'accounts', 'delivery');
INSERT INTO django_content_type (id, app_label, model) VALUES (22, 'accounts', 'budget');
INSERT INTO django_content_type (id, app_label, model) VALUES (23, 'billing', 'exportticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (24, 'billing', 'price');
INSERT INTO django_content_type (id, app_label, model) VALUES (25, 'billing', 'subscription');
INSERT INTO django_content_type (id, app_label, model) VALUES (26, 'billing', 'export');
INSERT INTO django_content_type (id, app_label, model) VALUES (27, 'billing', 'usecursor');
INSERT INTO django_content_type (id, app_label, model) VALUES (28, 'billing', 'closedmonth');
INSERT INTO django_content_type (id, app_label, model) VALUES (29, 'billing', 'dayuse');
INSERT INTO django_content_type (id, app_label, model) VALUES (30, 'billing', 'dimensionuse');
INSERT INTO django_content_type (id, app_label, model) VALUES (31, 'billing', 'entry');
INSERT INTO django_content_type (id, app_label, model) VALUES (32, 'billing', 'flatprice');
INSERT INTO django_content_type (id, app_label, model) VALUES (33, 'billing', 'snapshot');
INSERT INTO django_content_type (id, app_label, model) VALUES (34, 'studio', 'compositeticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (35, 'studio', 'previewticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (36, 'studio', 'discardedfile');
INSERT INTO django_content_type (id, app_label, model) VALUES (37, 'studio', 'rewriteticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (38, 'studio', 'imagemodel');
INSERT INTO django_content_type (id, app_label, model) VALUES (39, 'studio', 'output');
INSERT INTO django_content_type (id, app_label, model) VALUES (40, 'studio', 'input');
INSERT INTO django_content_type (id, app_label, model) VALUES (41, 'studio', 'collection');
INSERT INTO django_content_type (id, app_label, model) VALUES (42, 'studio', 'preset');
INSERT INTO django_content_type (id, app_label, model) VALUES (43, 'studio', 'retention');
INSERT INTO django_content_type (id, app_label, model) VALUES (44, 'studio', 'rewrite');
INSERT INTO django_content_type (id, app_label, model) VALUES (45, 'studio', 'rewriter');
INSERT INTO django_content_type (id, app_label, model) VALUES (46, 'studio', 'run');
INSERT INTO django_content_type (id, app_label, model) VALUES (47, 'studio', 'comment');
INSERT INTO django_content_type (id, app_label, model) VALUES (48, 'studio', 'runevent');
INSERT INTO django_content_type (id, app_label, model) VALUES (49, 'studio', 'runinput');
INSERT INTO django_content_type (id, app_label, model) VALUES (50, 'studio', 'searchentry');
INSERT INTO django_content_type (id, app_label, model) VALUES (51, 'studio', 'share');
INSERT INTO django_content_type (id, app_label, model) VALUES (52, 'studio', 'sharedpicture');
INSERT INTO django_content_type (id, app_label, model) VALUES (53, 'studio', 'slot');
INSERT INTO django_content_type (id, app_label, model) VALUES (54, 'studio', 'partial');
INSERT INTO django_content_type (id, app_label, model) VALUES (55, 'studio', 'tag');
INSERT INTO django_content_type (id, app_label, model) VALUES (56, 'studio', 'tagging');
INSERT INTO django_content_type (id, app_label, model) VALUES (57, 'studio', 'ticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (58, 'studio', 'draft');
INSERT INTO django_content_type (id, app_label, model) VALUES (59, 'studio', 'composite');
INSERT INTO django_content_type (id, app_label, model) VALUES (60, 'studio', 'collectionitem');
INSERT INTO django_content_type (id, app_label, model) VALUES (61, 'studio', 'style');
INSERT INTO django_content_type (id, app_label, model) VALUES (62, 'studio', 'styleversion');
INSERT INTO django_content_type (id, app_label, model) VALUES (63, 'studio', 'brandedpicture');
INSERT INTO django_content_type (id, app_label, model) VALUES (64, 'studio', 'capture');
INSERT INTO django_content_type (id, app_label, model) VALUES (65, 'studio', 'captureticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (66, 'studio', 'consent');
INSERT INTO django_content_type (id, app_label, model) VALUES (67, 'studio', 'event');
INSERT INTO django_content_type (id, app_label, model) VALUES (68, 'studio', 'batchticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (69, 'studio', 'batchfile');
INSERT INTO django_content_type (id, app_label, model) VALUES (70, 'studio', 'batch');
INSERT INTO django_content_type (id, app_label, model) VALUES (71, 'studio', 'batchline');
INSERT INTO django_content_type (id, app_label, model) VALUES (72, 'studio', 'chunkticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (73, 'studio', 'chunk');
INSERT INTO django_content_type (id, app_label, model) VALUES (74, 'studio', 'chunkline');
INSERT INTO django_content_type (id, app_label, model) VALUES (75, 'studio', 'sheetticket');
INSERT INTO django_content_type (id, app_label, model) VALUES (76, 'studio', 'sheet');
INSERT INTO django_content_type (id, app_label, model) VALUES (77, 'studio', 'sheetrow');
INSERT INTO django_content_type (id, app_label, model) VALUES (78, 'studio', 'thread');
INSERT INTO django_content_type (id, app_label, model) VALUES (79, 'studio', 'turn');
INSERT INTO django_content_type (id, app_label, model) VALUES (80, 'admin', 'logentry');
INSERT INTO django_content_type (id, app_label, model) VALUES (81, 'auth', 'permission');
INSERT INTO django_content_type (id, app_label, model) VALUES (82, 'auth', 'group');
INSERT INTO django_content_type (id, app_label, model) VALUES (83, 'contenttypes', 'contenttype');
INSERT INTO django_content_type (id, app_label, model) VALUES (84, 'sessions', 'session');
INSERT INTO django_content_type (id, app_label, model) VALUES (85, 'account', 'emailaddress');
INSERT INTO django_content_type (id, app_label, model) VALUES (86, 'account', 'emailconfirmation');
INSERT INTO django_content_type (id, app_label, model) VALUES (87, 'socialaccount', 'socialaccount');
INSERT INTO django_content_type (id, app_label, model) VALUES (88, 'socialaccount', 'socialapp');
INSERT INTO django_content_type (id, app_label, model) VALUES (89, 'socialaccount', 'socialtoken');
INSERT INTO django_content_type (id, app_label, model) VALUES (90, 'mfa', 'authenticator');

INSERT INTO django_migrations (id, app, name, applied) VALUES (1, 'contenttypes', '0001_initial', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (2, 'contenttypes', '0002_remove_content_type_name', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (3, 'auth', '0001_initial', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (4, 'auth', '0002_alter_permission_name_max_length', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (5, 'auth', '0003_alter_user_email_max_length', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (6, 'auth', '0004_alter_user_username_opts', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (7, 'auth', '0005_alter_user_last_login_null', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (8, 'auth', '0006_require_contenttypes_0002', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (9, 'auth', '0007_alter_validators_add_error_messages', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (10, 'auth', '0008_alter_user_username_max_length', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (11, 'auth', '0009_alter_user_last_name_max_length', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (12, 'auth', '0010_alter_group_name_max_length', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (13, 'auth', '0011_update_proxy_permissions', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (14, 'auth', '0012_alter_user_first_name_max_length', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (15, 'accounts', '0001_tables', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (16, 'account', '0001_initial', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (17, 'account', '0002_email_max_length', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (18, 'account', '0003_alter_emailaddress_create_unique_verified_email', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (19, 'account', '0004_alter_emailaddress_drop_unique_email', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (20, 'account', '0005_emailaddress_idx_upper_email', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (21, 'account', '0006_emailaddress_lower', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (22, 'account', '0007_emailaddress_idx_email', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (23, 'account', '0008_emailaddress_unique_primary_email_fixup', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (24, 'account', '0009_emailaddress_unique_primary_email', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (25, 'mfa', '0001_initial', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (26, 'mfa', '0002_authenticator_timestamps', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (27, 'mfa', '0003_authenticator_type_uniq', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (28, 'accounts', '0002_walls_and_functions', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (29, 'admin', '0001_initial', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (30, 'admin', '0002_logentry_remove_auto_add', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (31, 'admin', '0003_logentry_add_action_flag_choices', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (32, 'billing', '0001_tables', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (33, 'billing', '0002_walls_and_functions', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (34, 'billing', '0003_rows', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (35, 'sessions', '0001_initial', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (36, 'socialaccount', '0001_initial', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (37, 'socialaccount', '0002_token_max_lengths', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (38, 'socialaccount', '0003_extra_data_default_dict', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (39, 'socialaccount', '0004_app_provider_id_settings', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (40, 'socialaccount', '0005_socialtoken_nullable_app', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (41, 'socialaccount', '0006_alter_socialaccount_extra_data', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (42, 'studio', '0001_tables', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (43, 'studio', '0002_walls_and_functions', now());
INSERT INTO django_migrations (id, app, name, applied) VALUES (44, 'studio', '0003_rows', now());

INSERT INTO studio_imagemodel (id, name, snapshots, title, purpose, is_default, available_from, available_until, qualities, formats, backgrounds, moderations, input_fidelities, size_rule, size_presets, reasons, prompt_limit_characters, n_max, partial_images_max, references_max, can_edit, can_mask, can_respond, can_stream, can_batch, auto_quality, auto_size, token_bases, tokens_per_partial) VALUES (1, 'gpt-image-2', '{2026-04-21}', 'GPT Image 2', 'The dependable all-rounder for pictures and edits.', true, '2026-04-21 00:00:00+00', NULL, '{auto,low,medium,high}', '{png,jpeg,webp}', '{auto,opaque}', '{auto,low}', '{}', '{"kind": "free", "edge_max": 3840, "ratio_max": 3, "pixels_max": 8294400, "pixels_min": 655360, "multiple_of": 16}', '[{"size": "auto", "title": "Let the model choose"}, {"size": "1024x1024", "title": "Square"}, {"size": "1536x1024", "title": "Landscape"}, {"size": "1024x1536", "title": "Portrait"}, {"size": "2048x2048", "title": "Large square"}, {"size": "2048x1152", "title": "Widescreen 2K"}, {"size": "3840x2160", "title": "Widescreen 4K"}, {"size": "2160x3840", "title": "Tall 4K"}]', '{"background": "OpenAI closed the preview of transparent backgrounds on 30 September 2026.", "input_fidelity": "It always keeps to the references as closely as it can."}', 32000, 10, 3, 16, true, true, true, true, true, 'high', '2048x2048', '{"low": 16, "high": 96, "medium": 48}', 100);
INSERT INTO studio_imagemodel (id, name, snapshots, title, purpose, is_default, available_from, available_until, qualities, formats, backgrounds, moderations, input_fidelities, size_rule, size_presets, reasons, prompt_limit_characters, n_max, partial_images_max, references_max, can_edit, can_mask, can_respond, can_stream, can_batch, auto_quality, auto_size, token_bases, tokens_per_partial) VALUES (2, 'gpt-image-2.5-sunburst', '{2026-09-08}', 'GPT Image 2.5 Sunburst', 'Careful edits and fine detail, with transparent backgrounds. Takes its time.', false, '2026-09-08 00:00:00+00', NULL, '{auto,low,medium,high,xhigh,max}', '{png,jpeg,webp}', '{auto,opaque,transparent}', '{auto,low}', '{}', '{"kind": "free", "edge_max": 3840, "ratio_max": 3, "pixels_max": 8294400, "pixels_min": 655360, "multiple_of": 16}', '[{"size": "auto", "title": "Let the model choose"}, {"size": "1024x1024", "title": "Square"}, {"size": "1536x1024", "title": "Landscape"}, {"size": "1024x1536", "title": "Portrait"}, {"size": "2048x2048", "title": "Large square"}, {"size": "2048x1152", "title": "Widescreen 2K"}, {"size": "3840x2160", "title": "Widescreen 4K"}, {"size": "2160x3840", "title": "Tall 4K"}]', '{}', 32000, 10, 3, 16, true, true, true, true, true, 'max', '2048x2048', '{"low": 16, "max": 96, "high": 48, "xhigh": 64, "medium": 24}', 100);
INSERT INTO studio_imagemodel (id, name, snapshots, title, purpose, is_default, available_from, available_until, qualities, formats, backgrounds, moderations, input_fidelities, size_rule, size_presets, reasons, prompt_limit_characters, n_max, partial_images_max, references_max, can_edit, can_mask, can_respond, can_stream, can_batch, auto_quality, auto_size, token_bases, tokens_per_partial) VALUES (3, 'gpt-image-2.5-flare', '{2026-09-08}', 'GPT Image 2.5 Flare', 'Quick pictures for everyday work, with transparent backgrounds.', false, '2026-09-08 00:00:00+00', NULL, '{auto,low,medium,high,xhigh,max}', '{png,jpeg,webp}', '{auto,opaque,transparent}', '{auto,low}', '{}', '{"kind": "free", "edge_max": 3840, "ratio_max": 3, "pixels_max": 8294400, "pixels_min": 655360, "multiple_of": 16}', '[{"size": "auto", "title": "Let the model choose"}, {"size": "1024x1024", "title": "Square"}, {"size": "1536x1024", "title": "Landscape"}, {"size": "1024x1536", "title": "Portrait"}, {"size": "2048x2048", "title": "Large square"}, {"size": "2048x1152", "title": "Widescreen 2K"}, {"size": "3840x2160", "title": "Widescreen 4K"}, {"size": "2160x3840", "title": "Tall 4K"}]', '{}', 32000, 10, 3, 16, true, true, true, true, true, 'max', '2048x2048', '{"low": 16, "max": 96, "high": 48, "xhigh": 64, "medium": 24}', 100);
INSERT INTO studio_imagemodel (id, name, snapshots, title, purpose, is_default, available_from, available_until, qualities, formats, backgrounds, moderations, input_fidelities, size_rule, size_presets, reasons, prompt_limit_characters, n_max, partial_images_max, references_max, can_edit, can_mask, can_respond, can_stream, can_batch, auto_quality, auto_size, token_bases, tokens_per_partial) VALUES (4, 'gpt-image-2.6-sunburst', '{}', 'GPT Image 2.6 Sunburst', 'The newest model for detail and for edits in several steps.', false, '2026-11-04 00:00:00+00', NULL, '{auto,low,medium,high,xhigh,max}', '{png,jpeg,webp}', '{auto,opaque,transparent}', '{auto,low}', '{}', '{"kind": "free", "edge_max": 3840, "ratio_max": 3, "pixels_max": 8294400, "pixels_min": 655360, "multiple_of": 16}', '[{"size": "auto", "title": "Let the model choose"}, {"size": "1024x1024", "title": "Square"}, {"size": "1536x1024", "title": "Landscape"}, {"size": "1024x1536", "title": "Portrait"}, {"size": "2048x2048", "title": "Large square"}, {"size": "2048x1152", "title": "Widescreen 2K"}, {"size": "3840x2160", "title": "Widescreen 4K"}, {"size": "2160x3840", "title": "Tall 4K"}]', '{}', 32000, 10, 3, 16, true, true, true, true, false, 'max', '2048x2048', NULL, NULL);
INSERT INTO studio_imagemodel (id, name, snapshots, title, purpose, is_default, available_from, available_until, qualities, formats, backgrounds, moderations, input_fidelities, size_rule, size_presets, reasons, prompt_limit_characters, n_max, partial_images_max, references_max, can_edit, can_mask, can_respond, can_stream, can_batch, auto_quality, auto_size, token_bases, tokens_per_partial) VALUES (5, 'gpt-image-2.6-flare', '{}', 'GPT Image 2.6 Flare', 'The newest model for speed: drafts within seconds.', false, '2026-11-04 00:00:00+00', NULL, '{auto,low,medium,high,xhigh,max}', '{png,jpeg,webp}', '{auto,opaque,transparent}', '{auto,low}', '{}', '{"kind": "free", "edge_max": 3840, "ratio_max": 3, "pixels_max": 8294400, "pixels_min": 655360, "multiple_of": 16}', '[{"size": "auto", "title": "Let the model choose"}, {"size": "1024x1024", "title": "Square"}, {"size": "1536x1024", "title": "Landscape"}, {"size": "1024x1536", "title": "Portrait"}, {"size": "2048x2048", "title": "Large square"}, {"size": "2048x1152", "title": "Widescreen 2K"}, {"size": "3840x2160", "title": "Widescreen 4K"}, {"size": "2160x3840", "title": "Tall 4K"}]', '{}', 32000, 10, 3, 16, true, true, true, true, false, 'max', '2048x2048', NULL, NULL);

SELECT pg_catalog.setval('account_emailaddress_id_seq', 1, false);

SELECT pg_catalog.setval('account_emailconfirmation_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_apikey_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_ask_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_auditentry_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_budget_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_counter_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_delivery_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_deliveryticket_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_founding_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_hold_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_invitation_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_limitalert_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_mail_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_membership_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_organization_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_pastloan_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_providerconnection_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_quota_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_seenalert_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_threshold_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_user_groups_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_user_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_user_user_permissions_id_seq', 1, false);

SELECT pg_catalog.setval('accounts_webhook_id_seq', 1, false);

SELECT pg_catalog.setval('auth_group_id_seq', 1, false);

SELECT pg_catalog.setval('auth_group_permissions_id_seq', 1, false);

SELECT pg_catalog.setval('auth_permission_id_seq', 360, true);

SELECT pg_catalog.setval('billing_closedmonth_id_seq', 1, false);

SELECT pg_catalog.setval('billing_dayuse_id_seq', 1, false);

SELECT pg_catalog.setval('billing_dimensionuse_id_seq', 1, false);

SELECT pg_catalog.setval('billing_entry_id_seq', 1, false);

SELECT pg_catalog.setval('billing_export_id_seq', 1, false);

SELECT pg_catalog.setval('billing_exportticket_id_seq', 1, false);

SELECT pg_catalog.setval('billing_flatprice_id_seq', 1, false);

SELECT pg_catalog.setval('billing_price_id_seq', 11, true);

SELECT pg_catalog.setval('billing_snapshot_id_seq', 1, false);

SELECT pg_catalog.setval('billing_subscription_id_seq', 1, false);

SELECT pg_catalog.setval('billing_usecursor_id_seq', 1, false);

SELECT pg_catalog.setval('django_admin_log_id_seq', 1, false);

SELECT pg_catalog.setval('django_content_type_id_seq', 90, true);

SELECT pg_catalog.setval('django_migrations_id_seq', 44, true);

SELECT pg_catalog.setval('mfa_authenticator_id_seq', 1, false);

SELECT pg_catalog.setval('socialaccount_socialaccount_id_seq', 1, false);

SELECT pg_catalog.setval('socialaccount_socialapp_id_seq', 1, false);

SELECT pg_catalog.setval('socialaccount_socialtoken_id_seq', 1, false);

SELECT pg_catalog.setval('studio_batch_id_seq', 1, false);

SELECT pg_catalog.setval('studio_batchfile_id_seq', 1, false);

SELECT pg_catalog.setval('studio_batchline_id_seq', 1, false);

SELECT pg_catalog.setval('studio_batchticket_id_seq', 1, false);

SELECT pg_catalog.setval('studio_brandedpicture_id_seq', 1, false);

SELECT pg_catalog.setval('studio_capture_id_seq', 1, false);

SELECT pg_catalog.setval('studio_captureticket_id_seq', 1, false);

SELECT pg_catalog.setval('studio_chunk_id_seq', 1, false);

SELECT pg_catalog.setval('studio_chunkline_id_seq', 1, false);

SELECT pg_catalog.setval('studio_chunkticket_id_seq', 1, false);

SELECT pg_catalog.setval('studio_collection_id_seq', 1, false);

SELECT pg_catalog.setval('studio_collectionitem_id_seq', 1, false);

SELECT pg_catalog.setval('studio_comment_id_seq', 1, false);

SELECT pg_catalog.setval('studio_composite_id_seq', 1, false);

SELECT pg_catalog.setval('studio_compositeticket_id_seq', 1, false);

SELECT pg_catalog.setval('studio_consent_id_seq', 1, false);

SELECT pg_catalog.setval('studio_discardedfile_id_seq', 1, false);

SELECT pg_catalog.setval('studio_draft_id_seq', 1, false);

SELECT pg_catalog.setval('studio_event_id_seq', 1, false);

SELECT pg_catalog.setval('studio_imagemodel_id_seq', 5, true);

SELECT pg_catalog.setval('studio_input_id_seq', 1, false);

SELECT pg_catalog.setval('studio_output_id_seq', 1, false);

SELECT pg_catalog.setval('studio_partial_id_seq', 1, false);

SELECT pg_catalog.setval('studio_preset_id_seq', 1, false);

SELECT pg_catalog.setval('studio_previewticket_id_seq', 1, false);

SELECT pg_catalog.setval('studio_retention_id_seq', 1, false);

SELECT pg_catalog.setval('studio_rewrite_id_seq', 1, false);

SELECT pg_catalog.setval('studio_rewriter_id_seq', 1, false);

SELECT pg_catalog.setval('studio_rewriteticket_id_seq', 1, false);

SELECT pg_catalog.setval('studio_run_id_seq', 1, false);

SELECT pg_catalog.setval('studio_runevent_id_seq', 1, false);

SELECT pg_catalog.setval('studio_runinput_id_seq', 1, false);

SELECT pg_catalog.setval('studio_share_id_seq', 1, false);

SELECT pg_catalog.setval('studio_sharedpicture_id_seq', 1, false);

SELECT pg_catalog.setval('studio_sheet_id_seq', 1, false);

SELECT pg_catalog.setval('studio_sheetrow_id_seq', 1, false);

SELECT pg_catalog.setval('studio_sheetticket_id_seq', 1, false);

SELECT pg_catalog.setval('studio_slot_id_seq', 1, false);

SELECT pg_catalog.setval('studio_style_id_seq', 1, false);

SELECT pg_catalog.setval('studio_styleversion_id_seq', 1, false);

SELECT pg_catalog.setval('studio_tag_id_seq', 1, false);

SELECT pg_catalog.setval('studio_tagging_id_seq', 1, false);

SELECT pg_catalog.setval('studio_thread_id_seq', 1, false);

SELECT pg_catalog.setval('studio_ticket_id_seq', 1, false);

SELECT pg_catalog.setval('studio_turn_id_seq', 1, false);

ALTER TABLE ONLY billing_closedmonth
    ADD CONSTRAINT a_month_closes_once UNIQUE (org_id, month);

ALTER TABLE ONLY account_emailaddress
    ADD CONSTRAINT account_emailaddress_pkey PRIMARY KEY (id);

ALTER TABLE ONLY account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_email_987c8728_uniq UNIQUE (user_id, email);

ALTER TABLE ONLY account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_key_key UNIQUE (key);

ALTER TABLE ONLY account_emailconfirmation
    ADD CONSTRAINT account_emailconfirmation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_apikey
    ADD CONSTRAINT accounts_apikey_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_apikey
    ADD CONSTRAINT accounts_apikey_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_apikey
    ADD CONSTRAINT accounts_apikey_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY accounts_ask
    ADD CONSTRAINT accounts_ask_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_ask
    ADD CONSTRAINT accounts_ask_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_auditentry
    ADD CONSTRAINT accounts_auditentry_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_auditentry
    ADD CONSTRAINT accounts_auditentry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_budget
    ADD CONSTRAINT accounts_budget_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_budget
    ADD CONSTRAINT accounts_budget_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_circuit
    ADD CONSTRAINT accounts_circuit_pkey PRIMARY KEY (connection_id);

ALTER TABLE ONLY accounts_counter
    ADD CONSTRAINT accounts_counter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_delivery
    ADD CONSTRAINT accounts_delivery_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_delivery
    ADD CONSTRAINT accounts_delivery_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_deliveryticket
    ADD CONSTRAINT accounts_deliveryticket_delivery_code_key UNIQUE (delivery_code);

ALTER TABLE ONLY accounts_deliveryticket
    ADD CONSTRAINT accounts_deliveryticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_founding
    ADD CONSTRAINT accounts_founding_org_id_key UNIQUE (org_id);

ALTER TABLE ONLY accounts_founding
    ADD CONSTRAINT accounts_founding_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_hold
    ADD CONSTRAINT accounts_hold_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_hold
    ADD CONSTRAINT accounts_hold_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_invitation
    ADD CONSTRAINT accounts_invitation_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_invitation
    ADD CONSTRAINT accounts_invitation_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_invitation
    ADD CONSTRAINT accounts_invitation_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY accounts_limitalert
    ADD CONSTRAINT accounts_limitalert_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_limitalert
    ADD CONSTRAINT accounts_limitalert_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_mail
    ADD CONSTRAINT accounts_mail_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_membership
    ADD CONSTRAINT accounts_membership_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_membership
    ADD CONSTRAINT accounts_membership_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_organization
    ADD CONSTRAINT accounts_organization_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_organization
    ADD CONSTRAINT accounts_organization_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_pastloan
    ADD CONSTRAINT accounts_pastloan_month_key UNIQUE (month);

ALTER TABLE ONLY accounts_pastloan
    ADD CONSTRAINT accounts_pastloan_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_providerconnection
    ADD CONSTRAINT accounts_providerconnection_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_providerconnection
    ADD CONSTRAINT accounts_providerconnection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_quota
    ADD CONSTRAINT accounts_quota_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_quota
    ADD CONSTRAINT accounts_quota_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_seenalert
    ADD CONSTRAINT accounts_seenalert_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_threshold
    ADD CONSTRAINT accounts_threshold_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_threshold
    ADD CONSTRAINT accounts_threshold_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_user
    ADD CONSTRAINT accounts_user_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_user
    ADD CONSTRAINT accounts_user_email_key UNIQUE (email);

ALTER TABLE ONLY accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_user_id_group_id_59c0b32f_uniq UNIQUE (user_id, group_id);

ALTER TABLE ONLY accounts_user
    ADD CONSTRAINT accounts_user_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_permi_user_id_permission_id_2ab516c2_uniq UNIQUE (user_id, permission_id);

ALTER TABLE ONLY accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_webhook
    ADD CONSTRAINT accounts_webhook_code_key UNIQUE (code);

ALTER TABLE ONLY accounts_webhook
    ADD CONSTRAINT accounts_webhook_pkey PRIMARY KEY (id);

ALTER TABLE ONLY accounts_seenalert
    ADD CONSTRAINT an_alert_is_put_away_once UNIQUE (user_id, alert_id);

ALTER TABLE ONLY auth_group
    ADD CONSTRAINT auth_group_name_key UNIQUE (name);

ALTER TABLE ONLY auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_permission_id_0cd325b0_uniq UNIQUE (group_id, permission_id);

ALTER TABLE ONLY auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth_group
    ADD CONSTRAINT auth_group_pkey PRIMARY KEY (id);

ALTER TABLE ONLY auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_codename_01ab375a_uniq UNIQUE (content_type_id, codename);

ALTER TABLE ONLY auth_permission
    ADD CONSTRAINT auth_permission_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_price
    ADD CONSTRAINT batch_prices_do_not_overlap EXCLUDE USING gist (int8range(hashtextextended((model)::text, (0)::bigint), hashtextextended((model)::text, (0)::bigint), '[]'::text) WITH &&, tstzrange(valid_from, valid_until) WITH &&) WHERE (is_batch);

ALTER TABLE ONLY billing_closedmonth
    ADD CONSTRAINT billing_closedmonth_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_dayuse
    ADD CONSTRAINT billing_dayuse_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_dimensionuse
    ADD CONSTRAINT billing_dimensionuse_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_entry
    ADD CONSTRAINT billing_entry_code_key UNIQUE (code);

ALTER TABLE ONLY billing_entry
    ADD CONSTRAINT billing_entry_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_export
    ADD CONSTRAINT billing_export_code_key UNIQUE (code);

ALTER TABLE ONLY billing_export
    ADD CONSTRAINT billing_export_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_exportticket
    ADD CONSTRAINT billing_exportticket_export_code_key UNIQUE (export_code);

ALTER TABLE ONLY billing_exportticket
    ADD CONSTRAINT billing_exportticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_flatprice
    ADD CONSTRAINT billing_flatprice_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_price
    ADD CONSTRAINT billing_price_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_snapshot
    ADD CONSTRAINT billing_snapshot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_subscription
    ADD CONSTRAINT billing_subscription_code_key UNIQUE (code);

ALTER TABLE ONLY billing_subscription
    ADD CONSTRAINT billing_subscription_pkey PRIMARY KEY (id);

ALTER TABLE ONLY billing_usecursor
    ADD CONSTRAINT billing_usecursor_org_id_key UNIQUE (org_id);

ALTER TABLE ONLY billing_usecursor
    ADD CONSTRAINT billing_usecursor_pkey PRIMARY KEY (id);

ALTER TABLE ONLY django_admin_log
    ADD CONSTRAINT django_admin_log_pkey PRIMARY KEY (id);

ALTER TABLE ONLY django_content_type
    ADD CONSTRAINT django_content_type_app_label_model_76bd3d3b_uniq UNIQUE (app_label, model);

ALTER TABLE ONLY django_content_type
    ADD CONSTRAINT django_content_type_pkey PRIMARY KEY (id);

ALTER TABLE ONLY django_migrations
    ADD CONSTRAINT django_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY django_session
    ADD CONSTRAINT django_session_pkey PRIMARY KEY (session_key);

ALTER TABLE ONLY accounts_limitalert
    ADD CONSTRAINT each_alert_once UNIQUE NULLS NOT DISTINCT (org_id, period, starts_on, is_play, subject, subject_id, unit, percent, amount);

ALTER TABLE ONLY accounts_threshold
    ADD CONSTRAINT each_threshold_once UNIQUE NULLS NOT DISTINCT (org_id, subject, subject_id, period, unit, percent, amount);

ALTER TABLE ONLY mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT one_capture_per_key UNIQUE (event_id, key);

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT one_capture_per_place UNIQUE (event_id, guest, place);

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT one_capture_per_short_code UNIQUE (event_id, short_code);

ALTER TABLE ONLY accounts_providerconnection
    ADD CONSTRAINT one_connection_per_name UNIQUE (org_id, name);

ALTER TABLE ONLY studio_consent
    ADD CONSTRAINT one_consent_per_version UNIQUE (event_id, language, version);

ALTER TABLE ONLY accounts_counter
    ADD CONSTRAINT one_counter_each UNIQUE (org_id, period, starts_on, is_play, subject, subject_id);

ALTER TABLE ONLY studio_draft
    ADD CONSTRAINT one_draft_per_person UNIQUE (org_id, maker_id);

ALTER TABLE ONLY studio_runevent
    ADD CONSTRAINT one_event_per_sequence UNIQUE (run_id, seq);

ALTER TABLE ONLY accounts_hold
    ADD CONSTRAINT one_hold_per_attempt UNIQUE (org_id, slot_code, attempt);

ALTER TABLE ONLY studio_imagemodel
    ADD CONSTRAINT one_image_model_per_name_and_start UNIQUE (name, available_from);

ALTER TABLE ONLY studio_runinput
    ADD CONSTRAINT one_input_per_number UNIQUE (run_id, number);

ALTER TABLE ONLY studio_batchline
    ADD CONSTRAINT one_line_per_number UNIQUE (batch_id, number);

ALTER TABLE ONLY accounts_membership
    ADD CONSTRAINT one_membership_per_person UNIQUE (org_id, user_id);

ALTER TABLE ONLY studio_partial
    ADD CONSTRAINT one_partial_per_index UNIQUE (slot_id, tried, index);

ALTER TABLE ONLY studio_collectionitem
    ADD CONSTRAINT one_place_per_picture UNIQUE (collection_id, output_id);

ALTER TABLE ONLY accounts_quota
    ADD CONSTRAINT one_quota_each UNIQUE NULLS NOT DISTINCT (org_id, subject, role, user_id, api_key_id);

ALTER TABLE ONLY studio_sharedpicture
    ADD CONSTRAINT one_shared_picture_per_link UNIQUE (share_id, output_id);

ALTER TABLE ONLY studio_sheetrow
    ADD CONSTRAINT one_sheet_row_per_variant UNIQUE (sheet_id, number, variant);

ALTER TABLE ONLY studio_slot
    ADD CONSTRAINT one_slot_per_index UNIQUE (run_id, index);

ALTER TABLE ONLY billing_snapshot
    ADD CONSTRAINT one_snapshot_per_cursor UNIQUE (org_id, is_play, last_entry_id);

ALTER TABLE ONLY studio_style
    ADD CONSTRAINT one_style_per_slug UNIQUE (org_id, slug);

ALTER TABLE ONLY billing_dayuse
    ADD CONSTRAINT one_sum_a_day UNIQUE NULLS NOT DISTINCT (org_id, day, is_play, user_id, key_code, connection_code, model, quality, run_kind, project);

ALTER TABLE ONLY billing_dimensionuse
    ADD CONSTRAINT one_sum_a_day_and_dimension UNIQUE (org_id, is_play, dimension, day, key);

ALTER TABLE ONLY studio_tagging
    ADD CONSTRAINT one_tagging_per_picture UNIQUE (tag_id, output_id);

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT one_turn_per_number UNIQUE (thread_id, number);

ALTER TABLE ONLY studio_styleversion
    ADD CONSTRAINT one_version_per_number UNIQUE (style_id, number);

ALTER TABLE ONLY billing_price
    ADD CONSTRAINT prices_do_not_overlap EXCLUDE USING gist (int8range(hashtextextended((model)::text, (0)::bigint), hashtextextended((model)::text, (0)::bigint), '[]'::text) WITH &&, tstzrange(valid_from, valid_until) WITH &&) WHERE ((NOT is_batch));

ALTER TABLE ONLY socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_pkey PRIMARY KEY (id);

ALTER TABLE ONLY socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_socialaccount_provider_uid_fc810c6e_uniq UNIQUE (provider, uid);

ALTER TABLE ONLY socialaccount_socialapp
    ADD CONSTRAINT socialaccount_socialapp_pkey PRIMARY KEY (id);

ALTER TABLE ONLY socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_socialtoken_app_id_account_id_fca4e0ac_uniq UNIQUE (app_id, account_id);

ALTER TABLE ONLY socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_socialtoken_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_code_key UNIQUE (code);

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_error_file_id_key UNIQUE (error_file_id);

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_output_file_id_key UNIQUE (output_file_id);

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_batchfile
    ADD CONSTRAINT studio_batchfile_code_key UNIQUE (code);

ALTER TABLE ONLY studio_batchfile
    ADD CONSTRAINT studio_batchfile_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_batchline
    ADD CONSTRAINT studio_batchline_code_key UNIQUE (code);

ALTER TABLE ONLY studio_batchline
    ADD CONSTRAINT studio_batchline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_batchticket
    ADD CONSTRAINT studio_batchticket_batch_code_key UNIQUE (batch_code);

ALTER TABLE ONLY studio_batchticket
    ADD CONSTRAINT studio_batchticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_brandedpicture
    ADD CONSTRAINT studio_brandedpicture_output_id_key UNIQUE (output_id);

ALTER TABLE ONLY studio_brandedpicture
    ADD CONSTRAINT studio_brandedpicture_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_code_key UNIQUE (code);

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_run_id_key UNIQUE (run_id);

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY studio_captureticket
    ADD CONSTRAINT studio_captureticket_capture_code_key UNIQUE (capture_code);

ALTER TABLE ONLY studio_captureticket
    ADD CONSTRAINT studio_captureticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_chunk
    ADD CONSTRAINT studio_chunk_code_key UNIQUE (code);

ALTER TABLE ONLY studio_chunk
    ADD CONSTRAINT studio_chunk_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_chunkline
    ADD CONSTRAINT studio_chunkline_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_chunkline
    ADD CONSTRAINT studio_chunkline_slot_id_key UNIQUE (slot_id);

ALTER TABLE ONLY studio_chunkticket
    ADD CONSTRAINT studio_chunkticket_chunk_code_key UNIQUE (chunk_code);

ALTER TABLE ONLY studio_chunkticket
    ADD CONSTRAINT studio_chunkticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_collection
    ADD CONSTRAINT studio_collection_code_key UNIQUE (code);

ALTER TABLE ONLY studio_collection
    ADD CONSTRAINT studio_collection_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_collectionitem
    ADD CONSTRAINT studio_collectionitem_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_comment
    ADD CONSTRAINT studio_comment_code_key UNIQUE (code);

ALTER TABLE ONLY studio_comment
    ADD CONSTRAINT studio_comment_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_composite
    ADD CONSTRAINT studio_composite_output_id_key UNIQUE (output_id);

ALTER TABLE ONLY studio_composite
    ADD CONSTRAINT studio_composite_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_compositeticket
    ADD CONSTRAINT studio_compositeticket_output_code_key UNIQUE (output_code);

ALTER TABLE ONLY studio_compositeticket
    ADD CONSTRAINT studio_compositeticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_consent
    ADD CONSTRAINT studio_consent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_discardedfile
    ADD CONSTRAINT studio_discardedfile_name_key UNIQUE (name);

ALTER TABLE ONLY studio_discardedfile
    ADD CONSTRAINT studio_discardedfile_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_draft
    ADD CONSTRAINT studio_draft_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_budget_id_key UNIQUE (budget_id);

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_code_key UNIQUE (code);

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY studio_imagemodel
    ADD CONSTRAINT studio_imagemodel_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_input
    ADD CONSTRAINT studio_input_code_key UNIQUE (code);

ALTER TABLE ONLY studio_input
    ADD CONSTRAINT studio_input_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_code_key UNIQUE (code);

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_slot_id_key UNIQUE (slot_id);

ALTER TABLE ONLY studio_partial
    ADD CONSTRAINT studio_partial_code_key UNIQUE (code);

ALTER TABLE ONLY studio_partial
    ADD CONSTRAINT studio_partial_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_preset
    ADD CONSTRAINT studio_preset_code_key UNIQUE (code);

ALTER TABLE ONLY studio_preset
    ADD CONSTRAINT studio_preset_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_previewticket
    ADD CONSTRAINT studio_previewticket_output_code_key UNIQUE (output_code);

ALTER TABLE ONLY studio_previewticket
    ADD CONSTRAINT studio_previewticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_retention
    ADD CONSTRAINT studio_retention_org_id_key UNIQUE (org_id);

ALTER TABLE ONLY studio_retention
    ADD CONSTRAINT studio_retention_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_rewrite
    ADD CONSTRAINT studio_rewrite_code_key UNIQUE (code);

ALTER TABLE ONLY studio_rewrite
    ADD CONSTRAINT studio_rewrite_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_rewriter
    ADD CONSTRAINT studio_rewriter_org_id_key UNIQUE (org_id);

ALTER TABLE ONLY studio_rewriter
    ADD CONSTRAINT studio_rewriter_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_rewriteticket
    ADD CONSTRAINT studio_rewriteticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_rewriteticket
    ADD CONSTRAINT studio_rewriteticket_rewrite_code_key UNIQUE (rewrite_code);

ALTER TABLE ONLY studio_run
    ADD CONSTRAINT studio_run_code_key UNIQUE (code);

ALTER TABLE ONLY studio_run
    ADD CONSTRAINT studio_run_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_runevent
    ADD CONSTRAINT studio_runevent_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_runinput
    ADD CONSTRAINT studio_runinput_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_searchentry
    ADD CONSTRAINT studio_searchentry_pkey PRIMARY KEY (output_id);

ALTER TABLE ONLY studio_share
    ADD CONSTRAINT studio_share_code_key UNIQUE (code);

ALTER TABLE ONLY studio_share
    ADD CONSTRAINT studio_share_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_share
    ADD CONSTRAINT studio_share_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY studio_sharedpicture
    ADD CONSTRAINT studio_sharedpicture_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_sheet
    ADD CONSTRAINT studio_sheet_code_key UNIQUE (code);

ALTER TABLE ONLY studio_sheet
    ADD CONSTRAINT studio_sheet_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_sheetrow
    ADD CONSTRAINT studio_sheetrow_code_key UNIQUE (code);

ALTER TABLE ONLY studio_sheetrow
    ADD CONSTRAINT studio_sheetrow_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_sheetticket
    ADD CONSTRAINT studio_sheetticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_sheetticket
    ADD CONSTRAINT studio_sheetticket_sheet_code_key UNIQUE (sheet_code);

ALTER TABLE ONLY studio_slot
    ADD CONSTRAINT studio_slot_code_key UNIQUE (code);

ALTER TABLE ONLY studio_slot
    ADD CONSTRAINT studio_slot_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_style
    ADD CONSTRAINT studio_style_code_key UNIQUE (code);

ALTER TABLE ONLY studio_style
    ADD CONSTRAINT studio_style_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_styleversion
    ADD CONSTRAINT studio_styleversion_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_tag
    ADD CONSTRAINT studio_tag_code_key UNIQUE (code);

ALTER TABLE ONLY studio_tag
    ADD CONSTRAINT studio_tag_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_tagging
    ADD CONSTRAINT studio_tagging_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_thread
    ADD CONSTRAINT studio_thread_code_key UNIQUE (code);

ALTER TABLE ONLY studio_thread
    ADD CONSTRAINT studio_thread_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_ticket
    ADD CONSTRAINT studio_ticket_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_ticket
    ADD CONSTRAINT studio_ticket_slot_code_key UNIQUE (slot_code);

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_code_key UNIQUE (code);

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_pkey PRIMARY KEY (id);

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_run_id_key UNIQUE (run_id);

ALTER TABLE ONLY billing_subscription
    ADD CONSTRAINT subscribed_to_once UNIQUE (org_id, user_id, what, format, is_play);

CREATE INDEX account_emailaddress_email_03be32b2 ON account_emailaddress USING btree (email);

CREATE INDEX account_emailaddress_email_03be32b2_like ON account_emailaddress USING btree (email varchar_pattern_ops);

CREATE INDEX account_emailaddress_user_id_2c513194 ON account_emailaddress USING btree (user_id);

CREATE INDEX account_emailconfirmation_email_address_id_5b7f8c58 ON account_emailconfirmation USING btree (email_address_id);

CREATE INDEX account_emailconfirmation_key_f43612bd_like ON account_emailconfirmation USING btree (key varchar_pattern_ops);

CREATE INDEX accounts_ap_org_id_ec5e14_idx ON accounts_apikey USING btree (org_id, created_at DESC);

CREATE INDEX accounts_apikey_connection_id_b4b993bd ON accounts_apikey USING btree (connection_id);

CREATE INDEX accounts_apikey_maker_id_b0bdab8b ON accounts_apikey USING btree (maker_id);

CREATE INDEX accounts_apikey_org_id_31cf71bb ON accounts_apikey USING btree (org_id);

CREATE INDEX accounts_apikey_token_hash_fd47b8f7_like ON accounts_apikey USING btree (token_hash varchar_pattern_ops);

CREATE INDEX accounts_as_org_id_2bb16f_idx ON accounts_ask USING btree (org_id, state, id DESC);

CREATE INDEX accounts_ask_decided_by_id_5db20210 ON accounts_ask USING btree (decided_by_id);

CREATE INDEX accounts_ask_org_id_cdba29dd ON accounts_ask USING btree (org_id);

CREATE INDEX accounts_ask_user_id_cd17fb70 ON accounts_ask USING btree (user_id);

CREATE INDEX accounts_au_org_id_2f6ede_idx ON accounts_auditentry USING btree (org_id, id DESC);

CREATE INDEX accounts_auditentry_actor_id_3237b29c ON accounts_auditentry USING btree (actor_id);

CREATE INDEX accounts_auditentry_org_id_a31f7d8f ON accounts_auditentry USING btree (org_id);

CREATE INDEX accounts_budget_org_id_1a935579 ON accounts_budget USING btree (org_id);

CREATE INDEX accounts_counter_org_id_b62da177 ON accounts_counter USING btree (org_id);

CREATE INDEX accounts_delivery_org_id_b9ed03f1 ON accounts_delivery USING btree (org_id);

CREATE INDEX accounts_delivery_webhook_id_9b274ae8 ON accounts_delivery USING btree (webhook_id);

CREATE INDEX accounts_deliveryticket_due_at_90d85aa2 ON accounts_deliveryticket USING btree (due_at);

CREATE INDEX accounts_founding_user_id_4019014d ON accounts_founding USING btree (user_id);

CREATE INDEX accounts_ho_org_id_8aa578_idx ON accounts_hold USING btree (org_id, created_at DESC);

CREATE INDEX accounts_ho_run_cod_6eea96_idx ON accounts_hold USING btree (run_code);

CREATE INDEX accounts_hold_api_key_id_2beca70b ON accounts_hold USING btree (api_key_id);

CREATE INDEX accounts_hold_org_id_f66ef151 ON accounts_hold USING btree (org_id);

CREATE INDEX accounts_hold_user_id_3b5913a1 ON accounts_hold USING btree (user_id);

CREATE INDEX accounts_invitation_invited_by_id_94a21efc ON accounts_invitation USING btree (invited_by_id);

CREATE INDEX accounts_invitation_org_id_10be5089 ON accounts_invitation USING btree (org_id);

CREATE INDEX accounts_invitation_token_hash_3d59d75c_like ON accounts_invitation USING btree (token_hash varchar_pattern_ops);

CREATE INDEX accounts_limitalert_org_id_4f59f3c4 ON accounts_limitalert USING btree (org_id);

CREATE INDEX accounts_mail_due_at_36fa1311 ON accounts_mail USING btree (due_at);

CREATE INDEX accounts_membership_org_id_8550e6c4 ON accounts_membership USING btree (org_id);

CREATE INDEX accounts_membership_user_id_487fb39e ON accounts_membership USING btree (user_id);

CREATE INDEX accounts_organization_slug_d6ef85ac ON accounts_organization USING btree (slug);

CREATE INDEX accounts_organization_slug_d6ef85ac_like ON accounts_organization USING btree (slug varchar_pattern_ops);

CREATE INDEX accounts_providerconnection_made_by_id_ada14a81 ON accounts_providerconnection USING btree (made_by_id);

CREATE INDEX accounts_providerconnection_org_id_326a415b ON accounts_providerconnection USING btree (org_id);

CREATE INDEX accounts_quota_api_key_id_c7770c38 ON accounts_quota USING btree (api_key_id);

CREATE INDEX accounts_quota_org_id_9fdb3d70 ON accounts_quota USING btree (org_id);

CREATE INDEX accounts_quota_user_id_4a834cb8 ON accounts_quota USING btree (user_id);

CREATE INDEX accounts_seenalert_alert_id_96c6dfad ON accounts_seenalert USING btree (alert_id);

CREATE INDEX accounts_seenalert_org_id_67caa38d ON accounts_seenalert USING btree (org_id);

CREATE INDEX accounts_seenalert_user_id_88a2c3be ON accounts_seenalert USING btree (user_id);

CREATE INDEX accounts_threshold_org_id_63dca342 ON accounts_threshold USING btree (org_id);

CREATE INDEX accounts_user_email_b2644a56_like ON accounts_user USING btree (email varchar_pattern_ops);

CREATE INDEX accounts_user_groups_group_id_bd11a704 ON accounts_user_groups USING btree (group_id);

CREATE INDEX accounts_user_groups_user_id_52b62117 ON accounts_user_groups USING btree (user_id);

CREATE INDEX accounts_user_user_permissions_permission_id_113bb443 ON accounts_user_user_permissions USING btree (permission_id);

CREATE INDEX accounts_user_user_permissions_user_id_e4f0a161 ON accounts_user_user_permissions USING btree (user_id);

CREATE INDEX accounts_webhook_made_by_id_830122b7 ON accounts_webhook USING btree (made_by_id);

CREATE INDEX accounts_webhook_org_id_4cd4eb5f ON accounts_webhook USING btree (org_id);

CREATE INDEX auth_group_name_a6ea08ec_like ON auth_group USING btree (name varchar_pattern_ops);

CREATE INDEX auth_group_permissions_group_id_b120cbf9 ON auth_group_permissions USING btree (group_id);

CREATE INDEX auth_group_permissions_permission_id_84c5c92e ON auth_group_permissions USING btree (permission_id);

CREATE INDEX auth_permission_content_type_id_2f476e4b ON auth_permission USING btree (content_type_id);

CREATE INDEX batch_files_of_a_person ON studio_batchfile USING btree (org_id, giver_id, id DESC);

CREATE INDEX batch_files_that_expire ON studio_batchfile USING btree (expires_at) WHERE (expires_at IS NOT NULL);

CREATE INDEX batch_lines_by_state ON studio_batchline USING btree (batch_id, state, number);

CREATE INDEX batches_of_a_person ON studio_batch USING btree (org_id, maker_id, id DESC);

CREATE INDEX billing_closedmonth_by_id_3e124151 ON billing_closedmonth USING btree (by_id);

CREATE INDEX billing_closedmonth_org_id_7bf76534 ON billing_closedmonth USING btree (org_id);

CREATE INDEX billing_day_org_id_77cb55_idx ON billing_dayuse USING btree (org_id, is_play, user_id, day);

CREATE INDEX billing_dayuse_org_id_1f6a434c ON billing_dayuse USING btree (org_id);

CREATE INDEX billing_dimensionuse_org_id_d4e4c238 ON billing_dimensionuse USING btree (org_id);

CREATE INDEX billing_ent_org_id_164399_idx ON billing_entry USING btree (org_id, id DESC);

CREATE INDEX billing_ent_org_id_a27a3c_idx ON billing_entry USING btree (org_id, is_play, counted_on);

CREATE INDEX billing_ent_org_id_ed8c85_idx ON billing_entry USING btree (org_id, user_id, counted_on);

CREATE INDEX billing_ent_run_cod_dd78a7_idx ON billing_entry USING btree (run_code);

CREATE INDEX billing_entry_org_id_482fa894 ON billing_entry USING btree (org_id);

CREATE INDEX billing_entry_user_id_1610cdbc ON billing_entry USING btree (user_id);

CREATE INDEX billing_exp_org_id_42d98c_idx ON billing_export USING btree (org_id, maker_id, id DESC);

CREATE INDEX billing_export_maker_id_b4e1f38d ON billing_export USING btree (maker_id);

CREATE INDEX billing_export_org_id_4e6c7b06 ON billing_export USING btree (org_id);

CREATE INDEX billing_export_subscription_id_4c828e7c ON billing_export USING btree (subscription_id);

CREATE INDEX billing_exportticket_due_at_2ad6aa57 ON billing_exportticket USING btree (due_at);

CREATE INDEX billing_flatprice_connection_id_f6e788ab ON billing_flatprice USING btree (connection_id);

CREATE INDEX billing_flatprice_org_id_9d7706c2 ON billing_flatprice USING btree (org_id);

CREATE INDEX billing_snapshot_org_id_a2c22b7f ON billing_snapshot USING btree (org_id);

CREATE INDEX billing_subscription_org_id_9fa60c41 ON billing_subscription USING btree (org_id);

CREATE INDEX billing_subscription_user_id_ce52140c ON billing_subscription USING btree (user_id);

CREATE INDEX bin ON studio_output USING btree (org_id, binned_at DESC) WHERE (binned_at IS NOT NULL);

CREATE INDEX captures_with_files ON studio_capture USING btree (org_id, created_at) WHERE (purged_at IS NULL);

CREATE INDEX collected_newest ON studio_collectionitem USING btree (org_id, collection_id, output_id DESC);

CREATE INDEX collection_order ON studio_collectionitem USING btree (collection_id, "position", id);

CREATE INDEX deliveries_newest ON accounts_delivery USING btree (webhook_id, id DESC);

CREATE INDEX deliveries_waiting ON accounts_delivery USING btree (org_id, not_before) WHERE ((state)::text = 'pending'::text);

CREATE INDEX django_admin_log_content_type_id_c4bce8eb ON django_admin_log USING btree (content_type_id);

CREATE INDEX django_admin_log_user_id_c564eba6 ON django_admin_log USING btree (user_id);

CREATE INDEX django_session_expire_date_a5c62663 ON django_session USING btree (expire_date);

CREATE INDEX django_session_session_key_c0390e0f_like ON django_session USING btree (session_key varchar_pattern_ops);

CREATE INDEX held_tickets ON studio_ticket USING btree (lease_until) WHERE (NOT (worker IS NULL));

CREATE INDEX holds_of_budgets ON accounts_hold USING btree (budget_id) WHERE (budget_id IS NOT NULL);

CREATE INDEX kept_holds ON accounts_hold USING btree (org_id, state) WHERE (state IN ('open', 'uncertain'));

CREATE INDEX living_foundings ON accounts_founding USING btree (user_id) WHERE (ended_at IS NULL);

CREATE INDEX mfa_authenticator_user_id_0c3a50c0 ON mfa_authenticator USING btree (user_id);

CREATE UNIQUE INDEX one_batch_per_request_key ON studio_batch USING btree (org_id, maker_id, request_key) WHERE (NOT ((request_key)::text = ''::text));

CREATE UNIQUE INDEX one_collection_per_name ON studio_collection USING btree (org_id, lower((name)::text));

CREATE UNIQUE INDEX one_default_connection ON accounts_providerconnection USING btree (org_id) WHERE is_default;

CREATE UNIQUE INDEX one_entry_of_a_kind_per_hold ON billing_entry USING btree (org_id, slot_code, attempt, kind) WHERE (kind IN ('charge', 'uncertain', 'resolution'));

CREATE UNIQUE INDEX one_export_a_month ON billing_export USING btree (subscription_id, first) WHERE (subscription_id IS NOT NULL);

CREATE UNIQUE INDEX one_open_default_image_model ON studio_imagemodel USING btree (is_default) WHERE ((available_until IS NULL) AND is_default);

CREATE UNIQUE INDEX one_open_flat_price_per_connection ON billing_flatprice USING btree (connection_id) WHERE (valid_until IS NULL);

CREATE UNIQUE INDEX one_open_image_model_per_name ON studio_imagemodel USING btree (name) WHERE (available_until IS NULL);

CREATE UNIQUE INDEX one_open_invitation_per_email ON accounts_invitation USING btree (org_id, email) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));

CREATE UNIQUE INDEX one_organization_per_slug ON accounts_organization USING btree (slug) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX one_own_preset_per_name ON studio_preset USING btree (org_id, maker_id, name) WHERE (NOT is_shared);

CREATE UNIQUE INDEX one_rewrite_per_request_key ON studio_rewrite USING btree (org_id, maker_id, request_key) WHERE (NOT ((request_key)::text = ''::text));

CREATE UNIQUE INDEX one_run_per_request_key ON studio_run USING btree (org_id, maker_id, request_key) WHERE (NOT ((request_key)::text = ''::text));

CREATE UNIQUE INDEX one_shared_preset_per_name ON studio_preset USING btree (org_id, name) WHERE is_shared;

CREATE UNIQUE INDEX one_sheet_row_per_run ON studio_sheetrow USING btree (run_id) WHERE ((NOT is_reused) AND (run_id IS NOT NULL));

CREATE UNIQUE INDEX one_style_per_built_in ON studio_style USING btree (org_id, built_in) WHERE (NOT ((built_in)::text = ''::text));

CREATE UNIQUE INDEX one_tag_per_name ON studio_tag USING btree (org_id, lower((name)::text));

CREATE INDEX open_chunk_lines ON studio_chunkline USING btree (chunk_id) WHERE is_open;

CREATE INDEX open_chunks ON studio_chunk USING btree (org_id, state) WHERE (NOT ((state)::text = 'ended'::text));

CREATE INDEX output_by_time ON studio_output USING btree (org_id, created_at DESC);

CREATE INDEX runs_of_budgets ON studio_run USING btree (budget_id) WHERE (budget_id IS NOT NULL);

CREATE INDEX search_newest ON studio_searchentry USING btree (org_id, output_id DESC);

CREATE INDEX search_words ON studio_searchentry USING gin (words) WITH (fastupdate=off);

CREATE INDEX sheet_rows_alike ON studio_sheetrow USING btree (org_id, fingerprint) WHERE (NOT (fingerprint = 0));

CREATE INDEX sheet_rows_by_state ON studio_sheetrow USING btree (sheet_id, state, number, variant);

CREATE INDEX sheet_rows_of_run ON studio_sheetrow USING btree (run_id) WHERE (run_id IS NOT NULL);

CREATE INDEX sheets_newest ON studio_sheet USING btree (org_id, id DESC);

CREATE INDEX slots_unfinished ON studio_slot USING btree (org_id, state, id DESC) WHERE (NOT ((state)::text = 'succeeded'::text));

CREATE INDEX socialaccount_socialaccount_user_id_8146e70c ON socialaccount_socialaccount USING btree (user_id);

CREATE INDEX socialaccount_socialtoken_account_id_951f210e ON socialaccount_socialtoken USING btree (account_id);

CREATE INDEX socialaccount_socialtoken_app_id_636a42d7 ON socialaccount_socialtoken USING btree (app_id);

CREATE INDEX studio_batch_api_key_id_967c4608 ON studio_batch USING btree (api_key_id);

CREATE INDEX studio_batch_input_file_id_54e48996 ON studio_batch USING btree (input_file_id);

CREATE INDEX studio_batch_maker_id_f970051c ON studio_batch USING btree (maker_id);

CREATE INDEX studio_batch_org_id_65bb6d86 ON studio_batch USING btree (org_id);

CREATE INDEX studio_batchfile_giver_id_2348e32b ON studio_batchfile USING btree (giver_id);

CREATE INDEX studio_batchfile_org_id_fc0842d8 ON studio_batchfile USING btree (org_id);

CREATE INDEX studio_batchline_batch_id_69f3a61b ON studio_batchline USING btree (batch_id);

CREATE INDEX studio_batchline_org_id_3126210a ON studio_batchline USING btree (org_id);

CREATE INDEX studio_batchline_run_id_dcb79fcf ON studio_batchline USING btree (run_id);

CREATE INDEX studio_batchticket_due_at_e0a01801 ON studio_batchticket USING btree (due_at);

CREATE INDEX studio_brandedpicture_org_id_a6c86114 ON studio_brandedpicture USING btree (org_id);

CREATE INDEX studio_capt_event_i_b43ab8_idx ON studio_capture USING btree (event_id, id DESC);

CREATE INDEX studio_capture_consent_id_22035666 ON studio_capture USING btree (consent_id);

CREATE INDEX studio_capture_input_id_d6692cf4 ON studio_capture USING btree (input_id);

CREATE INDEX studio_capture_org_id_501a7fe7 ON studio_capture USING btree (org_id);

CREATE INDEX studio_capture_token_hash_1e9fba6b_like ON studio_capture USING btree (token_hash varchar_pattern_ops);

CREATE INDEX studio_captureticket_due_at_313a5348 ON studio_captureticket USING btree (due_at);

CREATE INDEX studio_chunk_connection_id_bbbdb811 ON studio_chunk USING btree (connection_id);

CREATE INDEX studio_chunk_org_id_8e6628c5 ON studio_chunk USING btree (org_id);

CREATE INDEX studio_chunkline_chunk_id_c5f84987 ON studio_chunkline USING btree (chunk_id);

CREATE INDEX studio_chunkline_org_id_4dcefa96 ON studio_chunkline USING btree (org_id);

CREATE INDEX studio_chunkticket_due_at_0e68bac5 ON studio_chunkticket USING btree (due_at);

CREATE INDEX studio_collection_cover_id_552f5c5b ON studio_collection USING btree (cover_id);

CREATE INDEX studio_collection_maker_id_b920ca27 ON studio_collection USING btree (maker_id);

CREATE INDEX studio_collection_org_id_ebfa25da ON studio_collection USING btree (org_id);

CREATE INDEX studio_collectionitem_org_id_dbb4509f ON studio_collectionitem USING btree (org_id);

CREATE INDEX studio_collectionitem_output_id_8df3438b ON studio_collectionitem USING btree (output_id);

CREATE INDEX studio_comment_author_id_24260225 ON studio_comment USING btree (author_id);

CREATE INDEX studio_comment_org_id_5f235f0f ON studio_comment USING btree (org_id);

CREATE INDEX studio_comment_run_id_d859456c ON studio_comment USING btree (run_id);

CREATE INDEX studio_composite_org_id_b3999eb7 ON studio_composite USING btree (org_id);

CREATE INDEX studio_compositeticket_due_at_46d54109 ON studio_compositeticket USING btree (due_at);

CREATE INDEX studio_consent_org_id_1a4cff2a ON studio_consent USING btree (org_id);

CREATE INDEX studio_discardedfile_due_at_91b9ec54 ON studio_discardedfile USING btree (due_at);

CREATE INDEX studio_discardedfile_name_191a0cb5_like ON studio_discardedfile USING btree (name varchar_pattern_ops);

CREATE INDEX studio_draft_maker_id_19811af7 ON studio_draft USING btree (maker_id);

CREATE INDEX studio_draft_org_id_56cf804a ON studio_draft USING btree (org_id);

CREATE INDEX studio_event_logo_id_3d757c5c ON studio_event USING btree (logo_id);

CREATE INDEX studio_event_maker_id_18f92972 ON studio_event USING btree (maker_id);

CREATE INDEX studio_event_org_id_17416b86 ON studio_event USING btree (org_id);

CREATE INDEX studio_event_overlay_id_53d1972b ON studio_event USING btree (overlay_id);

CREATE INDEX studio_event_token_hash_9a926982_like ON studio_event USING btree (token_hash varchar_pattern_ops);

CREATE INDEX studio_input_giver_id_9818c00c ON studio_input USING btree (giver_id);

CREATE INDEX studio_input_org_id_24aaf7fd ON studio_input USING btree (org_id);

CREATE INDEX studio_input_source_id_0b2abe2e ON studio_input USING btree (source_id);

CREATE INDEX studio_output_api_key_id_c981b0c2 ON studio_output USING btree (api_key_id);

CREATE INDEX studio_output_run_id_9061e9a5 ON studio_output USING btree (run_id);

CREATE INDEX studio_partial_org_id_997f38cb ON studio_partial USING btree (org_id);

CREATE INDEX studio_partial_slot_id_f6f67d87 ON studio_partial USING btree (slot_id);

CREATE INDEX studio_preset_maker_id_a1e05c5a ON studio_preset USING btree (maker_id);

CREATE INDEX studio_preset_org_id_ba93bf55 ON studio_preset USING btree (org_id);

CREATE INDEX studio_previewticket_due_at_9d4aa995 ON studio_previewticket USING btree (due_at);

CREATE INDEX studio_retention_held_by_id_6a6bb595 ON studio_retention USING btree (held_by_id);

CREATE INDEX studio_rewr_org_id_96362d_idx ON studio_rewrite USING btree (org_id, maker_id, id DESC);

CREATE INDEX studio_rewrite_connection_id_61c5e2d7 ON studio_rewrite USING btree (connection_id);

CREATE INDEX studio_rewrite_maker_id_a0ae2130 ON studio_rewrite USING btree (maker_id);

CREATE INDEX studio_rewrite_org_id_18014d64 ON studio_rewrite USING btree (org_id);

CREATE INDEX studio_rewriter_connection_id_4abf33cb ON studio_rewriter USING btree (connection_id);

CREATE INDEX studio_rewriteticket_due_at_8bbab3b3 ON studio_rewriteticket USING btree (due_at);

CREATE INDEX studio_run_api_key_id_ef9991f1 ON studio_run USING btree (api_key_id);

CREATE INDEX studio_run_connection_id_120b7c29 ON studio_run USING btree (connection_id);

CREATE INDEX studio_run_maker_id_88e3a8ba ON studio_run USING btree (maker_id);

CREATE INDEX studio_run_org_id_07061b9a ON studio_run USING btree (org_id);

CREATE INDEX studio_run_org_id_616bde_idx ON studio_run USING btree (org_id, maker_id, id DESC);

CREATE INDEX studio_run_org_id_dda019_idx ON studio_run USING btree (org_id, id DESC);

CREATE INDEX studio_run_parent_id_d1529deb ON studio_run USING btree (parent_id);

CREATE INDEX studio_runevent_org_id_8fd90614 ON studio_runevent USING btree (org_id);

CREATE INDEX studio_runevent_run_id_ef6f3f75 ON studio_runevent USING btree (run_id);

CREATE INDEX studio_runinput_input_id_9bd09bfa ON studio_runinput USING btree (input_id);

CREATE INDEX studio_runinput_org_id_de0b64e5 ON studio_runinput USING btree (org_id);

CREATE INDEX studio_runinput_run_id_e9ad96cd ON studio_runinput USING btree (run_id);

CREATE INDEX studio_share_collection_id_6c7350cc ON studio_share USING btree (collection_id);

CREATE INDEX studio_share_maker_id_e2b3336a ON studio_share USING btree (maker_id);

CREATE INDEX studio_share_org_id_e07de957 ON studio_share USING btree (org_id);

CREATE INDEX studio_share_token_hash_5ea8e435_like ON studio_share USING btree (token_hash varchar_pattern_ops);

CREATE INDEX studio_sharedpicture_org_id_132174d2 ON studio_sharedpicture USING btree (org_id);

CREATE INDEX studio_sharedpicture_output_id_a648374f ON studio_sharedpicture USING btree (output_id);

CREATE INDEX studio_sheet_api_key_id_64ae014b ON studio_sheet USING btree (api_key_id);

CREATE INDEX studio_sheetticket_due_at_6a38f408 ON studio_sheetticket USING btree (due_at);

CREATE INDEX studio_slot_connection_id_2cf69125 ON studio_slot USING btree (connection_id);

CREATE INDEX studio_slot_org_id_f84b50f6 ON studio_slot USING btree (org_id);

CREATE INDEX studio_slot_run_id_0a3d1909 ON studio_slot USING btree (run_id);

CREATE INDEX studio_style_maker_id_5668aae0 ON studio_style USING btree (maker_id);

CREATE INDEX studio_style_org_id_c0beb900 ON studio_style USING btree (org_id);

CREATE INDEX studio_styleversion_maker_id_b3364a04 ON studio_styleversion USING btree (maker_id);

CREATE INDEX studio_styleversion_org_id_feed3c53 ON studio_styleversion USING btree (org_id);

CREATE INDEX studio_styleversion_reference_id_476c431b ON studio_styleversion USING btree (reference_id);

CREATE INDEX studio_styleversion_style_id_3169664a ON studio_styleversion USING btree (style_id);

CREATE INDEX studio_tag_org_id_3f604d69 ON studio_tag USING btree (org_id);

CREATE INDEX studio_tagging_org_id_87bb31cd ON studio_tagging USING btree (org_id);

CREATE INDEX studio_tagging_output_id_0c620a2a ON studio_tagging USING btree (output_id);

CREATE INDEX studio_thread_maker_id_e9f17574 ON studio_thread USING btree (maker_id);

CREATE INDEX studio_thread_org_id_5723b0e4 ON studio_thread USING btree (org_id);

CREATE INDEX studio_thread_start_id_2476ad5a ON studio_thread USING btree (start_id);

CREATE INDEX studio_turn_base_id_7cdc1583 ON studio_turn USING btree (base_id);

CREATE INDEX studio_turn_org_id_3f8c3c62 ON studio_turn USING btree (org_id);

CREATE INDEX studio_turn_other_id_70cfafa6 ON studio_turn USING btree (other_id);

CREATE INDEX studio_turn_parent_id_36e54f9f ON studio_turn USING btree (parent_id);

CREATE INDEX tagged_newest ON studio_tagging USING btree (org_id, tag_id, output_id DESC);

CREATE INDEX threads_by_change ON studio_thread USING btree (org_id, changed_at DESC);

CREATE UNIQUE INDEX unique_authenticator_type ON mfa_authenticator USING btree (user_id, type) WHERE (type IN ('totp', 'recovery_codes'));

CREATE UNIQUE INDEX unique_primary_email ON account_emailaddress USING btree (user_id, "primary") WHERE "primary";

CREATE UNIQUE INDEX unique_verified_email ON account_emailaddress USING btree (email) WHERE verified;

CREATE INDEX waiting_tickets ON studio_ticket USING btree (id) WHERE (worker IS NULL);

CREATE INDEX wall ON studio_output USING btree (org_id, id DESC) WHERE (binned_at IS NULL);

CREATE INDEX wall_by_cost ON studio_output USING btree (org_id, cost_micros, id DESC) WHERE (binned_at IS NULL);

CREATE INDEX wall_by_key ON studio_output USING btree (org_id, api_key_id, id DESC) WHERE ((binned_at IS NULL) AND (api_key_id IS NOT NULL));

CREATE INDEX wall_by_kind ON studio_output USING btree (org_id, kind, id DESC) WHERE (binned_at IS NULL);

CREATE INDEX wall_by_maker ON studio_output USING btree (org_id, maker_id, id DESC) WHERE (binned_at IS NULL);

CREATE INDEX wall_by_model ON studio_output USING btree (org_id, model, id DESC) WHERE (binned_at IS NULL);

CREATE INDEX wall_by_quality ON studio_output USING btree (org_id, quality, id DESC) WHERE (binned_at IS NULL);

CREATE INDEX wall_by_style ON studio_output USING btree (org_id, style_code, id DESC) WHERE ((binned_at IS NULL) AND (style_code IS NOT NULL));

CREATE INDEX wall_of_stars ON studio_output USING btree (org_id, id DESC) WHERE ((binned_at IS NULL) AND (stars > 0));

CREATE TRIGGER book_in_open_month BEFORE INSERT ON billing_entry FOR EACH ROW EXECUTE FUNCTION billing_book_in_open_month();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE ON accounts_auditentry FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE ON billing_closedmonth FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE ON billing_entry FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE ON billing_snapshot FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON accounts_auditentry FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON billing_closedmonth FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON billing_entry FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON billing_snapshot FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER share_organization BEFORE INSERT ON billing_entry FOR EACH STATEMENT EXECUTE FUNCTION billing_share_organization();

ALTER TABLE ONLY account_emailaddress
    ADD CONSTRAINT account_emailaddress_user_id_2c513194_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY account_emailconfirmation
    ADD CONSTRAINT account_emailconfirm_email_address_id_5b7f8c58_fk_account_e FOREIGN KEY (email_address_id) REFERENCES account_emailaddress(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_apikey
    ADD CONSTRAINT accounts_apikey_connection_id_b4b993bd_fk_accounts_ FOREIGN KEY (connection_id) REFERENCES accounts_providerconnection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_apikey
    ADD CONSTRAINT accounts_apikey_maker_id_b0bdab8b_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_apikey
    ADD CONSTRAINT accounts_apikey_org_id_31cf71bb_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_ask
    ADD CONSTRAINT accounts_ask_decided_by_id_5db20210_fk_accounts_user_id FOREIGN KEY (decided_by_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_ask
    ADD CONSTRAINT accounts_ask_org_id_cdba29dd_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_ask
    ADD CONSTRAINT accounts_ask_user_id_cd17fb70_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_auditentry
    ADD CONSTRAINT accounts_auditentry_org_id_a31f7d8f_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_budget
    ADD CONSTRAINT accounts_budget_org_id_1a935579_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_counter
    ADD CONSTRAINT accounts_counter_org_id_b62da177_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_delivery
    ADD CONSTRAINT accounts_delivery_org_id_b9ed03f1_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_delivery
    ADD CONSTRAINT accounts_delivery_webhook_id_9b274ae8_fk_accounts_webhook_id FOREIGN KEY (webhook_id) REFERENCES accounts_webhook(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_founding
    ADD CONSTRAINT accounts_founding_user_id_4019014d_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_hold
    ADD CONSTRAINT accounts_hold_api_key_id_2beca70b_fk_accounts_apikey_id FOREIGN KEY (api_key_id) REFERENCES accounts_apikey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_hold
    ADD CONSTRAINT accounts_hold_budget_id_ba0f684b_fk_accounts_budget_id FOREIGN KEY (budget_id) REFERENCES accounts_budget(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_hold
    ADD CONSTRAINT accounts_hold_org_id_f66ef151_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_hold
    ADD CONSTRAINT accounts_hold_user_id_3b5913a1_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_invitation
    ADD CONSTRAINT accounts_invitation_invited_by_id_94a21efc_fk_accounts_user_id FOREIGN KEY (invited_by_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_invitation
    ADD CONSTRAINT accounts_invitation_org_id_10be5089_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_limitalert
    ADD CONSTRAINT accounts_limitalert_org_id_4f59f3c4_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_membership
    ADD CONSTRAINT accounts_membership_org_id_8550e6c4_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_membership
    ADD CONSTRAINT accounts_membership_user_id_487fb39e_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_providerconnection
    ADD CONSTRAINT accounts_providercon_made_by_id_ada14a81_fk_accounts_ FOREIGN KEY (made_by_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_providerconnection
    ADD CONSTRAINT accounts_providercon_org_id_326a415b_fk_accounts_ FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_quota
    ADD CONSTRAINT accounts_quota_api_key_id_c7770c38_fk_accounts_apikey_id FOREIGN KEY (api_key_id) REFERENCES accounts_apikey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_quota
    ADD CONSTRAINT accounts_quota_org_id_9fdb3d70_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_quota
    ADD CONSTRAINT accounts_quota_user_id_4a834cb8_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_seenalert
    ADD CONSTRAINT accounts_seenalert_alert_id_96c6dfad_fk_accounts_limitalert_id FOREIGN KEY (alert_id) REFERENCES accounts_limitalert(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_seenalert
    ADD CONSTRAINT accounts_seenalert_org_id_67caa38d_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_seenalert
    ADD CONSTRAINT accounts_seenalert_user_id_88a2c3be_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_threshold
    ADD CONSTRAINT accounts_threshold_org_id_63dca342_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_group_id_bd11a704_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_user_groups
    ADD CONSTRAINT accounts_user_groups_user_id_52b62117_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_p_permission_id_113bb443_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_user_user_permissions
    ADD CONSTRAINT accounts_user_user_p_user_id_e4f0a161_fk_accounts_ FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_webhook
    ADD CONSTRAINT accounts_webhook_made_by_id_830122b7_fk_accounts_user_id FOREIGN KEY (made_by_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY accounts_webhook
    ADD CONSTRAINT accounts_webhook_org_id_4cd4eb5f_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY auth_group_permissions
    ADD CONSTRAINT auth_group_permissio_permission_id_84c5c92e_fk_auth_perm FOREIGN KEY (permission_id) REFERENCES auth_permission(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY auth_group_permissions
    ADD CONSTRAINT auth_group_permissions_group_id_b120cbf9_fk_auth_group_id FOREIGN KEY (group_id) REFERENCES auth_group(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY auth_permission
    ADD CONSTRAINT auth_permission_content_type_id_2f476e4b_fk_django_co FOREIGN KEY (content_type_id) REFERENCES django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_closedmonth
    ADD CONSTRAINT billing_closedmonth_org_id_7bf76534_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_dayuse
    ADD CONSTRAINT billing_dayuse_org_id_1f6a434c_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_dimensionuse
    ADD CONSTRAINT billing_dimensionuse_org_id_d4e4c238_fk_accounts_ FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_entry
    ADD CONSTRAINT billing_entry_org_id_482fa894_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_export
    ADD CONSTRAINT billing_export_maker_id_b4e1f38d_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_export
    ADD CONSTRAINT billing_export_org_id_4e6c7b06_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_export
    ADD CONSTRAINT billing_export_subscription_id_4c828e7c_fk_billing_s FOREIGN KEY (subscription_id) REFERENCES billing_subscription(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_flatprice
    ADD CONSTRAINT billing_flatprice_connection_id_f6e788ab_fk_accounts_ FOREIGN KEY (connection_id) REFERENCES accounts_providerconnection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_flatprice
    ADD CONSTRAINT billing_flatprice_org_id_9d7706c2_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_snapshot
    ADD CONSTRAINT billing_snapshot_org_id_a2c22b7f_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_subscription
    ADD CONSTRAINT billing_subscription_org_id_9fa60c41_fk_accounts_ FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_subscription
    ADD CONSTRAINT billing_subscription_user_id_ce52140c_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY billing_usecursor
    ADD CONSTRAINT billing_usecursor_org_id_d592c46b_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY django_admin_log
    ADD CONSTRAINT django_admin_log_content_type_id_c4bce8eb_fk_django_co FOREIGN KEY (content_type_id) REFERENCES django_content_type(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY django_admin_log
    ADD CONSTRAINT django_admin_log_user_id_c564eba6_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY mfa_authenticator
    ADD CONSTRAINT mfa_authenticator_user_id_0c3a50c0_fk_accounts_user_id FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_social_account_id_951f210e_fk_socialacc FOREIGN KEY (account_id) REFERENCES socialaccount_socialaccount(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY socialaccount_socialtoken
    ADD CONSTRAINT socialaccount_social_app_id_636a42d7_fk_socialacc FOREIGN KEY (app_id) REFERENCES socialaccount_socialapp(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY socialaccount_socialaccount
    ADD CONSTRAINT socialaccount_social_user_id_8146e70c_fk_accounts_ FOREIGN KEY (user_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_api_key_id_967c4608_fk_accounts_apikey_id FOREIGN KEY (api_key_id) REFERENCES accounts_apikey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_error_file_id_c7b2f517_fk_studio_batchfile_id FOREIGN KEY (error_file_id) REFERENCES studio_batchfile(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_input_file_id_54e48996_fk_studio_batchfile_id FOREIGN KEY (input_file_id) REFERENCES studio_batchfile(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_maker_id_f970051c_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_org_id_65bb6d86_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batch
    ADD CONSTRAINT studio_batch_output_file_id_d57aecdb_fk_studio_batchfile_id FOREIGN KEY (output_file_id) REFERENCES studio_batchfile(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batchfile
    ADD CONSTRAINT studio_batchfile_giver_id_2348e32b_fk_accounts_user_id FOREIGN KEY (giver_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batchfile
    ADD CONSTRAINT studio_batchfile_org_id_fc0842d8_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batchline
    ADD CONSTRAINT studio_batchline_batch_id_69f3a61b_fk_studio_batch_id FOREIGN KEY (batch_id) REFERENCES studio_batch(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batchline
    ADD CONSTRAINT studio_batchline_org_id_3126210a_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_batchline
    ADD CONSTRAINT studio_batchline_run_id_dcb79fcf_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_brandedpicture
    ADD CONSTRAINT studio_brandedpictur_org_id_a6c86114_fk_accounts_ FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_brandedpicture
    ADD CONSTRAINT studio_brandedpicture_output_id_34030b88_fk_studio_output_id FOREIGN KEY (output_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_consent_id_22035666_fk_studio_consent_id FOREIGN KEY (consent_id) REFERENCES studio_consent(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_event_id_cea87c96_fk_studio_event_id FOREIGN KEY (event_id) REFERENCES studio_event(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_input_id_d6692cf4_fk_studio_input_id FOREIGN KEY (input_id) REFERENCES studio_input(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_org_id_501a7fe7_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_capture
    ADD CONSTRAINT studio_capture_run_id_095211a7_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_chunk
    ADD CONSTRAINT studio_chunk_connection_id_bbbdb811_fk_accounts_ FOREIGN KEY (connection_id) REFERENCES accounts_providerconnection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_chunk
    ADD CONSTRAINT studio_chunk_org_id_8e6628c5_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_chunkline
    ADD CONSTRAINT studio_chunkline_chunk_id_c5f84987_fk_studio_chunk_id FOREIGN KEY (chunk_id) REFERENCES studio_chunk(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_chunkline
    ADD CONSTRAINT studio_chunkline_org_id_4dcefa96_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_chunkline
    ADD CONSTRAINT studio_chunkline_slot_id_6c9a4e66_fk_studio_slot_id FOREIGN KEY (slot_id) REFERENCES studio_slot(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_collection
    ADD CONSTRAINT studio_collection_cover_id_552f5c5b_fk_studio_output_id FOREIGN KEY (cover_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_collection
    ADD CONSTRAINT studio_collection_maker_id_b920ca27_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_collection
    ADD CONSTRAINT studio_collection_org_id_ebfa25da_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_collectionitem
    ADD CONSTRAINT studio_collectionite_collection_id_7d435fae_fk_studio_co FOREIGN KEY (collection_id) REFERENCES studio_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_collectionitem
    ADD CONSTRAINT studio_collectionite_org_id_dbb4509f_fk_accounts_ FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_collectionitem
    ADD CONSTRAINT studio_collectionitem_output_id_8df3438b_fk_studio_output_id FOREIGN KEY (output_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_comment
    ADD CONSTRAINT studio_comment_author_id_24260225_fk_accounts_user_id FOREIGN KEY (author_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_comment
    ADD CONSTRAINT studio_comment_org_id_5f235f0f_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_comment
    ADD CONSTRAINT studio_comment_run_id_d859456c_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_composite
    ADD CONSTRAINT studio_composite_org_id_b3999eb7_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_composite
    ADD CONSTRAINT studio_composite_output_id_feef4221_fk_studio_output_id FOREIGN KEY (output_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_consent
    ADD CONSTRAINT studio_consent_event_id_7573b5be_fk_studio_event_id FOREIGN KEY (event_id) REFERENCES studio_event(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_consent
    ADD CONSTRAINT studio_consent_org_id_1a4cff2a_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_draft
    ADD CONSTRAINT studio_draft_maker_id_19811af7_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_draft
    ADD CONSTRAINT studio_draft_org_id_56cf804a_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_budget_id_c61f4ab1_fk_accounts_budget_id FOREIGN KEY (budget_id) REFERENCES accounts_budget(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_logo_id_3d757c5c_fk_studio_input_id FOREIGN KEY (logo_id) REFERENCES studio_input(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_maker_id_18f92972_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_org_id_17416b86_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_event
    ADD CONSTRAINT studio_event_overlay_id_53d1972b_fk_studio_input_id FOREIGN KEY (overlay_id) REFERENCES studio_input(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_input
    ADD CONSTRAINT studio_input_giver_id_9818c00c_fk_accounts_user_id FOREIGN KEY (giver_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_input
    ADD CONSTRAINT studio_input_org_id_24aaf7fd_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_input
    ADD CONSTRAINT studio_input_source_id_0b2abe2e_fk_studio_output_id FOREIGN KEY (source_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_api_key_id_c981b0c2_fk_accounts_apikey_id FOREIGN KEY (api_key_id) REFERENCES accounts_apikey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_binned_by_id_300d46d3_fk_accounts_user_id FOREIGN KEY (binned_by_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_maker_id_7a5e5d8e_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_org_id_698f7c2a_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_run_id_9061e9a5_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_output
    ADD CONSTRAINT studio_output_slot_id_541c2edd_fk_studio_slot_id FOREIGN KEY (slot_id) REFERENCES studio_slot(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_partial
    ADD CONSTRAINT studio_partial_org_id_997f38cb_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_partial
    ADD CONSTRAINT studio_partial_slot_id_f6f67d87_fk_studio_slot_id FOREIGN KEY (slot_id) REFERENCES studio_slot(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_preset
    ADD CONSTRAINT studio_preset_maker_id_a1e05c5a_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_preset
    ADD CONSTRAINT studio_preset_org_id_ba93bf55_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_retention
    ADD CONSTRAINT studio_retention_held_by_id_6a6bb595_fk_accounts_user_id FOREIGN KEY (held_by_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_retention
    ADD CONSTRAINT studio_retention_org_id_e8d66348_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_rewrite
    ADD CONSTRAINT studio_rewrite_connection_id_61c5e2d7_fk_accounts_ FOREIGN KEY (connection_id) REFERENCES accounts_providerconnection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_rewrite
    ADD CONSTRAINT studio_rewrite_maker_id_a0ae2130_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_rewrite
    ADD CONSTRAINT studio_rewrite_org_id_18014d64_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_rewriter
    ADD CONSTRAINT studio_rewriter_connection_id_4abf33cb_fk_accounts_ FOREIGN KEY (connection_id) REFERENCES accounts_providerconnection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_rewriter
    ADD CONSTRAINT studio_rewriter_org_id_12c8729f_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_run
    ADD CONSTRAINT studio_run_api_key_id_ef9991f1_fk_accounts_apikey_id FOREIGN KEY (api_key_id) REFERENCES accounts_apikey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_run
    ADD CONSTRAINT studio_run_budget_id_2ffa0f46_fk_accounts_budget_id FOREIGN KEY (budget_id) REFERENCES accounts_budget(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_run
    ADD CONSTRAINT studio_run_connection_id_120b7c29_fk_accounts_ FOREIGN KEY (connection_id) REFERENCES accounts_providerconnection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_run
    ADD CONSTRAINT studio_run_maker_id_88e3a8ba_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_run
    ADD CONSTRAINT studio_run_org_id_07061b9a_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_run
    ADD CONSTRAINT studio_run_parent_id_d1529deb_fk_studio_run_id FOREIGN KEY (parent_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_runevent
    ADD CONSTRAINT studio_runevent_org_id_8fd90614_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_runevent
    ADD CONSTRAINT studio_runevent_run_id_ef6f3f75_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_runinput
    ADD CONSTRAINT studio_runinput_input_id_9bd09bfa_fk_studio_input_id FOREIGN KEY (input_id) REFERENCES studio_input(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_runinput
    ADD CONSTRAINT studio_runinput_org_id_de0b64e5_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_runinput
    ADD CONSTRAINT studio_runinput_run_id_e9ad96cd_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_share
    ADD CONSTRAINT studio_share_collection_id_6c7350cc_fk_studio_collection_id FOREIGN KEY (collection_id) REFERENCES studio_collection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_share
    ADD CONSTRAINT studio_share_maker_id_e2b3336a_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_share
    ADD CONSTRAINT studio_share_org_id_e07de957_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sharedpicture
    ADD CONSTRAINT studio_sharedpicture_org_id_132174d2_fk_accounts_ FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sharedpicture
    ADD CONSTRAINT studio_sharedpicture_output_id_a648374f_fk_studio_output_id FOREIGN KEY (output_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sharedpicture
    ADD CONSTRAINT studio_sharedpicture_share_id_6b393832_fk_studio_share_id FOREIGN KEY (share_id) REFERENCES studio_share(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sheet
    ADD CONSTRAINT studio_sheet_api_key_id_64ae014b_fk_accounts_apikey_id FOREIGN KEY (api_key_id) REFERENCES accounts_apikey(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sheet
    ADD CONSTRAINT studio_sheet_maker_id_47103d4a_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sheet
    ADD CONSTRAINT studio_sheet_org_id_086c6bf5_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sheetrow
    ADD CONSTRAINT studio_sheetrow_org_id_66c51c65_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sheetrow
    ADD CONSTRAINT studio_sheetrow_printed_id_7f778363_fk_studio_output_id FOREIGN KEY (printed_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sheetrow
    ADD CONSTRAINT studio_sheetrow_run_id_74772525_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_sheetrow
    ADD CONSTRAINT studio_sheetrow_sheet_id_1e0846f8_fk_studio_sheet_id FOREIGN KEY (sheet_id) REFERENCES studio_sheet(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_slot
    ADD CONSTRAINT studio_slot_connection_id_2cf69125_fk_accounts_ FOREIGN KEY (connection_id) REFERENCES accounts_providerconnection(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_slot
    ADD CONSTRAINT studio_slot_org_id_f84b50f6_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_slot
    ADD CONSTRAINT studio_slot_run_id_0a3d1909_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_style
    ADD CONSTRAINT studio_style_maker_id_5668aae0_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_style
    ADD CONSTRAINT studio_style_org_id_c0beb900_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_styleversion
    ADD CONSTRAINT studio_styleversion_maker_id_b3364a04_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_styleversion
    ADD CONSTRAINT studio_styleversion_org_id_feed3c53_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_styleversion
    ADD CONSTRAINT studio_styleversion_reference_id_476c431b_fk_studio_input_id FOREIGN KEY (reference_id) REFERENCES studio_input(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_styleversion
    ADD CONSTRAINT studio_styleversion_style_id_3169664a_fk_studio_style_id FOREIGN KEY (style_id) REFERENCES studio_style(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_tag
    ADD CONSTRAINT studio_tag_org_id_3f604d69_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_tagging
    ADD CONSTRAINT studio_tagging_org_id_87bb31cd_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_tagging
    ADD CONSTRAINT studio_tagging_output_id_0c620a2a_fk_studio_output_id FOREIGN KEY (output_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_tagging
    ADD CONSTRAINT studio_tagging_tag_id_bf3e6574_fk_studio_tag_id FOREIGN KEY (tag_id) REFERENCES studio_tag(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_thread
    ADD CONSTRAINT studio_thread_maker_id_e9f17574_fk_accounts_user_id FOREIGN KEY (maker_id) REFERENCES accounts_user(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_thread
    ADD CONSTRAINT studio_thread_org_id_5723b0e4_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_thread
    ADD CONSTRAINT studio_thread_start_id_2476ad5a_fk_studio_input_id FOREIGN KEY (start_id) REFERENCES studio_input(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_base_id_7cdc1583_fk_studio_output_id FOREIGN KEY (base_id) REFERENCES studio_output(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_org_id_3f8c3c62_fk_accounts_organization_id FOREIGN KEY (org_id) REFERENCES accounts_organization(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_other_id_70cfafa6_fk_studio_turn_id FOREIGN KEY (other_id) REFERENCES studio_turn(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_parent_id_36e54f9f_fk_studio_turn_id FOREIGN KEY (parent_id) REFERENCES studio_turn(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_run_id_e6d4e6b8_fk_studio_run_id FOREIGN KEY (run_id) REFERENCES studio_run(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE ONLY studio_turn
    ADD CONSTRAINT studio_turn_thread_id_f11154e7_fk_studio_thread_id FOREIGN KEY (thread_id) REFERENCES studio_thread(id) DEFERRABLE INITIALLY DEFERRED;

ALTER TABLE accounts_apikey ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_ask ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_auditentry ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_budget ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_counter ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_delivery ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_hold ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_invitation ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_limitalert ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_membership ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_organization ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_providerconnection ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_quota ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_seenalert ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_threshold ENABLE ROW LEVEL SECURITY;

ALTER TABLE accounts_webhook ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_closedmonth ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_dayuse ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_dimensionuse ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_entry ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_export ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_flatprice ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_snapshot ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_subscription ENABLE ROW LEVEL SECURITY;

ALTER TABLE billing_usecursor ENABLE ROW LEVEL SECURITY;

CREATE POLICY reads ON accounts_apikey FOR SELECT USING (((token_hash)::text = ( SELECT NULLIF(current_setting('app.presented'::text, true), ''::text) AS "nullif")));

CREATE POLICY reads ON accounts_invitation FOR SELECT USING (((token_hash)::text = ( SELECT NULLIF(current_setting('app.presented'::text, true), ''::text) AS "nullif")));

CREATE POLICY reads ON accounts_membership FOR SELECT USING (((user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::bigint AS "nullif")) OR (( SELECT current_setting('app.operator'::text, true) AS current_setting) = 'on'::text)));

CREATE POLICY reads ON accounts_organization FOR SELECT USING (((( SELECT current_setting('app.operator'::text, true) AS current_setting) = 'on'::text) OR (EXISTS ( SELECT
   FROM accounts_membership m
  WHERE ((m.org_id = accounts_organization.id) AND (m.user_id = ( SELECT (NULLIF(current_setting('app.user'::text, true), ''::text))::bigint AS "nullif")))))));

CREATE POLICY reads ON studio_capture FOR SELECT USING (((token_hash)::text = ( SELECT NULLIF(current_setting('app.presented'::text, true), ''::text) AS "nullif")));

CREATE POLICY reads ON studio_event FOR SELECT USING (((token_hash)::text = ( SELECT NULLIF(current_setting('app.presented'::text, true), ''::text) AS "nullif")));

CREATE POLICY reads ON studio_share FOR SELECT USING (((token_hash)::text = ( SELECT NULLIF(current_setting('app.presented'::text, true), ''::text) AS "nullif")));

ALTER TABLE studio_batch ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_batchfile ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_batchline ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_brandedpicture ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_capture ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_chunk ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_chunkline ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_collection ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_collectionitem ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_comment ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_composite ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_consent ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_draft ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_event ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_input ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_output ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_partial ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_preset ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_retention ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_rewrite ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_rewriter ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_run ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_runevent ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_runinput ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_share ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_sharedpicture ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_sheet ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_sheetrow ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_slot ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_style ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_styleversion ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_tag ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_tagging ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_thread ENABLE ROW LEVEL SECURITY;

ALTER TABLE studio_turn ENABLE ROW LEVEL SECURITY;

CREATE POLICY tenant ON accounts_apikey USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_ask USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_auditentry USING (((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")) OR ((org_id IS NULL) AND (( SELECT current_setting('app.operator'::text, true) AS current_setting) = 'on'::text)))) WITH CHECK (((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")) OR ((org_id IS NULL) AND (( SELECT current_setting('app.operator'::text, true) AS current_setting) = 'on'::text))));

CREATE POLICY tenant ON accounts_budget USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_counter USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_delivery USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_hold USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_invitation USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_limitalert USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_membership USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_organization USING ((id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_providerconnection USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_quota USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_seenalert USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_threshold USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON accounts_webhook USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_closedmonth USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_dayuse USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_dimensionuse USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_entry USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_export USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_flatprice USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_snapshot USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_subscription USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON billing_usecursor USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_batch USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_batchfile USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_batchline USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_brandedpicture USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_capture USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_chunk USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_chunkline USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_collection USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_collectionitem USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_comment USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_composite USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_consent USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_draft USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_event USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_input USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_output USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_partial USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_preset USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_retention USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_rewrite USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_rewriter USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_run USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_runevent USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_runinput USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_share USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_sharedpicture USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_sheet USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_sheetrow USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_slot USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_style USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_styleversion USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_tag USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_tagging USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_thread USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

CREATE POLICY tenant ON studio_turn USING ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif"))) WITH CHECK ((org_id = ( SELECT (NULLIF(current_setting('app.org'::text, true), ''::text))::bigint AS "nullif")));

