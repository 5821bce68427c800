from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_erasing")]

    operations = [
        migrations.AddField("deliveryticket", "maker_id", models.BigIntegerField(null=True)),
    ]
