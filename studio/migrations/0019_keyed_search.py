from django.db import migrations, models


class Migration(migrations.Migration):
    """A process of the version before leaves the column out: its entries count as made with the organization's code."""

    dependencies = [("studio", "0018_awaited_tickets")]

    operations = [
        migrations.AddField(model_name="searchentry", name="key_id", field=models.IntegerField(db_default=0)),
    ]
