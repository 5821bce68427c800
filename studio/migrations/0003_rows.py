"""Enter the models of the catalogue."""

from typing import Any

from django.db import migrations

from studio.first_rows import MODELS


class UnexpectedRows(Exception):
    """The table is as new as this migration, so that a row in it was entered by hand."""


def add_models(apps: Any, schema_editor: Any) -> None:
    table = apps.get_model("studio", "ImageModel").objects.using(schema_editor.connection.alias)
    if table.exists():
        raise UnexpectedRows("studio_imagemodel is not empty.")
    for fields in MODELS:
        table.create(**fields)


class Migration(migrations.Migration):
    dependencies = [("studio", "0002_walls_and_functions")]

    operations = [migrations.RunPython(add_models)]
