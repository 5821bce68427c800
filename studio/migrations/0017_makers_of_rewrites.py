from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studio", "0016_rewrites")]

    operations = [
        migrations.AddField("rewriteticket", "maker_id", models.BigIntegerField(null=True)),
    ]
