"""What only grows may be emptied of a person's names, and deleted with its organization, where a transaction says that
this is what it does. Nothing else of such a row can be changed, and no row of an organization that lives be deleted."""

from django.db import migrations, models

BEFORE = """
CREATE OR REPLACE FUNCTION darkroom_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
"""
ERASABLE = """
CREATE OR REPLACE FUNCTION darkroom_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    names text[];
BEGIN
    IF TG_LEVEL = 'ROW' AND current_setting('app.erasing', true) = 'on' THEN
        names := CASE TG_TABLE_NAME
            WHEN 'accounts_auditentry' THEN
                ARRAY['actor_label', 'target', 'details', 'address', 'agent', 'request_id']
            WHEN 'billing_entry' THEN
                ARRAY['user_label', 'key_label', 'connection_label', 'by_label', 'note', 'project',
                      'model', 'quality', 'size', 'request_id']
            WHEN 'billing_closedmonth' THEN ARRAY['by_label']
            ELSE ARRAY[]::text[]
        END;
        IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - names = to_jsonb(OLD) - names THEN
            RETURN NEW;
        END IF;
        IF TG_OP = 'DELETE' AND EXISTS (
            SELECT FROM accounts_organization o WHERE o.id = OLD.org_id AND o.deleted_at IS NOT NULL
        ) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION '% only grows: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0018_earlier_foundings")]

    operations = [
        migrations.CreateModel(
            name="PastLoan",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("month", models.DateField(unique=True)),
                ("micros", models.BigIntegerField(default=0)),
                ("images", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.RunSQL(ERASABLE, BEFORE),
    ]
