"""Enable row-level security, make the audit log append-only, and add the functions that count money."""

from pathlib import Path

from django.db import migrations

from saas.database.tenancy import BELONGS_TO_ORG, IS_OPERATOR, IS_PERSON, IS_PRESENTED, Wall

SQL = Path(__file__).with_name("sql")
ITS_OWN_ROW = BELONGS_TO_ORG.replace("org_id", "id", 1)
OF_A_MEMBER = (
    f"EXISTS (SELECT FROM accounts_membership m WHERE m.org_id = accounts_organization.id AND m.user_id = {IS_PERSON})"
)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_tables"), ("mfa", "0003_authenticator_type_uniq")]

    operations = [
        Wall("accounts_organization", writes=ITS_OWN_ROW, reads=f"{IS_OPERATOR} OR {OF_A_MEMBER}"),
        Wall("accounts_membership", reads=f"user_id = {IS_PERSON} OR {IS_OPERATOR}"),
        Wall("accounts_invitation", reads=f"token_hash = {IS_PRESENTED}"),
        Wall("accounts_apikey", reads=f"token_hash = {IS_PRESENTED}"),
        Wall("accounts_auditentry", writes=f"{BELONGS_TO_ORG} OR (org_id IS NULL AND {IS_OPERATOR})"),
        Wall("accounts_ask"),
        Wall("accounts_budget"),
        Wall("accounts_counter"),
        Wall("accounts_delivery"),
        Wall("accounts_hold"),
        Wall("accounts_limitalert"),
        Wall("accounts_providerconnection"),
        Wall("accounts_quota"),
        Wall("accounts_seenalert"),
        Wall("accounts_threshold"),
        Wall("accounts_webhook"),
        migrations.RunSQL((SQL / "only_grows.sql").read_text()),
        migrations.RunSQL((SQL / "counters.sql").read_text()),
        migrations.RunSQL((SQL / "holds.sql").read_text()),
        migrations.RunSQL((SQL / "door.sql").read_text()),
        migrations.RunSQL((SQL / "webhooks.sql").read_text()),
    ]
