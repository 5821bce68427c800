"""What the `reads` policies open to who is not inside an organization: no more than they say, and never for writing."""

from collections.abc import Callable

import pytest
from django.db import ProgrammingError, connection

from accounts.models import AuditEntry, Organization, User
from saas.crypto import tokens
from saas.database import tenancy
from tests.saas.conftest import House
from tests.support import raw_walls
from tests.support.raw_walls import NOBODY

TABLES = raw_walls.tenant_tables()
Seen = dict[str, set[int]]


def _members(house: House) -> set[int]:
    return raw_walls.ids_seen("accounts_membership", house.settings)


def _of_bob(ours: House, theirs: House, bob: User) -> tuple[dict[str, str], Seen]:
    """A person: their own memberships and the organizations of these."""
    with raw_walls.asking(ours.settings) as cursor:
        cursor.execute("SELECT id FROM accounts_membership WHERE user_id = %s", [bob.pk])
        membership_ids = {row[0] for row in cursor.fetchall()}
    assert len(membership_ids) == 1
    seen = {"accounts_membership": membership_ids, "accounts_organization": {ours.org.pk}}
    return {"app.user": str(bob.pk)}, seen


def _of_a_key(ours: House, theirs: House, bob: User) -> tuple[dict[str, str], Seen]:
    return {"app.presented": tokens.hash_token(ours.token)}, {"accounts_apikey": {ours.key.pk}}


def _of_a_link(ours: House, theirs: House, bob: User) -> tuple[dict[str, str], Seen]:
    return {"app.presented": ours.invitation.token_hash}, {"accounts_invitation": {ours.invitation.pk}}


def _of_a_stranger(ours: House, theirs: House, bob: User) -> tuple[dict[str, str], Seen]:
    return {"app.user": "0", "app.presented": tokens.hash_token("something else")}, {}


def _of_the_operator(ours: House, theirs: House, bob: User) -> tuple[dict[str, str], Seen]:
    """Organizations, memberships and the operator's own audit rows: no key, no connection, no invitation."""
    with tenancy.operator():
        own = AuditEntry.objects.create(org=None, action="operator.listed", actor_label="Olga")
    seen = {
        "accounts_organization": {ours.org.pk, theirs.org.pk},
        "accounts_membership": _members(ours) | _members(theirs),
        "accounts_auditentry": {own.pk},
    }
    return {"app.operator": "on"}, seen


Asker = Callable[[House, House, User], tuple[dict[str, str], Seen]]
every_asker = pytest.mark.parametrize("asker", [_of_bob, _of_a_key, _of_a_link, _of_a_stranger, _of_the_operator])


@every_asker
def test_each_sees_what_is_said_and_nothing_else(asker: Asker, ours: House, theirs: House, bob: User) -> None:
    settings, expected = asker(ours, theirs, bob)
    assert {table: ids for table in TABLES if (ids := raw_walls.ids_seen(table, settings))} == expected


@every_asker
@raw_walls.over_every_table
def test_to_see_is_not_to_change(asker: Asker, table: str, ours: House, theirs: House, bob: User) -> None:
    settings, _ = asker(ours, theirs, bob)
    if asker is _of_the_operator and table == "accounts_auditentry":
        with pytest.raises(ProgrammingError, match="only grows"):
            raw_walls.deleted(table, settings)
    else:
        assert raw_walls.updated(table, settings) == 0
        assert raw_walls.deleted(table, settings) == 0
    with pytest.raises(ProgrammingError, match="row-level security"):
        raw_walls.insert(table, raw_walls.a_row(table, ours.settings), settings)


def test_a_person_cannot_raise_their_own_role(ours: House, bob: User) -> None:
    with raw_walls.asking({"app.user": str(bob.pk)}) as cursor:
        cursor.execute("UPDATE accounts_membership SET role = 'owner' WHERE user_id = %s", [bob.pk])
        assert cursor.rowcount == 0
        cursor.execute("SELECT role FROM accounts_membership")
        assert cursor.fetchall() == [("member",)]


def test_a_person_cannot_write_themselves_into_an_organization(ours: House, dora: User) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        raw_walls.asking({"app.user": str(dora.pk)}) as cursor,
    ):
        cursor.execute(
            "INSERT INTO accounts_membership (org_id, user_id, role, code, created_at)"
            " VALUES (%s, %s, 'owner', gen_random_uuid(), now())",
            [ours.org.pk, dora.pk],
        )


@pytest.mark.parametrize("act", ["FOR UPDATE", "FOR SHARE"])
def test_a_row_that_may_only_be_seen_cannot_be_locked(act: str, ours: House, bob: User) -> None:
    with raw_walls.asking({"app.user": str(bob.pk)}) as cursor:
        cursor.execute(f"SELECT id FROM accounts_membership {act}")  # noqa: S608
        assert cursor.fetchall() == []


@pytest.mark.parametrize("word", ["off", "ON", "true", "1", "on "])
def test_only_the_one_word_makes_an_operator(word: str, ours: House) -> None:
    assert raw_walls.ids_seen("accounts_organization", {"app.operator": word}) == set()


def test_the_operators_audit_rows_are_written_inside_the_operators_wall_alone(ours: House, bob: User) -> None:
    row = "INSERT INTO accounts_auditentry (code, at, action, actor_label, target, details, agent, request_id) VALUES (gen_random_uuid(), now(), 'operator.listed', '', '', '{}', '', '')"  # noqa: E501
    with raw_walls.asking({"app.operator": "on"}) as cursor:
        cursor.execute(row)
        assert cursor.rowcount == 1
    for settings in (NOBODY, ours.settings, {"app.user": str(bob.pk)}):
        with pytest.raises(ProgrammingError, match="row-level security"), raw_walls.asking(settings) as cursor:
            cursor.execute(row)


def test_an_organization_does_not_see_the_operators_audit_rows(ours: House) -> None:
    with tenancy.operator():
        AuditEntry.objects.create(org=None, action="operator.listed", actor_label="Olga")
    with tenancy.tenant(ours.org.pk):
        assert not AuditEntry.objects.filter(org=None).exists()


def test_a_person_sees_the_organizations_of_their_memberships_by_name(ours: House, theirs: House, alice: User) -> None:
    with tenancy.person(alice.pk):
        assert [org.slug for org in Organization.objects.all()] == ["acme"]


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_auditentry SET action = 'x'", "DELETE FROM accounts_auditentry"]
)
def test_the_audit_log_only_grows_even_for_its_own_organization(statement: str, ours: House) -> None:
    before = raw_walls.a_row("accounts_auditentry", ours.settings)
    with pytest.raises(ProgrammingError, match="only grows"), raw_walls.asking(ours.settings) as cursor:
        cursor.execute(statement)
    assert raw_walls.a_row("accounts_auditentry", ours.settings) == before


def test_the_audit_log_cannot_be_emptied_at_once(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_auditentry ENABLE TRIGGER refuse_truncate")  # as outside the tests
        with pytest.raises(ProgrammingError, match="only grows"):
            cursor.execute("TRUNCATE accounts_auditentry")
