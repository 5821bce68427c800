-- What an organization can use at a moment: its connections, and what each model costs there. The functions run as their
-- caller, behind the same walls; studio/money/offers.py calls them, and studio_submit compares.

-- Return a text that is another one as soon as any of these rows is. It is made of the rows' own versions, so that no
-- column has to be named or read.
CREATE FUNCTION studio_offer_version(_org bigint, _at timestamptz) RETURNS text LANGUAGE sql STABLE AS $$
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

-- Return these rows with their version, all as they are at the same moment.
CREATE FUNCTION studio_offer(_org bigint, _at timestamptz) RETURNS jsonb LANGUAGE sql STABLE AS $$
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
