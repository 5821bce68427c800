-- Write an event's message for every webhook that wants it, due at once. Return how many there are: a worker is to be
-- called for each. The function runs as its caller, behind the same walls, in the transaction of the event.
CREATE FUNCTION accounts_announce(_org bigint, _event text, _data jsonb, _now timestamptz)
    RETURNS bigint LANGUAGE sql VOLATILE AS $$
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
