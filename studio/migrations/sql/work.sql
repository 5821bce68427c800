-- The steps of a worker with one slot: begin it, note that it is sent, keep a partial. Each is one round trip. The
-- functions run as their caller, behind the same walls; studio/engine calls them.

-- Return the style that a slot is made in, as its events name it, or {} if there is none: see Spec.style_of.
CREATE FUNCTION studio_style_of(_asked jsonb, _count int, _slot int) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(
        (SELECT jsonb_build_object('style', style->>'id', 'style_name', style->>'name')
         FROM (SELECT _asked->'styles'->(_slot * jsonb_array_length(_asked->'styles') / _count) AS style) AS chosen
         WHERE style IS NOT NULL),
        '{}')
$$;

-- Add an event to a run, whose row stays locked: sequences have no gaps, and events commit in their order. The time is
-- the database's, because workers' clocks could put an answer before its question. The run's visibility is returned as
-- it is now.
CREATE FUNCTION studio_add_event(_run bigint, _type text, _slot int, _data jsonb) RETURNS jsonb LANGUAGE plpgsql AS $$
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

-- Decide whether a claimed ticket may go on while its connection is left alone. Return null if it is not left alone,
-- true if this call tries it, false if another one does. After the rest one ticket may try the connection, never one
-- whose request has failed there already. This runs under the lock of the line, so two tickets cannot both try. If the
-- trying takes long, another may try as well: a provider that is silent proves nothing.
CREATE FUNCTION studio_try(_worker uuid, _probe_seconds double precision) RETURNS boolean LANGUAGE plpgsql AS $$
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

-- Begin the next try of a slot. Return the rows that its worker needs, or a reason, {"by": "ended"}.
CREATE FUNCTION studio_begin_slot(_ticket studio_ticket, _now timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
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

-- Return why a claimed ticket cannot simply begin: its worker then looks closer, in a transaction of its own.
CREATE FUNCTION studio_obstacle(_ticket studio_ticket, _tries boolean, _org_calls int, _connection_calls int)
    RETURNS text LANGUAGE sql STABLE AS $$
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

-- Begin the slot whose ticket this worker has just claimed, in the same transaction. If rows of its organization are
-- locked by another session, give the ticket back: all other workers wait for the line meanwhile.
CREATE FUNCTION studio_begin(
    _worker uuid, _probe_seconds double precision, _org_calls int, _connection_calls int, _now timestamptz)
    RETURNS jsonb LANGUAGE plpgsql AS $$
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

-- Note that the first byte of this try is about to be sent: from here on the provider may charge. Return a reason if it
-- must not be sent.
CREATE FUNCTION studio_note_sent(_ticket bigint, _worker uuid, _slot bigint, _tries int, _now timestamptz)
    RETURNS text LANGUAGE plpgsql AS $$
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

-- Write the row of a partial. An index that comes twice is replaced.
CREATE FUNCTION studio_write_partial(
    _slot studio_slot, _tried int, _index int, _file text, _preview text, _size_bytes int, _now timestamptz)
    RETURNS studio_partial LANGUAGE sql AS $$
    INSERT INTO studio_partial (org_id, code, slot_id, index, tried, file, preview, size_bytes, at)
    VALUES (_slot.org_id, gen_random_uuid(), _slot.id, _index, _tried, _file, _preview, _size_bytes, _now)
    ON CONFLICT (slot_id, tried, index)
        DO UPDATE SET file = excluded.file, preview = excluded.preview, size_bytes = excluded.size_bytes
    RETURNING *
$$;

-- Keep a partial whose files are stored, under the ticket's lock, so that no other claim notes this slot's frames.
-- Return its event and whether the run is being stopped, or null if the claim was lost.
CREATE FUNCTION studio_keep_partial(
    _ticket bigint, _worker uuid, _slot bigint, _tried int, _index int, _file text, _preview text, _size_bytes int,
    _now timestamptz) RETURNS jsonb LANGUAGE plpgsql AS $$
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
