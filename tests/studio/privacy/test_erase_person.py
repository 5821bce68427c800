"""bin/manage erase_person: said first, then done, and afterwards the address stands in no table."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.contrib.postgres.fields import ArrayField
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import Error, transaction
from django.db.models import CharField, JSONField, TextField
from django.test import Client

from accounts import api_keys, audit
from accounts.models import ApiKey, AuditEntry, Invitation, Organization, Role, Scope, User
from accounts.people import invitations
from billing import exports, folding, ledger, reconciling
from billing.models import DayUse, Entry, EntryKind, Export
from saas.database import tenancy
from studio.gallery import retention
from studio.models import Charged, Comment, Draft, Input, Output, Preset, Run, RunInput, State, Thread, Visibility
from studio.privacy import people
from studio.privacy.receipts import checksum
from studio.prompt import drafts, presets
from studio.prompt.prompt_form import PromptForm
from tests.conftest import PASSWORD, SignIn, join, make_person, membership, must_be_member
from tests.saas.conftest import furnish
from tests.studio.api.keys import program
from tests.studio.gallery.test_search import found
from tests.studio.privacy import dump
from tests.studio.privacy.test_erase_organization import end_line
from tests.support import ended_runs as ended
from tests.support.gallery_pictures import made
from tests.support.text_holds import hold
from tests.support.threads import said, started

pytestmark = pytest.mark.django_db
EMAIL, NAME = "zebulon@example.com", "Zebulon Quirk"
OLD_EMAIL = "zeb.quirk@old.example"
ISSUERS_EMAIL = "zq@issuer.example"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT, settings.DATA_DIR = tmp_path / "media", tmp_path
    return tmp_path / "media"


@pytest.fixture
def zeb(acme: Organization) -> User:
    user = make_person("Zebulon")
    User.objects.filter(pk=user.pk).update(name=NAME)
    user.refresh_from_db()
    join(acme, user, Role.MEMBER)
    return user


def erase(*arguments: str, email: str = EMAIL) -> str:
    out = io.StringIO()
    call_command("erase_person", email, *arguments, stdout=out)
    return out.getvalue()


def stored(media: Path) -> set[str]:
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


@pytest.fixture
def lived(acme: Organization, zeb: User, alice: User, rival: Organization, sign_in: SignIn) -> User:
    """Zeb has been here for a while, and left traces in every corner."""
    member = must_be_member(acme, zeb)
    sign_in(zeb).get("/o/acme/", headers={"User-Agent": "Zeb's browser"})
    half = Client()
    session = half.session
    session["account_verified_email"] = EMAIL
    session.save()
    TOTP.activate(zeb, generate_totp_secret())
    zeb.groups.add(Group.objects.create(name="Helpers"))
    told = {"sub": "7", "email": ISSUERS_EMAIL, "preferred_username": EMAIL, "name": NAME}
    SocialAccount.objects.create(user=zeb, provider="oidc", uid="7", extra_data={"userinfo": told})
    EmailAddress.objects.create(user=zeb, email=OLD_EMAIL, verified=True)
    LogEntry.objects.create(
        user=alice,
        content_type=ContentType.objects.get_for_model(User),
        object_id=str(zeb.pk),
        object_repr=NAME,
        action_flag=2,
    )
    made(acme, zeb, f"A poster for {NAME}, write to {EMAIL.upper()}")
    made(acme, alice, f"“Contact:\n{EMAIL}”, and not jzebulon@example.com")
    end_line()
    with tenancy.tenant(acme.pk):
        key, _ = api_keys.make(org=acme, by=member, name=f"{NAME}'s laptop", scopes=[Scope.READ])
        drafts.save_draft(by=member, values=PromptForm(prompt=f"{NAME} at sea"))
        presets.make(by=member, name="Mine", values=PromptForm(prompt=NAME), with_prompt=True, is_shared=False)
        light = f"{NAME}’s light"  # noqa: RUF001
        presets.make(by=member, name=light, values=PromptForm(prompt=NAME), with_prompt=True, is_shared=True)
        run = Run.objects.filter(maker=zeb).get()
        Run.objects.filter(pk=run.pk).update(end_user=EMAIL, project=f"for {EMAIL}")
        Comment.objects.create(org=acme, run=run, author=zeb, text=f"Best, {NAME}")
        Comment.objects.create(org=acme, run=run, author=alice, text=f"Ask {EMAIL}.")
    with tenancy.tenant(rival.pk):
        owner = rival.memberships.select_related("org", "user").get()
        invitations.invite(org=rival, by=owner, email=EMAIL, role=Role.VIEWER)
    (held,) = hold(acme, zeb, 1000, api_key=key)
    with tenancy.tenant(acme.pk):
        purpose = {"user_label": f"{NAME} <{EMAIL}>", "key_code": str(key.code), "key_label": key.name}
        held.terms = {"purpose": purpose}
        held.save(update_fields=["terms"])
        ledger.write(held, EntryKind.CHARGE, micros=700, images=1)
        audit.record(org=acme, by=alice, action="member.role_changed", target=f"{NAME} <{EMAIL}>")
        audit.record(org=acme, by=alice, action="invitation.sent", target=ISSUERS_EMAIL)
        folding.fold(acme)
    with tenancy.operator():
        audit.record(org=None, by=alice, action="operator.person_changed", target=EMAIL)
    return zeb


def test_the_traces_are_there_to_be_found(lived: User) -> None:
    """So that the next test means something."""
    assert set(dump.where(EMAIL)) >= {
        "accounts_auditentry",
        "accounts_hold",
        "accounts_invitation",
        "accounts_user",
        "account_emailaddress",
        "billing_dayuse",
        "billing_dimensionuse",
        "billing_entry",
        "socialaccount_socialaccount",
        "studio_comment",
        "studio_run",
        "sessions, unpacked",
    }


def test_afterwards_neither_address_nor_name_stands_in_any_table(lived: User, acme: Organization) -> None:
    receipt = json.loads(erase("--yes"))
    told = (f'"{EMAIL}', f"<{EMAIL}", OLD_EMAIL, ISSUERS_EMAIL, NAME, "Zeb's br")
    assert dump.where(EMAIL.replace("zebulon", " zebulon"), *told) == []
    left = {table: rows for table, rows in dump.everything().items() if EMAIL in rows}
    assert set(left) <= {"studio_run"}  # where it is the end of somebody else's address
    assert all(
        "jzebulon@example.com" in rows and rows.count(EMAIL) == rows.count(f"j{EMAIL}") for rows in left.values()
    )
    assert EMAIL not in json.dumps(receipt)
    assert NAME not in json.dumps(receipt)
    assert receipt["sha256"] == checksum(receipt)


def test_what_was_the_persons_alone_goes_and_what_was_the_teams_stays(
    lived: User, acme: Organization, alice: User
) -> None:
    erase("--yes")
    with tenancy.tenant(acme.pk):
        (run,) = Run.objects.filter(maker=lived)
        assert run.prompt.startswith("A poster for Erased person, write to erased-")
        assert Output.objects.filter(run=run, purged_at=None).count() == 1
        assert [comment.text for comment in Comment.objects.filter(author=lived)] == ["Best, Erased person"]
        assert [preset.is_shared for preset in Preset.objects.filter(maker=lived)] == [True]
        assert not Draft.objects.filter(maker=lived).exists()
        entry = Entry.objects.get(user=lived)
        assert (entry.micros, entry.user_label.startswith("Erased person <erased-")) == (700, True)
        assert entry.key_label == "Key of an erased person"
        key = ApiKey.objects.get(maker=lived)
        assert key.revoked_at
        assert DayUse.objects.get(user_id=lived.pk).user_label == entry.user_label
        told = AuditEntry.objects.filter(actor=lived)
        assert set(told.values_list("address", "agent")) <= {(None, "")}
    assert membership(acme, lived) is None
    assert found(acme, "poster") != []
    assert found(acme, "quirk") == []
    user = User.objects.get(pk=lived.pk)
    assert (user.name, user.is_active, user.has_usable_password()) == ("Erased person", False, False)
    assert user.email.endswith("@erased.invalid")
    assert user.code != lived.code
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not Authenticator.objects.filter(user=user).exists()
    assert not user.groups.exists()
    assert not Client().login(email=EMAIL, password=PASSWORD)


def test_the_books_come_to_the_same(lived: User, acme: Organization) -> None:
    with tenancy.tenant(acme.pk):
        before = ledger.total(acme), reconciling.reconcile(acme)
    erase("--yes")
    with tenancy.tenant(acme.pk):
        assert (ledger.total(acme), reconciling.reconcile(acme)) == before
        assert ledger.total(acme) == (700, 1)


def test_without_yes_it_is_only_said(lived: User, media: Path) -> None:
    before, lay = dump.everything(), stored(media)
    said = erase()
    assert "Nothing is done yet" in said
    for line in ("API keys: 1", "memberships: 1", "sessions: 2", "e-mail addresses: 2", "studio.draft: 1"):
        assert line in said
    assert (dump.everything(), stored(media)) == (before, lay)


def test_private_runs_go_with_their_pictures_and_uploads(acme: Organization, zeb: User, bob: User, media: Path) -> None:
    (secret,) = made(acme, zeb, "My diary", visibility=Visibility.PRIVATE)
    (shared,) = made(acme, zeb, "Our poster")
    (other,) = made(acme, bob, "Bob's diary", visibility=Visibility.PRIVATE)
    end_line()
    mine, ours, unused = (ended.given(acme, zeb, "zeb.png") for _ in range(3))
    with tenancy.tenant(acme.pk):
        RunInput.objects.create(org=acme, run=secret.run, input=mine, number=1)
        RunInput.objects.create(org=acme, run=shared.run, input=ours, number=1)
        Comment.objects.create(org=acme, run=secret.run, author=zeb, text="Dear diary")
    erase("--yes")
    lies = stored(media)
    assert {shared.file, other.file, ours.file} <= lies
    assert not lies & {secret.file, secret.preview, secret.thumbnail, mine.file, mine.sent_file, unused.file}
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(pk=secret.run_id)
        assert (run.prompt, run.asked["prompt"]) == ("", "")
        assert [given.name for given in Input.objects.all()] == ["picture"]
        assert not Comment.objects.exists()
        assert Run.objects.get(pk=other.run_id).prompt == "Bob's diary"
    assert dump.where("diary") == ["studio_run"]  # Bob's


def test_exports_of_the_person_go_with_their_file(acme: Organization, zeb: User, media: Path) -> None:
    with tenancy.tenant(acme.pk):
        export = Export.objects.create(
            org=acme, maker=zeb, format="csv", first="2026-11-01", last="2026-11-02", is_play=False
        )
        exports.note(export, exports.write(export, upto=0))
        export.refresh_from_db()
    assert default_storage.exists(export.file)
    erase("--yes")
    assert not default_storage.exists(export.file)


def test_the_last_owner_is_not_erased_before_it_is_said_what_becomes_of_the_organization(
    acme: Organization, alice: User, bob: User
) -> None:
    before = dump.everything()
    for arguments in (
        ["--yes"],
        ["--yes", "--organization", "acme=nobody@example.com"],
        ["--yes", "--organization", "x"],
    ):
        with pytest.raises(CommandError):
            erase(*arguments, email=alice.email)
    assert dump.everything() == before
    assert "Acme (acme) would have no owner" in erase(email=alice.email)
    erase("--yes", "--organization", f"acme={bob.email}", email=alice.email)
    owner = must_be_member(acme, bob)
    assert owner.role == Role.OWNER
    assert dump.where(alice.email) == []


def test_an_organization_that_nobody_else_owns_can_be_erased_with_the_person(
    acme: Organization, alice: User, bob: User
) -> None:
    receipt = json.loads(erase("--yes", "--organization", "acme=erase", email=alice.email))
    assert receipt["counts"]["organizations erased"] == 1
    assert dump.where(alice.email, "acme") == []
    assert User.objects.get(pk=bob.pk).is_active


def test_a_second_owner_keeps_the_organization(acme: Organization, alice: User) -> None:
    other = make_person("Olga")
    join(acme, other, Role.OWNER)
    erase("--yes", email=alice.email)
    assert must_be_member(acme, other).is_owner


def test_a_hold_stops_it_before_anything_is_changed(acme: Organization, alice: User, zeb: User) -> None:
    with tenancy.tenant(acme.pk):
        retention.place_legal_hold(by=must_be_member(acme, alice), reason="A lawsuit")
    before = dump.everything()
    with pytest.raises(CommandError, match="A legal hold stops all deletion in Acme"):
        erase("--yes")
    assert dump.everything() == before


@pytest.mark.parametrize(
    "step",
    [
        "belongings.erase",
        "labels.in_organization",
        "scrubbing.everywhere",
        "scrubbing.beside_organizations",
        "_leave",
        "_account",
    ],
)
def test_interrupted_it_goes_on_where_it_was(step: str, lived: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(f"studio.privacy.people.{step}", fails)
        with pytest.raises(ConnectionError):
            erase("--yes")
    assert not User.objects.get(pk=lived.pk).is_active  # shut out at once
    erase("--yes")
    assert dump.where(f"<{EMAIL}", f'"{EMAIL}', NAME, OLD_EMAIL) == []
    erase("--yes")  # and once more changes nothing


def test_what_is_still_being_made_is_stopped_and_the_account_waits_for_it(acme: Organization, zeb: User) -> None:
    (secret,) = made(acme, zeb, "My diary", visibility=Visibility.PRIVATE)
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(pk=secret.run_id)
        slot = run.slots.create(org=acme, index=1, state="running")
    with pytest.raises(CommandError, match="still being made"):
        erase("--yes")
    with tenancy.tenant(acme.pk):
        assert Run.objects.get(pk=run.pk).cancel_asked_at
    assert User.objects.get(pk=zeb.pk).email == EMAIL
    with tenancy.tenant(acme.pk):
        slot.end(State.CANCELLED, charged=Charged.NO, now=run.created_at)
    erase("--yes")
    assert dump.where(EMAIL, "diary") == []


def test_an_address_without_an_account_is_taken_out_too(acme: Organization, alice: User, zeb: User) -> None:
    address = "guest@example.net"
    run = made(acme, zeb)[0].run
    with tenancy.tenant(acme.pk):
        invitations.invite(org=acme, by=must_be_member(acme, alice), email=address, role=Role.VIEWER)
        Run.objects.filter(pk=run.pk).update(end_user=f"mailto:{address}")
    EmailAddress.objects.create(user=zeb, email=address, verified=False)  # claimed, and never proved
    assert "No account has this address" in erase(email=address)
    erase("--yes", email=address)
    assert dump.where(address) == []
    with tenancy.tenant(acme.pk):
        assert not Invitation.objects.exists()
    assert User.objects.get(pk=zeb.pk).is_active


def test_an_address_that_is_somebody_elses_by_now_stays_theirs(acme: Organization, zeb: User) -> None:
    audit_as_old = User.objects.get(pk=zeb.pk)
    audit_as_old.email = "shared@example.com"
    with tenancy.tenant(acme.pk):
        audit.record(org=acme, by=audit_as_old, action="organization.renamed", target="Acme")
    heir = make_person("Shared")
    join(acme, heir, Role.MEMBER)
    erase("--yes")
    assert User.objects.get(pk=heir.pk).email == "shared@example.com"
    with tenancy.tenant(acme.pk):
        assert not AuditEntry.objects.filter(actor_label__contains=NAME).exists()


def test_two_rows_that_the_address_told_apart_both_stay(acme: Organization, zeb: User, alice: User) -> None:
    member = must_be_member(acme, alice)
    with tenancy.tenant(acme.pk):
        for name in (EMAIL, EMAIL.upper()):
            presets.make(by=member, name=name, values=PromptForm(), is_shared=True)
    erase("--yes")
    with tenancy.tenant(acme.pk):
        assert Preset.objects.count() == 2
    assert dump.where(EMAIL) == []


def test_whatever_column_of_whatever_table_holds_the_address(acme: Organization, zeb: User, alice: User) -> None:
    """Also those of tables that are still to be invented: a row of each, with the address in all that takes a text."""
    furnish(acme, alice)
    written = 0
    for model in dump.models():
        for field in model._meta.concrete_fields:
            value = _saying(field)
            if value is not None and not field.unique and _write(acme, model, field.attname, value):
                written += 1
    assert written > 60
    assert len(dump.where(EMAIL)) > 25
    people.erase(EMAIL)
    assert dump.where(EMAIL) == []


def _saying(field: Any) -> Any:
    if isinstance(field, JSONField):
        return {"told": [f"line\n{EMAIL}"], EMAIL: 1}
    if isinstance(field, ArrayField) and isinstance(field.base_field, CharField):
        return [EMAIL] if (field.base_field.max_length or 0) >= len(EMAIL) else None
    if isinstance(field, CharField | TextField) and (getattr(field, "max_length", None) or 999) > len(EMAIL):
        return EMAIL
    return None


def _write(org: Organization, model: Any, column: str, value: Any) -> bool:
    """Whether the database takes it there."""
    rows = model._base_manager
    if model is User:
        rows = rows.exclude(email=EMAIL)
    try:
        with tenancy.tenant(org.pk), tenancy.erasing(), transaction.atomic():
            first = rows.order_by("pk").values_list("pk", flat=True).first()
            return first is not None and rows.filter(pk=first).update(**{column: value}) == 1
    except Error:
        return False


def test_private_threads_go_and_the_teams_stay_without_the_name(acme: Organization, zeb: User, alice: User) -> None:
    _, private = started(acme, zeb, title="My secret", visibility="private")
    _, shared = started(acme, zeb, title=f"By {NAME}")
    turn = said(program(acme, alice), shared, "Bluer")
    end_line()
    erase("--yes")
    with tenancy.tenant(acme.pk):
        (left,) = Thread.objects.all()
        assert (str(left.code), NAME in left.title) == (shared, False)
        assert left.start is not None
        assert [str(one.code) for one in left.turns.all()] == [turn["id"]]
    assert dump.where("My secret", private) == []
