"""How PostgreSQL cleans up after the tables that every picture changes."""

from datetime import date

import pytest
from django.db import connection
from django.db.models import F

from accounts.models import Counter, Organization, Period, Subject
from saas.database import tenancy

QUEUE = {
    "autovacuum_vacuum_scale_factor": "0",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_analyze_scale_factor": "0",
    "autovacuum_analyze_threshold": "1000",
    "autovacuum_vacuum_cost_delay": "0",
}
GROWING = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "1000",
    "autovacuum_analyze_scale_factor": "0.02",
    "fillfactor": "85",
}
CHOSEN = {
    "studio_ticket": QUEUE,
    "studio_batchticket": QUEUE,
    "studio_chunkticket": QUEUE,
    "studio_rewriteticket": QUEUE,
    "studio_compositeticket": QUEUE,
    "studio_previewticket": QUEUE,
    "accounts_deliveryticket": QUEUE,
    "django_session": QUEUE,
    "accounts_counter": {**QUEUE, "fillfactor": "50"},
    "studio_slot": GROWING,
    "accounts_hold": GROWING,
    "accounts_delivery": GROWING,
}


@pytest.mark.django_db
@pytest.mark.parametrize("table", CHOSEN)
def test_hot_tables_are_vacuumed_by_what_has_changed(table: str) -> None:
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
