from datetime import UTC, datetime
from typing import Any

from django.db import migrations, models

# The text model that leads a talk unless an admin names another, in micro-dollars for a million tokens. It makes no
# pictures; a row of prices has to say what they cost, so it says what text does.
ROW: dict[str, Any] = {
    "model": "gpt-5",
    "is_batch": False,
    "valid_from": datetime(2025, 8, 7, tzinfo=UTC),
    "text_in": 1_250_000,
    "cached_text": 125_000,
    "image_in": 1_250_000,
    "image_out": 10_000_000,
    "text_out": 10_000_000,
}


def add_price(apps: Any, schema_editor: Any) -> None:
    table = apps.get_model("billing", "Price").objects.using(schema_editor.connection.alias)
    if not table.filter(model=ROW["model"], is_batch=False).exists():  # else the operator has said it already
        table.create(**ROW)


def keep_price(apps: Any, schema_editor: Any) -> None:
    """What has held is history."""


def tokens() -> models.Field[int, int]:
    return models.PositiveIntegerField(default=0, db_default=0)


class Migration(migrations.Migration):
    dependencies = [("billing", "0007_entries_share_the_lock")]

    operations = [
        *(migrations.AddField("entry", name, tokens()) for name in ("talk_in", "talk_cached", "talk_out")),
        migrations.RunPython(add_price, keep_price),
    ]
