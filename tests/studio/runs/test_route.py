"""Which connection a run uses: the one that is named for it, else its key's, else its project's, else the default."""

from typing import Any

import openai
import pytest

from accounts.connections import registry
from accounts.connections.registry import BadConnection, Terms
from accounts.errors import Refused
from accounts.models import ApiKey, Hold, Organization, ProviderConnection, ProviderKind, User
from billing.prices import set_flat_price
from saas.database import tenancy
from studio.models import Run, Ticket
from tests.accounts.conftest import Post, post
from tests.conftest import SignIn, must_be_member
from tests.studio.api.keys import Program, program
from tests.studio.engine.test_worker import up
from tests.studio.gateway.inside import Inside, sdk
from tests.studio.prompt.test_draft import BAR
from tests.support.fake_provider import Upstream
from tests.support.snapshot import nothing_changes

pytestmark = pytest.mark.django_db
__all__ = ["post", "up"]
PIECE = {"HX-Request": "true"}
GONE = "The chosen connection may not be used any more. Choose another one, or ask an admin."


@pytest.fixture
def channel(acme: Organization, alice: User, up: Upstream) -> ProviderConnection:
    """A connection that may be chosen and that the project “Shop” uses, at three cents a picture."""
    with tenancy.tenant(acme.pk):
        return add(acme, alice, up, "Channel", is_offered=True, projects=("Shop",))


def add(org: Organization, by: User, up: Upstream, name: str, **terms: Any) -> ProviderConnection:
    owner = must_be_member(org, by)
    made = registry.add(
        org=org,
        by=owner,
        name=name,
        kind=ProviderKind.COMPATIBLE,
        base_url=up.url,
        key=f"sk-{name}",
        terms=Terms(**terms),
    )
    set_flat_price(connection=made, by=owner, micros=30_000)
    return made


def change(connection: ProviderConnection, by: User, **terms: Any) -> None:
    with tenancy.tenant(connection.org_id):
        registry.change(
            connection=connection,
            by=must_be_member(connection.org, by),
            name=connection.name,
            base_url=connection.base_url,
            openai_organization="",
            openai_project="",
            terms=Terms(**terms),
        )


def used(org: Organization) -> list[str]:
    """Return the connections of all runs, as each run, its ticket and its hold have them."""
    with tenancy.tenant(org.pk):
        runs = list(Run.objects.select_related("connection").order_by("pk"))
        held = [hold.terms["purpose"]["connection_label"] for hold in Hold.objects.order_by("pk")]
        names = [run.connection.name for run in runs if run.connection]
        known = dict(ProviderConnection.objects.values_list("pk", "name"))
    assert [known[ticket.connection_id] for ticket in Ticket.objects.order_by("pk")] == names == held
    return names


def bound(org: Organization, by: User, connection: ProviderConnection) -> Program:
    """Return a program whose key has a connection."""
    api = program(org, by)
    with tenancy.tenant(org.pk):
        ApiKey.objects.filter(org=org).update(connection=connection)
    return api


def test_a_run_names_its_connection(acme: Organization, bob: User, channel: ProviderConnection) -> None:
    api = program(acme, bob)
    assert api.post("runs", {"prompt": "A lamp", "connection": str(channel.code)}).status_code == 201
    assert api.post("runs", {"prompt": "A lamp"}).status_code == 201
    assert used(acme) == ["Channel", "Up"]


def test_a_run_uses_its_projects_connection_unless_it_names_another(
    acme: Organization, bob: User, channel: ProviderConnection
) -> None:
    api = program(acme, bob)
    with tenancy.tenant(acme.pk):
        usual = str(acme.connections.get(is_default=True).code)
    for more in ({}, {"project": "Shops"}, {"connection": usual}):
        assert api.post("runs", {"prompt": "A lamp", "project": "Shop", **more}).status_code == 201
    assert used(acme) == ["Channel", "Up", "Up"]


def test_a_keys_runs_use_its_connection(acme: Organization, bob: User, channel: ProviderConnection) -> None:
    api = bound(acme, bob, channel)
    assert api.post("runs", {"prompt": "A lamp"}).status_code == 201
    assert api.post("estimate", {"prompt": "A lamp", "n": 2}).json()["exact"] == "0.06"
    assert used(acme) == ["Channel"]


