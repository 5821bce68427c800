-- Put a run in the line, in one round trip. The function runs as its caller, behind the same walls;
-- studio/runs/submit_run.py calls it and words what it refuses.

-- What the caller knew of the rights behind a request when it checked what was asked.
CREATE TYPE studio_caller AS (
    member bigint, role text, time_zone text, calls_at_once int, has_usual_loan boolean,
    api_key bigint, scopes text[], now timestamptz);

-- Return whether all of it still holds: rights may have ended while a request waited for its pictures.
CREATE FUNCTION studio_still_may(_caller studio_caller) RETURNS boolean LANGUAGE sql STABLE AS $$
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

-- Return whether a connection is left alone now, as far as this person's requests are concerned.
CREATE FUNCTION studio_is_left_alone(_connection bigint, _maker bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_circuit c
        WHERE c.connection_id = _connection AND c.open_until > statement_timestamp()
          AND NOT (cardinality(c.makers) = 1 AND NOT _maker = ANY (c.makers)))
$$;

-- Write a run with its slots, inputs and first event, tickets, holds, and at last the counters. Return the run's id and
-- the time of its event. Otherwise return a reason, {"by": …}, and nothing has changed. `_offer` is the version of the
-- connections and prices that the run was planned with.
CREATE FUNCTION studio_submit(
    _caller studio_caller, _asked accounts_asked, _run jsonb, _inputs bigint[], _numbers int[],
    _line jsonb, _offer text, _is_awaited boolean, _may_wait boolean)
    RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
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
