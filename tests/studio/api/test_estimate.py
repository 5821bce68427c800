"""What a run will cost, asked before it is made."""

from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest

from accounts.connections.registry import Terms, add, make_default
from accounts.models import Counter, Hold, Organization, ProviderKind, Scope, User
from billing.prices import set_flat_price
from saas.database import tenancy
from studio.models import Run, Ticket
from tests.conftest import must_be_member
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.support import picture_bytes
from tests.support.fake_provider import Upstream

pytestmark = pytest.mark.django_db
__all__ = ["up"]


def written(org: Organization) -> list[int]:
    """How many rows there are of what a run leaves."""
    with tenancy.tenant(org.pk):
        return [model.objects.filter(org_id=org.pk).count() for model in (Run, Hold, Counter, Ticket)]


def test_the_upper_bound_is_what_the_same_run_holds(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    body = {"prompt": "A lamp", "n": 3, "size": "1024x1024", "quality": "medium", "partial_images": 2}
    before = written(acme)
    answer = api.post("estimate", body)
    assert answer.status_code == 200
    said: dict[str, Any] = answer.json()
    assert written(acme) == before
    assert (said["pictures"], said["is_play"], said["exact"], said["a_month"]) == (3, True, None, None)
    assert Decimal("0.15") < Decimal(said["low"]) < Decimal(said["high"]) == Decimal(said["upper_bound"])
    assert api.post("runs", body).status_code == 201
    with tenancy.tenant(acme.pk):
        held = sum(Hold.objects.values_list("micros", flat=True))
    assert Decimal(said["upper_bound"]) == Decimal(held) / 1_000_000


def test_a_flat_price_is_exact_and_a_dearer_connection_that_takes_over_raises_the_upper_bound(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        owner, kind = must_be_member(acme, alice), ProviderKind.COMPATIBLE
        usual = add(org=acme, by=owner, name="Usual", kind=kind, base_url=up.url, key="sk-1")
        dearer = add(org=acme, by=owner, name="Dearer", kind=kind, base_url=up.url, key="sk-2", terms=Terms(position=1))
        make_default(connection=usual, by=owner)
        set_flat_price(connection=usual, by=owner, micros=30_000)
        set_flat_price(connection=dearer, by=owner, micros=50_000)
    said = program(acme, bob).post("estimate", {"prompt": "A lamp", "n": 2, "pictures_a_day": 100}).json()
    assert (said["exact"], said["low"], said["high"], said["upper_bound"]) == ("0.06", "0.06", "0.06", "0.10")
    assert said["is_play"] is False
    assert said["a_month"] == "90.00"


def test_a_month_of_planned_pictures_needs_no_prompt(acme: Organization, bob: User) -> None:
    planned = {"pictures_a_day": 200, "size": "1024x1024", "quality": "medium"}
    said = program(acme, bob).post("estimate", planned).json()
    assert Decimal(said["a_month"]) == Decimal(said["high"]) * 200 * 30
    assert Decimal(316) < Decimal(said["a_month"]) < Decimal(320)  # 0.0527 each, by the published table
    assert written(acme)[0] == 0


def test_references_count(acme: Organization, bob: User, rival: Organization, charlie: User) -> None:
    api = program(acme, bob)
    photo = BytesIO(picture_bytes.plain(".png"))
    photo.name = "photo.png"
    body = {"prompt": "At night", "size": "1024x1024", "quality": "low"}
    edit = body | {"references": [api.give("inputs", file=photo).json()["id"]]}
    assert Decimal(api.post("estimate", edit).json()["low"]) > Decimal(api.post("estimate", body).json()["low"])
    foreign = program(rival, charlie).post("estimate", edit)
    assert (foreign.status_code, foreign.json()["error"]["code"]) == (404, "input_not_found")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"prompt": "A lamp", "size": "1920x1080"}, "size"),
        ({"prompt": " "}, "prompt"),
        ({"prompt": "A lamp", "model": "dall-e-3"}, "model"),
        ({"pictures_a_day": 0}, "pictures_a_day"),
    ],
)
def test_what_a_run_refuses_is_refused_here(acme: Organization, bob: User, body: dict[str, Any], field: str) -> None:
    answer = program(acme, bob).post("estimate", body)
    assert answer.status_code == 422
    assert field in answer.json()["error"]["fields"][0]["field"]


def test_only_who_may_make_pictures_may_ask(acme: Organization, bob: User) -> None:
    answer = program(acme, bob, Scope.READ).post("estimate", {"prompt": "A lamp"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_missing")
