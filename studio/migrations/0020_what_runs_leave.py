from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studio", "0019_keyed_search")]

    operations = [
        migrations.AddField(model_name="run", name="cleared_at", field=models.DateTimeField(null=True)),
        migrations.AddField(
            model_name="retention",
            name="forgets_prompts",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
