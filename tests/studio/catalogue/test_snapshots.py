"""Names of models with a date: they are sent as they are, and count as the model itself everywhere else."""

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import Hold, Organization, Subject, User
from billing.models import Price
from billing.prices import token_tariff
from saas.database import tenancy
from studio.models import Run
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up, work
from tests.support.fake_provider import Upstream
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db
__all__ = ["up"]
DATED = "gpt-image-2-2026-04-21"
ASKED = {"prompt": "A lamp", "size": "1024x1024", "quality": "low"}


def held(acme: Organization) -> list[int]:
    with tenancy.tenant(acme.pk):
        return list(Hold.objects.order_by("pk").values_list("micros", flat=True))


def test_a_dated_name_is_sent_as_it_is_and_costs_the_same(acme: Organization, bob: User, up: Upstream) -> None:
    api = program(acme, bob)
    run = api.post("runs", {**ASKED, "model": DATED}).json()
    assert run["model"] == DATED
    api.post("runs", {**ASKED, "model": "gpt-image-2"})
    assert len(set(held(acme))) == 1
    dated, undated = (api.post("estimate", {**ASKED, "model": name}).json() for name in (DATED, "gpt-image-2"))
    assert dated == undated
    work()
    assert [asked.json["model"] for asked in up.seen] == [DATED, "gpt-image-2"]
    assert api.get(f"runs?model={DATED}").json()["data"][0]["id"] == run["id"]


@pytest.mark.parametrize("name", ["gpt-image-2-2026-04-22", "gpt-image-2.6-flare-2026-11-04", "dall-e-3-2026-04-21"])
def test_a_snapshot_that_there_is_not_is_refused(acme: Organization, bob: User, name: str) -> None:
    answer = program(acme, bob).post("runs", {**ASKED, "model": name})
    assert (answer.status_code, answer.json()["error"]["fields"][0]["field"]) == (422, "model")
    assert held(acme) == []


def test_a_limit_on_models_means_their_snapshots_too(acme: Organization, alice: User, bob: User) -> None:
    api = program(acme, bob)
    allow(acme, alice, Subject.ORGANIZATION, model_names=["gpt-image-2.5-flare"])
    refused = api.post("runs", {**ASKED, "model": DATED})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "organization_model")
    assert api.post("runs", {**ASKED, "model": "gpt-image-2.5-flare-2026-09-08"}).status_code == 201
    with tenancy.tenant(acme.pk):
        assert [run.model for run in Run.objects.all()] == ["gpt-image-2.5-flare-2026-09-08"]


def test_a_snapshot_may_have_a_price_of_its_own() -> None:
    now = timezone.now()
    usual = Price.objects.valid(now).get(model="gpt-image-2", is_batch=False)
    assert token_tariff(DATED, now).price_id == usual.pk
    own = Price.objects.valid(now).get(pk=usual.pk)
    own.pk, own._state.adding, own.model = None, True, DATED
    own.save()
    assert token_tariff(DATED, now).price_id == own.pk
    assert token_tariff("gpt-image-2", now).price_id == usual.pk


def test_the_gateway_lists_and_shows_dated_names(acme: Organization, bob: User) -> None:
    headers = program(acme, bob).bearer
    listed = [one["id"] for one in Client().get("/v1/models", headers=headers).json()["data"]]
    assert listed[:2] == ["gpt-image-2", DATED]
    assert "gpt-image-2.5-sunburst-2026-09-08" in listed
    assert Client().get(f"/v1/models/{DATED}", headers=headers).json()["id"] == DATED
    assert Client().get("/v1/models/gpt-image-2-2026-04-22", headers=headers).status_code == 404
    assert program(acme, bob).get("models").json()["data"][0]["snapshots"] == [DATED]
