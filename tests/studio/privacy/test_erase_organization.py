"""bin/manage erase_organization: said first, then done, whole, and only to that one."""

import io
import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import ProgrammingError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Circuit, Counter, Organization, PastLoan, User
from accounts.people import organizations as verbs
from billing import ledger
from billing.models import EntryKind
from saas.database import tenancy
from studio.engine import rescue
from studio.files import inventory
from studio.gallery import retention
from studio.models import SearchEntry, Slot, Ticket
from studio.privacy import organizations
from studio.privacy.receipts import checksum
from tests.conftest import SignIn, must_be_member
from tests.saas.conftest import furnish
from tests.studio.privacy import dump
from tests.support import ended_runs as ended
from tests.support.gallery_pictures import made
from tests.support.raw_walls import tenant_models
from tests.support.text_holds import hold, settle

pytestmark = pytest.mark.django_db
A_MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path
    return tmp_path / "media"


def erase(*arguments: str) -> str:
    out = io.StringIO()
    call_command("erase_organization", *arguments, stdout=out)
    return out.getvalue()


def rows_of(org: Organization) -> dict[str, int]:
    with tenancy.tenant(org.pk):
        return {model.__name__: model._default_manager.count() for model in tenant_models()}


def end_line() -> None:
    Ticket.objects.all().delete()


@pytest.fixture
def full(acme: Organization, alice: User, bob: User) -> Organization:
    """Acme with a row in every table and files of every kind."""
    furnish(acme, alice)
    made(acme, bob, "Secret merger")
    ended.given(acme, bob, "cat.png")
    default_storage.save(f"{acme.code}/exports/{uuid4()}.csv", io.BytesIO(b"a,b"))
    end_line()
    return acme


def test_without_yes_it_is_only_said(full: Organization, media: Path) -> None:
    before, stored = rows_of(full), sum(1 for _ in inventory.stored(str(full.code)))
    said = erase("acme")
    assert "Nothing is erased yet" in said
    assert f"files: {stored}" in said
    assert "studio.run: 2" in said
    assert rows_of(full) == before
    assert sum(1 for _ in inventory.stored(str(full.code))) == stored


def test_afterwards_nothing_of_it_is_left_and_all_of_the_other_is(
    full: Organization, rival: Organization, charlie: User, media: Path
) -> None:
    furnish(rival, charlie)
    (theirs,) = made(rival, charlie)
    end_line()
    kept = rows_of(rival)
    code = str(full.code)
    receipt = json.loads(erase("acme", "--yes"))
    assert rows_of(full) == dict.fromkeys(rows_of(full), 0)
    assert not (media / code).exists()
    assert not SearchEntry.objects.filter(org_id=full.pk).exists()
    assert rows_of(rival) == kept
    assert default_storage.exists(theirs.file)
    # The receipt, which names nobody, and the operator's log know the code; no other table does.
    assert dump.where(code) == ["accounts_auditentry"]
    assert receipt["counts"]["studio.run"] == 2
    assert receipt["counts"]["billing.entry"] == 1
    assert receipt["sha256"] == checksum(receipt)
    assert "acme" not in json.dumps(receipt).lower()
    with tenancy.operator():
        entry = AuditEntry.objects.get(org=None)
    assert (entry.action, entry.target) == ("operator.organization_erased", code)
    with pytest.raises(CommandError, match="already been erased"):
        erase("acme", "--yes")


