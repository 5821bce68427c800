"""The database refuses to change the audit log, whoever asks in whatever words."""

import pytest
from django.db import ProgrammingError, connection, transaction

from accounts.models import AuditEntry, Organization, User
from saas.database import tenancy
from tests.conftest import actions
from tests.support.snapshot import nothing_changes

STATEMENTS = [
    "UPDATE accounts_auditentry SET target = 'nothing'",
    "UPDATE accounts_auditentry SET at = now()",
    "UPDATE accounts_auditentry SET org_id = NULL",
    "DELETE FROM accounts_auditentry",
    "INSERT INTO accounts_auditentry SELECT * FROM accounts_auditentry ON CONFLICT (id) DO UPDATE SET target = ''",
    "WITH gone AS (DELETE FROM accounts_auditentry RETURNING id) SELECT count(*) FROM gone",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_raw_sql_is_refused(statement: str, acme: Organization) -> None:
    with (
        nothing_changes(),
        pytest.raises(ProgrammingError, match="only grows"),
        tenancy.tenant(acme.pk),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_the_operator_is_refused_too(acme: Organization) -> None:
    with nothing_changes(), tenancy.operator(), connection.cursor() as cursor:
        for statement in STATEMENTS[:4]:
            cursor.execute(statement)  # behind the wall there is nothing to change
            assert cursor.rowcount == 0


@pytest.fixture
def guarded(acme: Organization) -> None:
    """The tests switch this trigger off for themselves, as they empty their tables; here it is on again."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what still waits to be checked holds the table
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER refuse_truncate")


@pytest.mark.parametrize("statement", ["TRUNCATE accounts_auditentry", "TRUNCATE accounts_organization CASCADE"])
def test_the_whole_log_cannot_be_emptied(statement: str, guarded: None) -> None:
    with (
        nothing_changes(),
        pytest.raises(ProgrammingError, match="only grows: TRUNCATE is refused"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_objects_are_refused_like_sql(acme: Organization) -> None:
    with tenancy.tenant(acme.pk):
        entry = acme.audit_entries.get()
    entry.target = "nothing"
    with nothing_changes(), pytest.raises(ProgrammingError, match="only grows"), tenancy.tenant(acme.pk):
        entry.save(update_fields=["target"])
    with nothing_changes(), pytest.raises(ProgrammingError, match="only grows"), tenancy.tenant(acme.pk):
        entry.delete()


def test_a_row_cannot_be_written_for_another_organization(acme: Organization, rival: Organization, alice: User) -> None:
    with (
        nothing_changes(),
        pytest.raises(ProgrammingError, match="row-level security"),
        tenancy.tenant(rival.pk),
    ):
        AuditEntry.objects.create(org=acme, actor=alice, actor_label="Alice", action="audit.exported")
    assert actions(acme) == []
