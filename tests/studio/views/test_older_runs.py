"""The stream goes on for as long as there are runs: by cursor, page after page, nothing twice and nothing left out."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Kind, Run, Slot, Visibility
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def make_runs(org: Organization, by: User, count: int, **fields: str) -> list[Run]:
    """Waiting ones with two pictures each, oldest first."""
    asked = {"size": "1024x1024", "quality": "low", "n": 2, "partial_images": 2}
    with tenancy.tenant(org.pk):
        values = {"org": org, "maker": by, "kind": Kind.GENERATE, "model": "gpt-image-2", "asked": asked, "count": 2}
        made = Run.objects.bulk_create(Run(**values, prompt=f"lamp {number}", **fields) for number in range(count))
        Slot.objects.bulk_create(Slot(org=org, run=run, index=index) for run in made for index in range(2))
    return made


def shown(client: Client, address: str) -> tuple[list[str], str]:
    """The codes on it, and the address of what comes after."""
    answer = client.get(address)
    assert answer.status_code == 200
    text = answer.content.decode()
    older = re.search(r'data-older="([^"]+)"', text)
    return re.findall(r'data-run="([^"]+)"', text), older[1] if older else ""


def test_page_after_page_shows_every_run_once(acme: Organization, bob: User, sign_in: SignIn) -> None:
    made = make_runs(acme, bob, 70)
    client, address, seen, pages = sign_in(bob), "/o/acme/", [], 0
    while address:
        codes, address = shown(client, address)
        seen += codes
        pages += 1
    assert seen == [str(run.code) for run in reversed(made)]
    assert pages == 6


def test_without_script_older_runs_have_a_page_of_their_own(acme: Organization, bob: User, sign_in: SignIn) -> None:
    made = make_runs(acme, bob, 30)
    client = sign_in(bob)
    first, _ = shown(client, "/o/acme/")
    codes, _ = shown(client, f"/o/acme/?before={first[-1]}")
    assert codes == [str(run.code) for run in reversed(made)][len(first) : 2 * len(first)]
    assert "Newest" in client.get(f"/o/acme/?before={first[-1]}").content.decode()


def test_whoever_comes_back_to_a_place_gets_all_down_to_it(acme: Organization, bob: User, sign_in: SignIn) -> None:
    made = make_runs(acme, bob, 120)
    client = sign_in(bob)
    first, _ = shown(client, "/o/acme/")
    place = str(made[15].code)
    codes, _ = shown(client, f"/o/acme/runs/older/?before={first[-1]}&through={place}")
    assert codes == [str(run.code) for run in reversed(made)][len(first) : 105]
    assert codes[-1] == place


@pytest.mark.parametrize(
    "query", ["before=x&through=y", "before=&through=", "through=00000000-0000-0000-0000-000000000000"]
)
def test_nonsense_in_the_address_is_no_error(query: str, acme: Organization, bob: User, sign_in: SignIn) -> None:
    make_runs(acme, bob, 3)
    codes, older = shown(sign_in(bob), f"/o/acme/runs/older/?{query}")
    assert (len(codes), older) == (3, "")


def test_a_cursor_of_others_opens_nothing(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    theirs = make_runs(rival, charlie, 3)
    private = make_runs(acme, alice, 3, visibility=Visibility.PRIVATE)
    ours = make_runs(acme, bob, 2)
    client = sign_in(bob)
    for cursor in (theirs[-1], private[-1]):
        codes, _ = shown(client, f"/o/acme/runs/older/?before={cursor.code}&through={theirs[0].code}")
        assert not set(codes) & {str(run.code) for run in [*theirs, *private]}
    assert shown(client, "/o/acme/")[0] == [str(run.code) for run in reversed(ours)]


def test_a_long_page_asks_the_database_no_more_than_a_short_one(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)

    def count() -> int:
        client.get("/o/acme/runs/older/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/o/acme/runs/older/").status_code == 200
        return len(queries)

    make_runs(acme, bob, 1)
    few = count()
    make_runs(acme, bob, 23)
    assert count() == few


def test_the_studio_asks_the_database_fourteen_times(acme: Organization, bob: User, sign_in: SignIn) -> None:
    """Session; person with memberships; two walls; the draft, offer, circuit, limits, presets, styles; runs, their
    slots and inputs; alerts. The prompt bar and the top bar share the limits. Say what for when you add one. Each
    process also reads the catalogue every five seconds."""
    make_runs(acme, bob, 12)
    client = sign_in(bob)
    client.get("/o/acme/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/o/acme/").status_code == 200
    said = [query["sql"] for query in queries if not query["sql"].startswith(("SAVEPOINT", "RELEASE"))]
    asked = [sql for sql in said if "studio_imagemodel" not in sql]
    assert len(asked) == 14, "\n".join(asked)
