from django.db import migrations

# Whoever adds the ledger up takes the organization's row alone, so that no entry with a smaller number can come later.
# For that, whoever writes has to share the row before a number is drawn, which is before the row triggers.
SHARE = """
CREATE FUNCTION billing_share_organization() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM accounts_organization WHERE id = nullif(current_setting('app.org', true), '')::bigint FOR KEY SHARE;
    RETURN NULL;
END $$;
CREATE TRIGGER share_organization BEFORE INSERT ON billing_entry
    FOR EACH STATEMENT EXECUTE FUNCTION billing_share_organization();
"""
FORGET = """
DROP TRIGGER share_organization ON billing_entry;
DROP FUNCTION billing_share_organization;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0006_closed_months"), ("accounts", "0011_counting")]

    operations = [migrations.RunSQL(SHARE, FORGET)]
