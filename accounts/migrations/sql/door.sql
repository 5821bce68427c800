-- Find who asks and what they may do, in one round trip each. The functions run as their caller, and accounts/access.py
-- calls them. The row of a key is seen because its hash was presented, and the rest behind the wall of the key's
-- organization; memberships are seen behind the person's own wall.

-- Return the usable key with its maker's membership, person and organization, and whether the person has a second
-- factor; null if any of them is missing, inactive, suspended or deleted. If the key is used for what it may do, note
-- when, at most once a minute.
CREATE FUNCTION accounts_let_in(_hash text, _scope text, _roles text[], _now timestamptz, _noted_before timestamptz)
    RETURNS jsonb LANGUAGE plpgsql AS $$
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

-- Return a person, whether they have a second factor, and their memberships in organizations that are not deleted, by
-- the organization's name; null if there is no such person.
CREATE FUNCTION accounts_person(_user bigint) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
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
