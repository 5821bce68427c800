-- Refuse to change, delete or truncate rows of a table that only grows. A transaction that sets app.erasing may empty
-- names, and delete the rows of an organization that was deleted.
CREATE FUNCTION darkroom_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
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

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();
