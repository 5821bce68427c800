"""Enable row-level security, make the ledger append-only, and add the functions that write it."""

from pathlib import Path

from django.db import migrations

from saas.database.tenancy import Wall

SQL = Path(__file__).with_name("sql")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_walls_and_functions"), ("billing", "0001_tables")]

    operations = [
        Wall("billing_closedmonth"),
        Wall("billing_dayuse"),
        Wall("billing_dimensionuse"),
        Wall("billing_entry"),
        Wall("billing_export"),
        Wall("billing_flatprice"),
        Wall("billing_snapshot"),
        Wall("billing_subscription"),
        Wall("billing_usecursor"),
        migrations.RunSQL((SQL / "only_grows.sql").read_text()),
        migrations.RunSQL((SQL / "closed_months.sql").read_text()),
        migrations.RunSQL((SQL / "ledger.sql").read_text()),
    ]
