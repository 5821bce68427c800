-- Read the result of a run for the program that waits for it, and note that it has its answer, in one round trip. The
-- function runs as its caller, behind the same walls; studio/gateway/results.py calls it.

-- Return the slots with their outputs, what the run has cost, and the counters that count for its payer now. A run that
-- another session keeps locked is not noted: the answer is complete without it. See studio/gateway/retrying.py.
CREATE FUNCTION studio_answer(
    _run bigint, _awaited_by int, _is_play boolean, _subjects text[], _ids bigint[], _periods text[], _starts date[])
    RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    _of studio_run;
BEGIN
    SELECT * INTO STRICT _of FROM studio_run WHERE id = _run;
    UPDATE studio_run SET request_hash = '' WHERE id = (
        SELECT id FROM studio_run WHERE id = _run AND awaited_by = _awaited_by FOR NO KEY UPDATE SKIP LOCKED);
    RETURN jsonb_build_object(
        'slots', (SELECT jsonb_agg(jsonb_build_object('slot', to_jsonb(s), 'output', to_jsonb(o)) ORDER BY s.index)
                  FROM studio_slot s LEFT JOIN studio_output o ON o.slot_id = s.id WHERE s.run_id = _run),
        'micros', (SELECT coalesce(sum(e.micros), 0) FROM billing_entry e
                   WHERE e.org_id = _of.org_id AND e.run_code = _of.code),
        'counters', (SELECT coalesce(jsonb_agg(to_jsonb(c)), '[]') FROM accounts_counter c
                     JOIN unnest(_subjects, _ids, _periods, _starts) AS p(subject, subject_id, period, starts_on)
                         USING (subject, subject_id, period, starts_on)
                     WHERE c.org_id = _of.org_id AND c.is_play = _is_play));
END $$;