@pytest.mark.parametrize("step", ["_drop_rescued", "_drop_by_id", "_drop_circuits", "_finish"])
def test_interrupted_it_goes_on_where_it_was(
    step: str, full: Organization, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(organizations, step, _fails)
        with pytest.raises(ConnectionError):
            erase("acme", "--yes")
    erase("acme", "--yes")
    assert rows_of(full) == dict.fromkeys(rows_of(full), 0)
    assert not (media / str(full.code)).exists()


def test_interrupted_between_two_files_and_between_two_tables(
    full: Organization, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = default_storage.delete, iter(range(1000))

    def fails_at_the_third(name: str) -> None:
        if next(calls) == 2:
            raise ConnectionError
        whole(name)

    with monkeypatch.context() as patch:
        patch.setattr(default_storage, "delete", fails_at_the_third)
        with pytest.raises(CommandError, match="not deleted 1 files"):
            erase("acme", "--yes")
    drop, tables = organizations._drop, iter(range(1000))

    def fails_at_the_tenth(model: Any, org: Organization) -> int:
        if next(tables) == 10:
            raise ConnectionError
        return drop(model, org)

    with monkeypatch.context() as patch:
        patch.setattr(organizations, "_drop", fails_at_the_tenth)
        with pytest.raises(ConnectionError):
            erase("acme", "--yes")
    erase("acme", "--yes")
    assert rows_of(full) == dict.fromkeys(rows_of(full), 0)
    assert not (media / str(full.code)).exists()


def test_more_than_one_batch(full: Organization, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(organizations, "AT_ONCE", 2)
    made(full, bob, count=5)
    end_line()
    erase("acme", "--yes")
    assert rows_of(full) == dict.fromkeys(rows_of(full), 0)


def test_what_the_lent_key_was_used_for_stays_as_a_sum(
    acme: Organization, rival: Organization, alice: User, charlie: User
) -> None:
    for org, by, micros in ((acme, alice, 700), (rival, charlie, 50)):
        (held,) = hold(org, by, 1000, is_lent=True)
        with tenancy.tenant(org.pk):
            ledger.write(held, EntryKind.CHARGE, micros=micros, images=1)
        settle(held, micros)
    assert "stays: months of the lent key: 1" in erase("acme")
    erase("acme", "--yes"), erase("rival", "--yes")
    (past,) = PastLoan.objects.all()
    assert (past.micros, past.images, past.month.day) == (750, 2, 1)
    assert dump.where("acme", "rival") == []
    call_command("reconcile", stdout=io.StringIO())


def test_a_hold_stops_it(full: Organization, alice: User) -> None:
    with tenancy.tenant(full.pk):
        retention.place_legal_hold(by=must_be_member(full, alice), reason="A lawsuit")
    before = rows_of(full)
    with pytest.raises(CommandError, match="A legal hold stops all deletion"):
        erase("acme", "--yes")
    assert rows_of(full) == before


def test_what_waits_leaves_the_line_and_what_is_being_made_is_waited_for(
    full: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(organizations, "PATIENCE_SECONDS", 0.0)
    made(full, bob, count=3)
    ticket = Ticket.objects.filter(org_id=full.pk).order_by("pk").first()
    assert ticket is not None
    held = Ticket.objects.filter(pk=ticket.pk)
    held.update(worker=uuid4(), lease_until=timezone.now() + A_MINUTE)
    with pytest.raises(CommandError, match="1 pictures are still being made"):
        erase("acme", "--yes")
    assert [(row.pk, row.is_stopping) for row in Ticket.objects.all()] == [(ticket.pk, True)]
    held.delete()
    erase("acme", "--yes")
    assert not Slot.objects.exists()


def test_a_worker_that_died_is_not_waited_for(full: Organization, bob: User) -> None:
    made(full, bob)
    Ticket.objects.update(worker=uuid4(), lease_until=timezone.now() - A_MINUTE)
    erase("acme", "--yes")
    assert not Ticket.objects.exists()


def test_rescued_pictures_go_and_those_of_others_stay(full: Organization, rival: Organization, charlie: User) -> None:
    (theirs,) = made(rival, charlie)
    end_line()
    with tenancy.tenant(full.pk):
        slot = Slot.objects.filter(org=full).first()
    assert slot is not None
    folder = rescue.folder()
    rescue.unread_folder().mkdir(parents=True)
    ours = [folder / f"{slot.code}-1.json", rescue.unread_folder() / f"{slot.code}-1.bin"]
    other = folder / f"{theirs.slot.code}-1.json"
    for path in (*ours, other):
        path.write_bytes(b"{}")
    assert json.loads(erase("acme", "--yes"))["counts"]["rescued files"] == 2
    assert [path.exists() for path in (*ours, other)] == [False, False, True]


def test_circuits_of_its_connections_go(full: Organization) -> None:
    with tenancy.tenant(full.pk):
        ids = list(full.connections.values_list("pk", flat=True))
    Circuit.objects.create(connection_id=ids[0])
    Circuit.objects.create(connection_id=10**9)
    erase("acme", "--yes")
    assert list(Circuit.objects.values_list("pk", flat=True)) == [10**9]


def test_of_two_that_had_one_address_the_code_says_which(acme: Organization, alice: User) -> None:
    with tenancy.tenant(acme.pk):
        verbs.delete(org=acme, by=must_be_member(acme, alice))
    second = verbs.found(name="Acme again", slug="acme", by=alice)
    with pytest.raises(CommandError, match="2 organizations have had this address"):
        erase("acme", "--yes")
    erase(str(acme.code), "--yes")
    with tenancy.operator():
        assert list(Organization.objects.values_list("code", flat=True)) == [second.code]


def test_people_stay_and_see_it_no_more(full: Organization, bob: User, sign_in: SignIn) -> None:
    client: Client = sign_in(bob)
    assert client.get("/o/acme/").status_code == 200
    erase("acme", "--yes")
    assert client.get("/o/acme/").status_code == 404
    assert client.get("/me/").status_code == 200


@pytest.mark.parametrize("table", ["accounts_auditentry", "billing_entry", "billing_snapshot", "billing_closedmonth"])
def test_what_only_grows_of_one_that_lives_is_not_deleted_even_while_erasing(table: str, full: Organization) -> None:
    with (
        pytest.raises(ProgrammingError, match="only grows"),
        tenancy.tenant(full.pk),
        tenancy.erasing(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"DELETE FROM {table}")  # noqa: S608
    assert rows_of(full)["Entry"] == 1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_entry SET micros = micros + 1, user_label = 'x'",
        "UPDATE billing_entry SET user_id = 0",
        "UPDATE billing_closedmonth SET micros = micros + 1",
        "UPDATE billing_snapshot SET micros = micros + 1",
        "UPDATE accounts_auditentry SET action = 'x'",
        "UPDATE accounts_auditentry SET at = now()",
        "UPDATE accounts_auditentry SET actor_id = NULL",
    ],
)
def test_while_erasing_names_can_be_changed_and_nothing_else(statement: str, full: Organization) -> None:
    with (
        pytest.raises(ProgrammingError, match="only grows"),
        tenancy.tenant(full.pk),
        tenancy.erasing(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_erasing_ends_with_its_block(full: Organization) -> None:
    with tenancy.tenant(full.pk), connection.cursor() as cursor:
        with tenancy.erasing():
            cursor.execute("UPDATE accounts_auditentry SET agent = 'gone'")
        with pytest.raises(ProgrammingError, match="only grows"), transaction.atomic():
            cursor.execute("UPDATE accounts_auditentry SET agent = 'again'")


def test_counters_of_the_lent_key_outlive_everything_but_the_end(full: Organization) -> None:
    with tenancy.tenant(full.pk):
        Counter.objects.create(
            org=full,
            subject="loan",
            subject_id=full.pk,
            period="month",
            starts_on="2026-10-01",
            is_play=False,
            spent_micros=5,
        )
    erase("acme", "--yes")
    assert [(str(past.month), past.micros) for past in PastLoan.objects.all()] == [("2026-10-01", 5)]


def _fails(*_: Any, **__: Any) -> None:
    raise ConnectionError
