"""The operator's corner: what staff may see and do there, and what stays closed to them."""

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import AuditEntry, Organization, User
from saas.database import tenancy
from tests.conftest import SignIn, actions, make_person
from tests.saas.conftest import House

INDEX = "/-/operator/"
ORGANIZATIONS = "/-/operator/accounts/organization/"
PEOPLE = "/-/operator/accounts/user/"
OWN_LOG = "/-/operator/accounts/auditentry/"


@pytest.fixture
def olga(db: None) -> User:
    return make_person("Olga", is_staff=True, is_superuser=True)


@pytest.fixture
def corner(olga: User, sign_in: SignIn) -> Client:
    return sign_in(olga)


def own_log() -> list[tuple[str, str]]:
    with tenancy.operator():
        return list(AuditEntry.objects.filter(org=None).order_by("pk").values_list("action", "target"))


def choose(client: Client, action: str, org: Organization) -> int:
    data = {"action": action, "_selected_action": [str(org.pk)]}
    return client.post(ORGANIZATIONS, data, follow=True).status_code


def test_only_classes_made_for_operators_stand_in_the_corner() -> None:
    """Libraries would bring e-mail addresses to verify, second factors to remove, tokens to read."""
    assert {model._meta.label for model in admin.site._registry} == {
        "accounts.Organization",
        "accounts.User",
        "accounts.AuditEntry",
        "billing.Price",
    }


@pytest.mark.parametrize("url", [INDEX, ORGANIZATIONS, PEOPLE, OWN_LOG, "/-/operator/nothing/", "/-/operator/jsi18n/"])
def test_for_a_person_who_is_no_operator_there_is_no_corner(url: str, ours: House, sign_in: SignIn) -> None:
    assert sign_in(ours.owner).get(url).status_code == 404


@pytest.mark.parametrize("url", [INDEX, ORGANIZATIONS, PEOPLE])
def test_who_is_not_signed_in_is_sent_to_darkrooms_own_sign_in(url: str, db: None) -> None:
    answer = Client().get(url, follow=True)
    place, _ = answer.redirect_chain[-1]
    assert place.startswith("/accounts/login/?next=")
    assert not User.objects.exists()


