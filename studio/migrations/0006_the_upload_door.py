"""An input gets a preview, and a mask says that it is one. No page could make inputs before, so none lacks a
preview."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("studio", "0005_where_runs_come_from")]

    operations: ClassVar = [
        migrations.AddField(model_name="input", name="is_mask", field=models.BooleanField(default=False)),
        migrations.AddField(
            model_name="input",
            name="preview",
            field=models.CharField(default="", max_length=200),
            preserve_default=False,
        ),
    ]
