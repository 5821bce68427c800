"""Row-level security on every tenant table, and an audit log that only grows."""

from typing import ClassVar

from django.db import migrations

from saas.database.tenancy import BELONGS_TO_ORG, IS_OPERATOR, IS_PERSON, IS_PRESENTED, Wall

ITS_OWN_ROW = BELONGS_TO_ORG.replace("org_id", "id", 1)
OF_A_MEMBER = (
    f"EXISTS (SELECT FROM accounts_membership m WHERE m.org_id = accounts_organization.id AND m.user_id = {IS_PERSON})"
)

REFUSE_CHANGE = """
CREATE FUNCTION darkroom_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER refuse_change BEFORE UPDATE OR DELETE ON accounts_auditentry
    FOR EACH ROW EXECUTE FUNCTION darkroom_refuse_change();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON accounts_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION darkroom_refuse_change();
"""
ALLOW_CHANGE = """
DROP TRIGGER refuse_truncate ON accounts_auditentry;
DROP TRIGGER refuse_change ON accounts_auditentry;
DROP FUNCTION darkroom_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies: ClassVar = [("accounts", "0001_people_and_organizations")]

    operations: ClassVar = [
        Wall("accounts_organization", writes=ITS_OWN_ROW, reads=f"{IS_OPERATOR} OR {OF_A_MEMBER}"),
        Wall("accounts_membership", reads=f"user_id = {IS_PERSON} OR {IS_OPERATOR}"),
        Wall("accounts_invitation", reads=f"token_hash = {IS_PRESENTED}"),
        Wall("accounts_apikey", reads=f"token_hash = {IS_PRESENTED}"),
        Wall("accounts_providerconnection"),
        Wall(
            "accounts_auditentry",
            writes=f"{BELONGS_TO_ORG} OR (org_id IS NULL AND {IS_OPERATOR})",
        ),
        migrations.RunSQL(REFUSE_CHANGE, ALLOW_CHANGE),
    ]
