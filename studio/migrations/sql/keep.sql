-- Keep a finished picture whose files are stored, in one round trip: end its slot and its run, write the picture with
-- the words that it is found by, and charge the hold that pays for it. The function runs as its caller, behind the same
-- walls; studio/engine/record_picture.py calls it.

-- Return whether a spending has reached one of these shares of a counter's limits, of which an alert tells.
CREATE FUNCTION studio_reaches(_counter jsonb, _micros bigint, _images bigint, _percents int[])
    RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(bool_or((spent - grew) * 100 < allowed * percent AND allowed * percent <= spent * 100), false)
    FROM (VALUES
        ((_counter->>'allowed_micros')::numeric, (_counter->>'spent_micros')::numeric, _micros),
        ((_counter->>'allowed_images')::numeric, (_counter->>'spent_images')::numeric, _images)
    ) AS unit(allowed, spent, grew), unnest(_percents) AS percent
    WHERE allowed > 0
$$;

-- Return whether Python has to write something along with the end of this slot: that an outage is over.
CREATE FUNCTION studio_needs_company(_slot studio_slot) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (
        SELECT FROM accounts_circuit c WHERE c.connection_id = _slot.connection_id
        AND (c.outages > 0 OR c.openings > 0 OR c.open_until IS NOT NULL))
$$;

-- Tell webhooks how a run ended, unless it is private: the owner of a webhook's address may not see private runs.
-- Return how many messages there are.
CREATE FUNCTION studio_announce_end(_run studio_run, _succeeded bigint, _now timestamptz)
    RETURNS bigint LANGUAGE sql VOLATILE AS $$
    SELECT CASE WHEN _run.visibility = 'private' THEN 0 ELSE accounts_announce(
        _run.org_id,
        CASE WHEN _run.state IN ('succeeded', 'answered') OR _succeeded > 0 THEN 'run.finished' ELSE 'run.failed' END,
        jsonb_build_object(
            'run', _run.code, 'state', _run.state, 'succeeded', _succeeded, 'count', _run.count,
            'project', _run.project, 'end_user', _run.end_user, 'url', '/api/v1/runs/' || _run.code),
        _now) END
$$;

-- End the run if this was its last open slot. Return the event, or null. The caller has the run's lock, so of two slots
-- that end at the same moment the second one sees the first. A picture that comes late corrects a run that had ended.
CREATE FUNCTION studio_close_with_picture(_run bigint, _now timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
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

-- A worker that is `_alone` gives its claim, and has nothing else to write. If it has, or if the slot has a picture
-- already, return a reason, {"by": "company"} or {"by": "second"}, and nothing has changed. Else return the events, how
-- many messages there are for webhooks, what the run has cost so far, the counters after the charge, and whether any
-- ticket waits; the counters are null if the hold could not be charged, because the money is held no more.
CREATE FUNCTION studio_keep_picture(
    _slot_id bigint, _ticket bigint, _worker uuid, _picture jsonb, _words bigint[], _hold bigint, _charge jsonb,
    _subjects text[], _ids bigint[], _periods text[], _starts date[], _percents int[], _alone boolean,
    _now timestamptz) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
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
