from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0014_organization_calls_at_once")]

    operations = [
        migrations.AlterModelOptions(name="auditentry", options={"verbose_name_plural": "audit entries"}),
    ]
