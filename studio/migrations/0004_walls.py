"""Row-level security on everything that a run is made of. The line (`studio_ticket`) holds ids and limits only, for all
organizations together, and the catalogue is everybody's."""

from typing import ClassVar

from django.db import migrations

from saas.database.tenancy import Wall

TABLES = [
    "studio_run",
    "studio_runevent",
    "studio_slot",
    "studio_output",
    "studio_partial",
    "studio_input",
    "studio_runinput",
]


class Migration(migrations.Migration):
    dependencies: ClassVar = [("studio", "0003_runs")]

    operations: ClassVar = [Wall(table) for table in TABLES]
