-- Write the ledger, and end a hold with it, each in one round trip that is planned once a connection. The functions run
-- as their caller, behind the same walls. billing/ledger.py alone calls them.

-- Write an entry: what the hold remembers of what was agreed, and what the provider said of the call.
CREATE FUNCTION billing_write(
    _held accounts_hold, _kind text, _micros bigint, _open_micros bigint, _images int, _is_estimated boolean,
    _said jsonb, _at timestamptz, _by_label text, _note text)
    RETURNS billing_entry LANGUAGE plpgsql VOLATILE AS $$
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

-- Settle a hold: charge it, write it down and count it. Return nothing if the money is no longer held, else the
-- counters as they are afterwards, or a row of nulls if there are none.
CREATE FUNCTION billing_charge(
    _hold bigint, _micros bigint, _is_estimated boolean, _said jsonb, _at timestamptz,
    _subjects text[], _ids bigint[], _periods text[], _starts date[])
    RETURNS TABLE (subject text, subject_id bigint, period text, starts_on date,
                   allowed_micros bigint, allowed_images bigint, spent_micros bigint, held_micros bigint,
                   spent_images bigint, held_images bigint, fits boolean)
    LANGUAGE plpgsql VOLATILE AS $$
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
