"""Where a counter is missing, `accounts_take` locks none of them. The caller makes the missing ones, in the order of
the locks, and takes again. To lock some, and then to wait for others that were being made, ended in deadlocks."""

from importlib import import_module

from django.db import migrations

counting = import_module("accounts.migrations.0011_counting")

TAKE = f"""
CREATE OR REPLACE FUNCTION accounts_take(
    _org bigint, _is_play boolean, _micros bigint, _images bigint, {counting.PLACES}) {counting.FOUND}
    IF cardinality(_ids) > (
        SELECT count(*) FROM unnest(_subjects, _ids, _periods, _starts) AS p(subject, subject_id, period, starts_on)
        JOIN accounts_counter c USING (subject, subject_id, period, starts_on)
        WHERE c.org_id = _org AND c.is_play = _is_play
    ) THEN
        RETURN;
    END IF;
    RETURN QUERY {counting.COUNTERS}, taken AS (
        UPDATE accounts_counter c
        SET held_micros = c.held_micros + _micros, held_images = c.held_images + _images
        FROM locked
        WHERE c.id = locked.id AND (SELECT count(*) = cardinality(_ids) AND bool_and(l.fits) FROM locked l)
    )
    SELECT l.subject::text, l.subject_id, l.period::text, l.starts_on, l.allowed_micros, l.allowed_images,
           l.spent_micros, l.held_micros, l.spent_images, l.held_images, l.fits
    FROM locked l;
END $$
"""  # noqa: S608 our own words
AS_BEFORE = counting.TAKE.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION")


class Migration(migrations.Migration):
    dependencies = [("accounts", "0015_audit_entries")]

    operations = [migrations.RunSQL(TAKE, AS_BEFORE)]