def test_django_s_own_sign_in_is_not_served(olga: User) -> None:
    answer = Client().post("/-/operator/login/", {"username": olga.email, "password": "correct horse battery"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


@pytest.mark.parametrize("url", [INDEX, ORGANIZATIONS, PEOPLE, OWN_LOG])
def test_staff_without_permissions_see_nothing(url: str, ours: House, sign_in: SignIn) -> None:
    answer = sign_in(make_person("Sam", is_staff=True)).get(url)
    assert answer.status_code == (200 if url == INDEX else 403)
    assert ours.org.name not in answer.content.decode()


def test_the_operator_sees_organizations_and_people(corner: Client, ours: House, theirs: House) -> None:
    organizations = corner.get(ORGANIZATIONS).content.decode()
    assert all(house.org.slug in organizations for house in (ours, theirs))
    assert re.findall(r'field-members">(\d+)<', organizations) == ["1", "2"]  # rival's, acme's
    people = corner.get(PEOPLE).content.decode()
    assert all(house.owner.email in people for house in (ours, theirs))


def test_no_page_of_the_corner_shows_a_key_a_connection_or_an_invitation(corner: Client, ours: House) -> None:
    pages = [INDEX, ORGANIZATIONS, f"{ORGANIZATIONS}{ours.org.pk}/change/", PEOPLE, OWN_LOG]
    shown = "".join(corner.get(page).content.decode() for page in [*pages, f"{PEOPLE}{ours.owner.pk}/change/"])
    assert ours.owner.email in shown
    for hidden in (ours.key.name, ours.key.prefix, "Sandbox", ours.invitation.email, "pbkdf2", "md5$"):
        assert hidden not in shown


@pytest.mark.parametrize("name", ["apikey", "invitation", "providerconnection", "membership"])
def test_other_tables_have_no_page_in_the_corner(name: str, corner: Client, ours: House) -> None:
    assert corner.get(f"/-/operator/accounts/{name}/").status_code == 404


@pytest.mark.parametrize("url", [ORGANIZATIONS, PEOPLE])
def test_a_list_leaves_a_row_in_the_operators_log(url: str, corner: Client, ours: House) -> None:
    corner.get(url)
    assert own_log() == [("operator.listed", url.split("/")[-2])]
    assert "operator.listed" in corner.get(OWN_LOG).content.decode()


def test_opening_an_organization_leaves_a_row_that_its_admins_see(
    corner: Client, olga: User, ours: House, theirs: House, sign_in: SignIn
) -> None:
    before = actions(ours.org), actions(theirs.org)
    assert corner.get(f"{ORGANIZATIONS}{ours.org.pk}/change/").status_code == 200
    assert actions(ours.org) == [*before[0], "operator.looked"]
    assert actions(theirs.org) == before[1]
    page = sign_in(ours.owner).get("/o/acme/audit/").content.decode()
    assert "looked at the organization (operator)" in page
    assert olga.email in page


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_organizations_are_neither_made_nor_removed_here(page: str, corner: Client, ours: House) -> None:
    url = ORGANIZATIONS + page.format(pk=ours.org.pk)
    assert corner.get(url).status_code == 403
    assert corner.post(url, {"post": "yes"}).status_code == 403
    with tenancy.operator():
        assert Organization.objects.count() == 1


def test_an_organization_cannot_be_changed_here(corner: Client, ours: House) -> None:
    answer = corner.post(f"{ORGANIZATIONS}{ours.org.pk}/change/", {"name": "Changed", "slug": "changed"})
    assert answer.status_code == 403
    with tenancy.tenant(ours.org.pk):
        assert Organization.objects.get().name == "Acme"


def test_suspending_shuts_everybody_out_and_restoring_lets_them_in(
    corner: Client, ours: House, theirs: House, sign_in: SignIn
) -> None:
    alice, program = sign_in(ours.owner), Client(headers={"Authorization": f"Bearer {ours.token}"})
    assert program.get("/api/v1/key").status_code == 200
    before = actions(ours.org)
    assert choose(corner, "suspend", ours.org) == 200
    assert alice.get("/o/acme/").status_code == 403
    assert program.get("/api/v1/key").status_code == 401
    assert sign_in(theirs.owner).get("/o/rival/").status_code == 200
    assert choose(corner, "suspend", ours.org) == 200  # again: nothing more happens
    assert choose(corner, "restore", ours.org) == 200
    assert alice.get("/o/acme/").status_code == 200
    assert program.get("/api/v1/key").status_code == 200
    assert actions(ours.org) == [*before, "operator.suspended", "operator.restored"]
    assert "suspended the organization (operator)" in alice.get("/o/acme/audit/").content.decode()


def test_staff_who_may_only_look_cannot_suspend(ours: House, sign_in: SignIn) -> None:
    sam = make_person("Sam", is_staff=True)
    sam.user_permissions.add(Permission.objects.get(codename="view_organization"))
    before = actions(ours.org)
    client = sign_in(sam)
    assert ours.org.slug in client.get(ORGANIZATIONS).content.decode()
    choose(client, "suspend", ours.org)
    assert actions(ours.org) == before
    assert sign_in(ours.owner).get("/o/acme/").status_code == 200


@pytest.mark.parametrize("url", ["/o/acme/", "/o/acme/team/", "/o/acme/keys/", "/o/acme/settings/", "/o/acme/audit/"])
def test_an_operator_is_a_stranger_to_every_organization(url: str, corner: Client, ours: House) -> None:
    corner.get(f"{ORGANIZATIONS}{ours.org.pk}/change/")
    assert corner.get(url).status_code == 404


def _save(client: Client, user: User, **fields: str) -> int:
    return client.post(f"{PEOPLE}{user.pk}/change/", fields).status_code


def test_shutting_a_person_out_works_at_once_and_is_told(corner: Client, ours: House, sign_in: SignIn) -> None:
    alice = sign_in(ours.owner)
    assert alice.get("/o/acme/").status_code == 200
    assert _save(corner, ours.owner) == 302  # no box is ticked
    assert alice.get("/o/acme/").status_code == 302
    assert own_log() == [("operator.person_changed", ours.owner.email)]
    with tenancy.operator():
        assert AuditEntry.objects.get(org=None).details == {"is_active": False}


def test_saving_a_person_unchanged_leaves_no_row(corner: Client, ours: House) -> None:
    assert _save(corner, ours.owner, is_active="on") == 302
    assert own_log() == []


def test_shutting_a_person_out_ends_their_sockets(
    corner: Client,
    ours: House,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: Callable[..., object],
) -> None:
    told: list[object] = []
    monkeypatch.setattr("saas.broadcast.announce", lambda group, message: told.append((group, message)))
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[attr-defined]
        _save(corner, ours.owner)
    assert told == [(f"person.{ours.org.pk}.{ours.owner.pk}", {"type": "access.ended"})]


def test_staff_cannot_make_themselves_more_than_they_are(ours: House, sign_in: SignIn) -> None:
    sam = make_person("Sam", is_staff=True)
    sam.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    assert _save(sign_in(sam), sam, is_active="on", is_staff="on", is_superuser="on") == 302
    sam.refresh_from_db()
    assert (sam.is_active, sam.is_staff, sam.is_superuser) == (True, True, False)
    assert own_log() == []


def test_a_crafted_form_changes_neither_the_address_nor_the_password_of_a_person(corner: Client, ours: House) -> None:
    before = ours.owner.password
    _save(corner, ours.owner, is_active="on", email="olga@example.com", password="x", name="Olga", code="x")
    ours.owner.refresh_from_db()
    assert (ours.owner.email, ours.owner.name, ours.owner.password) == ("alice@example.com", "Alice", before)


@pytest.mark.parametrize("page", ["add/", "{pk}/change/", "{pk}/delete/"])
def test_the_operators_log_cannot_be_edited(page: str, corner: Client, ours: House) -> None:
    corner.get(ORGANIZATIONS)
    with tenancy.operator():
        entry = AuditEntry.objects.get(org=None)
    assert corner.post(OWN_LOG + page.format(pk=entry.pk), {"post": "yes"}).status_code == 403
    assert own_log() == [("operator.listed", "organization")]


def test_an_organizations_log_is_not_in_the_operators(corner: Client, ours: House) -> None:
    with tenancy.tenant(ours.org.pk):
        entry = AuditEntry.objects.filter(action="api_key.made").get()
    assert "api_key.made" not in corner.get(OWN_LOG).content.decode()
    assert corner.get(f"{OWN_LOG}{entry.pk}/change/").status_code == 302  # there is no such entry here
