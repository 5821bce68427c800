-- The ledger and its sums only grow, as the audit log does: see accounts/migrations/sql/only_grows.sql.

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON billing_entry
    FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON billing_entry
    FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON billing_snapshot
    FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON billing_snapshot
    FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();

CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON billing_closedmonth
    FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON billing_closedmonth
    FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();
