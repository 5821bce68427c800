"""Enter the prices of the models."""

from typing import Any

from django.db import migrations

from billing.first_rows import PRICES


def add_prices(apps: Any, schema_editor: Any) -> None:
    table = apps.get_model("billing", "Price").objects.using(schema_editor.connection.alias)
    for fields in PRICES:
        table.create(**fields)


class Migration(migrations.Migration):
    dependencies = [("billing", "0002_walls_and_functions")]

    operations = [migrations.RunPython(add_prices)]
