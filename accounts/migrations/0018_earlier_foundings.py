"""What the audit logs tell of organizations from before: the loan stays with each founder's first one. One organization
after the other, so that no running process waits for all of them. What was noted already is not noted twice."""

from typing import Any

from django.db import migrations

from saas.database import tenancy


def note_earlier(apps: Any, schema_editor: Any) -> None:
    organization, founding = apps.get_model("accounts", "Organization"), apps.get_model("accounts", "Founding")
    audit_entry, user = apps.get_model("accounts", "AuditEntry"), apps.get_model("accounts", "User")
    people = set(user.objects.values_list("pk", flat=True))
    with tenancy.operator():
        organizations = list(organization.objects.order_by("pk").values_list("pk", "deleted_at"))
    for org_id, deleted_at in organizations:
        with tenancy.tenant(org_id):
            told = audit_entry.objects.filter(org_id=org_id, action="organization.founded").order_by("pk").first()
            if told is None or told.actor_id not in people:
                continue
            if founding.objects.filter(org_id=org_id).exists():
                continue
            if founding.objects.filter(user_id=told.actor_id).exists():
                organization.objects.filter(pk=org_id).update(has_usual_loan=False)
            founding.objects.create(org_id=org_id, user_id=told.actor_id, founded_at=told.at, ended_at=deleted_at)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("accounts", "0017_foundings")]

    operations = [migrations.RunPython(note_earlier, migrations.RunPython.noop)]
