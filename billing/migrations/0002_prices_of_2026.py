"""What OpenAI took in November 2026, in dollars for a million tokens. Later prices are later rows, which the operator
enters; each holds from when its model came out."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from django.db import migrations

DOLLAR = 1_000_000
STANDARD = {"text_in": 5.00, "cached_text": 1.25, "image_in": 8.00, "cached_image": 2.00, "image_out": 30.00}
BEGINNINGS = {
    "gpt-image-2": datetime(2026, 4, 21, tzinfo=UTC),
    "gpt-image-2.5-sunburst": datetime(2026, 9, 8, tzinfo=UTC),
    "gpt-image-2.5-flare": datetime(2026, 9, 8, tzinfo=UTC),
    "gpt-image-2.6-sunburst": datetime(2026, 11, 4, tzinfo=UTC),
    "gpt-image-2.6-flare": datetime(2026, 11, 4, tzinfo=UTC),
}
ROWS: list[dict[str, Any]] = [
    {
        "model": model,
        "is_batch": is_batch,
        "valid_from": valid_from,
        **{kind: round(dollars * DOLLAR) // (2 if is_batch else 1) for kind, dollars in STANDARD.items()},
    }
    for model, valid_from in BEGINNINGS.items()
    for is_batch in (False, True)
]


def add_prices(apps: Any, schema_editor: Any) -> None:
    table = apps.get_model("billing", "Price").objects.using(schema_editor.connection.alias)
    for fields in ROWS:
        table.create(**fields)


def remove_prices(apps: Any, schema_editor: Any) -> None:
    table = apps.get_model("billing", "Price").objects.using(schema_editor.connection.alias)
    for fields in ROWS:
        table.filter(**fields).delete()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("billing", "0001_prices")]

    operations: ClassVar = [migrations.RunPython(add_prices, remove_prices)]
