from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studio", "0007_composites")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="end_user",
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
