"""What each picture has cost stands beside it, so that the gallery can filter by it."""

from typing import Any, ClassVar

from django.db import migrations, models

from saas.database import tenancy

COPY = """
UPDATE studio_output SET cost_micros = paid.micros
FROM studio_slot, (SELECT slot_code, sum(micros) AS micros FROM billing_entry WHERE org_id = %(org)s GROUP BY 1) paid
WHERE studio_output.org_id = %(org)s AND studio_slot.id = studio_output.slot_id AND studio_slot.code = paid.slot_code
"""


def copy(apps: Any, schema_editor: Any) -> None:
    """Behind the wall of one organization after the other."""
    with tenancy.operator():
        orgs = list(apps.get_model("accounts", "Organization").objects.values_list("pk", flat=True))
    for org_id in orgs:
        with tenancy.tenant(org_id), schema_editor.connection.cursor() as cursor:
            cursor.execute(COPY, {"org": org_id})


class Migration(migrations.Migration):
    dependencies: ClassVar = [("billing", "0005_exports"), ("studio", "0014_unfinished_slots")]

    operations: ClassVar = [
        migrations.AddField(model_name="output", name="cost_micros", field=models.BigIntegerField(default=0)),
        migrations.AddIndex(
            model_name="output",
            index=models.Index(
                condition=models.Q(("binned_at", None)), fields=["org", "cost_micros", "-id"], name="wall_by_cost"
            ),
        ),
        migrations.RunPython(copy, migrations.RunPython.noop),
    ]
