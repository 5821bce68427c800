"""Walls around what people sort by, and the facts of each run copied to its pictures."""

from typing import Any, ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from saas.database import tenancy
from saas.database.tenancy import IS_PRESENTED, Wall
from studio.gallery import search

TABLES = [
    "studio_tag",
    "studio_tagging",
    "studio_collection",
    "studio_collectionitem",
    "studio_comment",
    "studio_sharedpicture",
    "studio_retention",
]

COPY = """
UPDATE studio_output o SET maker_id = r.maker_id, api_key_id = r.api_key_id, visibility = r.visibility, kind = r.kind,
    model = r.model, quality = coalesce(s.used->>'quality', r.asked->>'quality', '')
FROM studio_run r, studio_slot s WHERE r.id = o.run_id AND s.id = o.slot_id AND o.org_id = %s
"""


def describe(apps: Any, schema_editor: Any) -> None:
    """Behind the wall of one organization after the other."""
    entries = apps.get_model("studio", "SearchEntry")
    outputs = apps.get_model("studio", "Output")
    with tenancy.operator():
        orgs = list(apps.get_model("accounts", "Organization").objects.values_list("pk", "code"))
    for org_id, org_code in orgs:
        with tenancy.tenant(org_id):
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(COPY, [org_id])
            found = outputs.objects.filter(org=org_id).values_list("pk", "run__prompt", "revised_prompt")
            entries.objects.bulk_create(
                (
                    entries(
                        output_id=output_id,
                        org_id=org_id,
                        words=search.numbers(org_code, search.words_of(f"{prompt}\n{revised}")),
                    )
                    for output_id, prompt, revised in found
                ),
                batch_size=1000,
            )


class Migration(migrations.Migration):
    dependencies: ClassVar = [("studio", "0009_gallery")]

    operations: ClassVar = [
        *(Wall(table) for table in TABLES),
        Wall("studio_share", reads=f"token_hash = {IS_PRESENTED}"),
        migrations.RunPython(describe, migrations.RunPython.noop),
        # PostgreSQL alters no table while it still has to look after keys that were just written.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="output",
            name="maker",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
