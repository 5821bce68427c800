from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("studio", "0020_what_runs_leave")]

    operations = [
        migrations.AddField(model_name="run", name="awaited_by", field=models.IntegerField(editable=False, null=True)),
    ]
