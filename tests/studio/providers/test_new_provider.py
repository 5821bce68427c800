"""Another kind of provider is one file and one row: here is such a file, and such a row."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import Organization, ProviderConnection, User
from accounts.models.provider_kinds import KINDS, Kind
from saas.database import tenancy
from studio.files import storage
from studio.models import Output
from tests.conftest import SignIn, must_be_member
from tests.studio.engine.test_worker import events, slots, state, submit, work
from tests.support.fake_provider import png

pytestmark = pytest.mark.django_db

FILE = """
from studio.providers.answers import Final, Partial
from studio.providers.outcomes import ProviderError
from tests.support.fake_provider import png


def develop(endpoint, request, *, before_sending):
    before_sending()
    if "nothing red" in request.parameters["prompt"]:
        raise ProviderError("moderated")
    assert (endpoint.base_url, endpoint.key.reveal()) == ("https://crayon.example/v1", "wax-0123456789abcdef")
    yield Partial(0, png(shade=3))
    yield Final(png(shade=77), used={"size": "64x64"}, request_id="crayon-1")
"""
ROW = Kind(
    title="Crayon box",
    explanation="Draws by hand.",
    usual_url="https://crayon.example/v1",
    needs_key=True,
    has_model_list=False,
    adapter="crayon_adapter",
)


@pytest.fixture
def crayon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "crayon_adapter.py").write_text(FILE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(KINDS, "crayon", ROW)
    yield
    sys.modules.pop("crayon_adapter", None)


@pytest.fixture
def connected(acme: Organization, alice: User, crayon: None, sign_in: SignIn) -> Client:
    """By the same pages as every other kind."""
    client = sign_in(alice)
    page = client.get("/o/acme/connections/new/").content.decode()
    assert "Crayon box" in page
    assert "Draws by hand." in page
    values = {"kind": "crayon", "name": "Crayons", "can_stream": "on", "can_respond": "on"}
    assert client.post("/o/acme/connections/new/", values).status_code == 422  # it needs a key
    client.post("/o/acme/connections/new/", {**values, "key": "wax-0123456789abcdef"})
    with tenancy.tenant(acme.pk):
        made = acme.connections.get(kind="crayon")
    client.post(f"/o/acme/connections/{made.code}/default/")
    assert "Crayon box" in client.get("/o/acme/connections/").content.decode()
    return client


def test_a_picture_of_a_new_kind_develops_and_is_kept(acme: Organization, alice: User, connected: Client) -> None:
    run = submit(acme, alice)
    assert work() == 1
    assert (state(run), events(run)) == ("succeeded", ["queued", "started", "partial", "output", "ended"])
    with tenancy.tenant(acme.pk):
        assert storage.load(Output.objects.get(run=run).file) == png(shade=77)
    (slot,) = slots(run)
    assert (slot.request_id, slot.used) == ("crayon-1", {"size": "64x64"})


def test_its_refusals_are_told_like_any_others(acme: Organization, alice: User, connected: Client) -> None:
    run = submit(acme, alice, prompt="nothing red")
    work()
    assert (state(run), slots(run)[0].charged) == ("refused", "no")


def test_a_kind_without_a_list_of_models_is_not_tested(acme: Organization, alice: User, connected: Client) -> None:
    with tenancy.tenant(acme.pk):
        made = ProviderConnection.objects.get(org=acme, kind="crayon")
        assert must_be_member(acme, alice).is_admin
    connected.post(f"/o/acme/connections/{made.code}/test/")
    with tenancy.tenant(acme.pk):
        made.refresh_from_db()
    assert made.health == "unknown"
