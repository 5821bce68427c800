"""How PostgreSQL cleans up after the tables that every picture changes."""

from datetime import date
from importlib import import_module

import pytest
from django.db import connection
from django.db.models import F

from accounts.models import Counter, Organization, Period, Subject
from saas.database import tenancy

CHOSEN: dict[str, dict[str, str]] = import_module("studio.migrations.0022_hot_tables").CHOSEN


@pytest.mark.django_db
@pytest.mark.parametrize("table", CHOSEN)
def test_the_database_has_what_the_migration_says(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reloptions FROM pg_class WHERE oid = %s::regclass", [table])
        (options,) = cursor.fetchone()
    assert dict(option.split("=") for option in options) == CHOSEN[table]


def test_counting_leaves_no_new_entry_in_any_index(acme: Organization) -> None:
    hot = "SELECT pg_stat_get_xact_tuples_hot_updated('accounts_counter'::regclass)"
    with tenancy.tenant(acme.pk), connection.cursor() as cursor:
        counter = Counter.objects.create(
            org=acme,
            subject=Subject.ORGANIZATION,
            subject_id=0,
            period=Period.DAY,
            starts_on=date(2026, 11, 30),
            is_play=True,
        )
        cursor.execute(hot)
        (before,) = cursor.fetchone()
        for _ in range(10):
            Counter.objects.filter(pk=counter.pk).update(held_micros=F("held_micros") + 1, spent_micros=5)
        cursor.execute(hot)
        assert cursor.fetchone()[0] - before == 10
