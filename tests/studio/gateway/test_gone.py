"""Nothing is made for a caller who went away while they waited for their turn: their retry makes it."""

import json

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.gateway.retrying import GatewayCall
from studio.models import Run
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.support.fake_provider import Upstream
from tests.support.snapshot import nothing_changes

__all__ = ["up"]
pytestmark = pytest.mark.django_db
BODY = json.dumps({"prompt": "a lamp", "model": "gpt-image-2", "stream": True})


def post(token: str, **headers: str) -> None:
    Client(raise_request_exception=False).post(
        "/v1/images/generations",
        BODY,
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}", **headers},
    )


@pytest.fixture(autouse=True)
def _gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(GatewayCall, "has_gone", True)


def test_no_run_is_made_and_nothing_is_held(acme: Organization, bob: User, up: Upstream) -> None:
    token = program(acme, bob).token
    post(token, **{"Idempotency-Key": "warm"})  # what the first call of a key leaves behind is there
    with nothing_changes():
        post(token)
    assert up.seen == []


def test_a_request_that_has_a_name_is_made_and_found_again(acme: Organization, bob: User, up: Upstream) -> None:
    token = program(acme, bob).token
    for _ in range(2):
        post(token, **{"Idempotency-Key": "one"})
    with tenancy.tenant(acme.pk):
        assert Run.objects.filter(org=acme).count() == 1
