-- Read the result of a run for the program that waits for it, in one round trip. The functions run as their caller,
-- behind the same walls; studio/gateway calls them.

-- Return the slots with their outputs, what the run has cost, and the counters that count for its payer now.
CREATE FUNCTION studio_answer(
    _run bigint, _is_play boolean, _subjects text[], _ids bigint[], _periods text[], _starts date[])
    RETURNS jsonb LANGUAGE sql STABLE AS $$
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

-- Note that the callers of some runs, who waited in this process, have their answers: see studio/gateway/retrying.py.
-- A run that another session keeps locked is passed over.
CREATE FUNCTION studio_note_answered(_runs bigint[], _awaited_by int) RETURNS void LANGUAGE sql VOLATILE AS $$
    UPDATE studio_run SET request_hash = '' WHERE id IN (
        SELECT id FROM studio_run WHERE id = ANY (_runs) AND awaited_by = _awaited_by
        ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
$$;
