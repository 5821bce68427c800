"""What the palette finds: pages, actions and settings that are open to the member, and what is called so."""

import pytest
from django.test import Client

from accounts import api_keys
from accounts import urls as accounts
from accounts.connections import registry
from accounts.models import Organization, Scope, User
from billing import urls as billing
from saas.database import tenancy
from studio import urls as studio
from studio.gallery import collections
from studio.models import Run, Visibility
from tests.conftest import SignIn, must_be_member
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db
FIND = "/o/acme/find/"
# Pages that need to know of what, and parts of pages.
PIECES = {"purse/", "queue/", "runs/older/", "runs/newer/", "second-factor/", "gallery/compare/", "shares/new/"} | {
    "booth/price/"
}


def names(client: Client, text: str = "") -> list[tuple[str, str]]:
    found = client.get(FIND, {"q": text} if text else {}).json()["data"]
    return [(each["group"], each["name"]) for each in found]


def test_every_place_opens(acme: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    places = client.get(FIND).json()["data"]
    assert len({each["url"] for each in places}) == len(places) >= 35
    for each in places:
        path = each["url"].partition("#")[0]
        if each["group"] != "You":  # those ask for the password again
            assert client.get(path).status_code == 200, each


def test_each_part_of_a_page_that_is_named_is_there(acme: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    parts = [each["url"] for each in client.get(FIND).json()["data"] if "#" in each["url"]]
    assert parts
    for url in parts:
        path, _, part = url.partition("#")
        assert f'id="{part}"' in client.get(path).content.decode(), url


def test_each_page_of_the_rail_and_below_is_found(acme: Organization, alice: User, sign_in: SignIn) -> None:
    """A page that is drawn without naming one thing, such as a run, can be found by its name."""
    found = {each["url"].partition("#")[0].partition("?")[0] for each in sign_in(alice).get(FIND).json()["data"]}
    client = sign_in(alice)
    others = [url for url in (f"/o/acme/{path}" for path in _plain_paths()) if url not in found]
    pages = {url.removeprefix("/o/acme/") for url in others if _is_page(client, url)}
    assert pages <= PIECES


def _is_page(client: Client, url: str) -> bool:
    answer = client.get(url)
    return answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")


def _plain_paths() -> list[str]:
    routes = [str(one.pattern) for app in (accounts, billing, studio) for one in app.organization]
    return [route for route in routes if "<" not in route]


def test_a_viewer_finds_only_what_is_open_to_them(acme: Organization, vera: User, sign_in: SignIn) -> None:
    found = {name for _, name in names(sign_in(vera))}
    assert {"Studio", "Bin", "Use it from code", "Months"} <= found
    assert not found & {"Connections", "Limits", "Delete the organization", "Make a collection", "Invite a person"}


def test_a_run_is_found_by_its_prompt_and_leads_to_its_page(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob, "A lighthouse at night")
    made(acme, bob, "Something else")
    (found,) = sign_in(bob).get(FIND, {"q": "lighthouse"}).json()["data"]
    with tenancy.tenant(acme.pk):
        run = Run.objects.get(pk=picture.run_id)
    assert found == {"name": "A lighthouse at night", "group": "Run", "url": f"/o/acme/runs/{run.code}/"}


def test_what_a_member_may_not_see_is_not_found(
    acme: Organization, rival: Organization, charlie: User, alice: User, bob: User, vera: User, sign_in: SignIn
) -> None:
    made(acme, bob, "A secret lamp", visibility=Visibility.PRIVATE)
    made(rival, charlie, "A secret tower")
    with tenancy.tenant(acme.pk):
        api_keys.make(org=acme, by=must_be_member(acme, alice), name="Secret key", scopes=[Scope.GENERATE])
        registry.add(org=acme, by=must_be_member(acme, alice), name="Secret one", kind="openai", key="sk-0123")
    assert names(sign_in(vera), "secret") == []
    assert names(sign_in(bob), "secret") == [("Run", "A secret lamp")]
    assert sorted(names(sign_in(alice), "secret")) == [("API key", "Secret key"), ("Connection", "Secret one")]


def test_people_and_collections_are_found_by_name(acme: Organization, bob: User, vera: User, sign_in: SignIn) -> None:
    with tenancy.tenant(acme.pk):
        one = collections.make(by=must_be_member(acme, bob), name="Verandas")
        vera_code = acme.memberships.get(user=vera).code
    found = sign_in(bob).get(FIND, {"q": "vera"}).json()["data"]
    assert found == [
        {"name": "Vera", "group": "Member", "url": f"/o/acme/team/#member-{vera_code}"},
        {"name": "Verandas", "group": "Collection", "url": f"/o/acme/collections/{one.code}/"},
    ]
