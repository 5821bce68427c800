"""The database refuses to change the ledger, whoever asks in whatever words."""

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction

from accounts.models import Hold, Organization, User
from billing import ledger
from billing.models import Entry, EntryKind
from saas.database import tenancy
from tests.support.text_holds import hold

pytestmark = pytest.mark.django_db
TABLES = ["billing_entry", "billing_snapshot"]


@pytest.fixture
def written(acme: Organization, alice: User) -> Hold:
    (held,) = hold(acme, alice, 10)
    with tenancy.tenant(acme.pk):
        ledger.write(held, EntryKind.CHARGE, micros=7, images=1)
        ledger.snapshot(acme, is_play=False)
    return held


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("statement", ["UPDATE {} SET micros = 0", "UPDATE {} SET at = now()", "DELETE FROM {}"])
def test_raw_sql_is_refused(statement: str, table: str, acme: Organization, written: Hold) -> None:
    with (
        pytest.raises(ProgrammingError, match="only grows"),
        tenancy.tenant(acme.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))
    with tenancy.tenant(acme.pk):
        assert ledger.total(acme) == (7, 1)


@pytest.mark.parametrize("table", TABLES)
def test_it_cannot_be_emptied(table: str, written: Hold) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER refuse_truncate")  # the tests switch it off for themselves
        with pytest.raises(ProgrammingError, match="TRUNCATE is refused"), transaction.atomic():
            cursor.execute(f"TRUNCATE {table}")


@pytest.mark.parametrize("kind", [EntryKind.CHARGE, EntryKind.UNCERTAIN, EntryKind.RESOLUTION])
def test_of_each_kind_a_hold_has_one_entry(kind: EntryKind, acme: Organization, alice: User) -> None:
    (held,) = hold(acme, alice, 10)
    with tenancy.tenant(acme.pk):
        ledger.write(held, kind)
        with pytest.raises(IntegrityError), transaction.atomic():
            ledger.write(held, kind)
        assert Entry.objects.count() == 1


def test_only_a_correction_is_negative_and_what_is_uncertain_is_not_paid(acme: Organization, alice: User) -> None:
    (held,) = hold(acme, alice, 10)
    with tenancy.tenant(acme.pk):
        for kind, micros in ((EntryKind.CHARGE, -1), (EntryKind.UNCERTAIN, 5)):
            with pytest.raises(IntegrityError), transaction.atomic():
                ledger.write(held, kind, micros=micros)
        ledger.write(held, EntryKind.CORRECTION, micros=-1)
        assert ledger.total(acme).micros == -1