def test_a_connection_that_is_not_offered_is_refused_and_nothing_is_made(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        kept = add(acme, alice, up, "Kept")
    api = program(acme, bob)
    answer = api.post("runs", {"prompt": "A lamp", "connection": str(kept.code)})
    assert answer.status_code == 422
    assert answer.json()["error"]["fields"] == [
        {"field": "connection", "code": "not_offered", "message": GONE, "suggestion": None}
    ]
    assert used(acme) == []


def test_a_connection_of_another_organization_is_refused(
    acme: Organization, rival: Organization, charlie: User, channel: ProviderConnection
) -> None:
    answer = program(rival, charlie).post("runs", {"prompt": "A lamp", "connection": str(channel.code)})
    assert (answer.status_code, answer.json()["error"]["fields"][0]["code"]) == (422, "not_offered")
    assert used(rival) == []


def test_a_key_whose_connection_is_withdrawn_makes_nothing(
    acme: Organization, alice: User, bob: User, channel: ProviderConnection
) -> None:
    api = bound(acme, bob, channel)
    change(channel, alice, is_offered=False)
    assert api.post("runs", {"prompt": "A lamp"}).status_code == 422
    with pytest.raises(openai.BadRequestError) as refused:
        sdk(Inside(), acme, bob, key=api.token).images.generate(prompt="a lamp", model="gpt-image-2")
    assert (refused.value.code, refused.value.param) == ("not_offered", "connection")
    assert GONE in refused.value.message
    assert used(acme) == []


def test_a_program_is_told_what_it_may_choose(acme: Organization, bob: User, channel: ProviderConnection) -> None:
    said = program(acme, bob).get("connections").json()
    assert [(one["name"], one["is_default"], one["is_play"]) for one in said["data"]] == [
        ("Up", True, False),
        ("Channel", False, False),
    ]
    assert said["data"][1]["id"] == str(channel.code)


def test_the_studio_offers_it_shows_its_price_and_keeps_it_in_a_preset(
    acme: Organization, bob: User, channel: ProviderConnection, sign_in: SignIn
) -> None:
    client = sign_in(bob)
    asked = {**BAR, "n": "1", "connection": str(channel.code)}
    assert client.post("/o/acme/presets/", {**asked, "preset_name": "Cheap"}, headers=PIECE).status_code == 200
    with tenancy.tenant(acme.pk):
        preset = acme.presets.get()
    page = client.get(f"/o/acme/?preset={preset.code}").content.decode()
    assert f'name="connection" value="{channel.code}" checked' in page
    assert "$0.030" in page
    client.post("/o/acme/runs/", asked)
    assert used(acme) == ["Channel"]


def test_the_studio_shows_no_choice_where_there_is_none(acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert 'name="connection"' not in sign_in(bob).get("/o/acme/").content.decode()


def test_a_preset_of_a_withdrawn_connection_says_so(
    acme: Organization, alice: User, bob: User, channel: ProviderConnection, sign_in: SignIn
) -> None:
    client = sign_in(bob)
    client.post("/o/acme/presets/", {**BAR, "connection": str(channel.code), "preset_name": "Cheap"}, headers=PIECE)
    with tenancy.tenant(acme.pk):
        preset = acme.presets.get()
    change(channel, alice, is_offered=False)
    page = client.get(f"/o/acme/?preset={preset.code}").content.decode()
    assert "It may not be chosen any more." in page
    assert client.post("/o/acme/runs/", {**BAR, "connection": str(channel.code)}).status_code == 422
    assert used(acme) == []


def test_a_new_key_takes_a_connection_that_is_offered(
    acme: Organization, bob: User, channel: ProviderConnection, post: Post
) -> None:
    form = {"name": "Importer", "scopes": ["generate", "read"], "connection": str(channel.code)}
    assert post(bob, "/o/acme/keys/new/", form).status_code == 200
    with tenancy.tenant(acme.pk):
        assert ApiKey.objects.get(org=acme).connection_id == channel.pk


def test_a_new_key_cannot_take_one_that_is_not_offered(
    acme: Organization, alice: User, bob: User, channel: ProviderConnection, up: Upstream, post: Post
) -> None:
    with tenancy.tenant(acme.pk):
        kept = add(acme, alice, up, "Kept")
    form = {"name": "Importer", "scopes": ["generate"], "connection": str(kept.code)}
    with nothing_changes():
        assert post(bob, "/o/acme/keys/new/", form).status_code == 422


def test_what_a_key_or_a_project_uses_is_not_removed(
    acme: Organization, alice: User, bob: User, channel: ProviderConnection, up: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        keys = add(acme, alice, up, "Keys", is_offered=True)
    bound(acme, bob, keys)
    with tenancy.tenant(acme.pk):
        with pytest.raises(Refused, match="The project “Shop” uses"):
            registry.remove(connection=channel, by=must_be_member(acme, alice))
        with pytest.raises(Refused, match="The API key Program uses"):
            registry.remove(connection=keys, by=must_be_member(acme, alice))
        assert acme.connections.filter(pk__in=[channel.pk, keys.pk]).count() == 2


def test_a_project_has_one_connection(
    acme: Organization, alice: User, channel: ProviderConnection, up: Upstream
) -> None:
    with tenancy.tenant(acme.pk), pytest.raises(BadConnection, match="The project “Shop” uses Channel already"):
        add(acme, alice, up, "Second", projects=("Press", "Shop"))
    with tenancy.tenant(acme.pk):
        assert acme.connections.filter(name="Second").count() == 0


def test_an_admin_names_projects_and_offers_the_connection_in_its_form(
    acme: Organization, alice: User, channel: ProviderConnection, post: Post
) -> None:
    form = {"name": "Channel", "base_url": channel.base_url, "key": "", "projects": " Press ,, Shop,Press"}
    post(alice, f"/o/acme/connections/{channel.code}/", form)
    with tenancy.tenant(acme.pk):
        stored = ProviderConnection.objects.get(pk=channel.pk)
    assert (stored.is_offered, stored.projects) == (False, ["Press", "Shop"])
