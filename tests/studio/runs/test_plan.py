"""Every door checks a request in the same way before anything is made, sent or paid for."""

import base64
import io
from typing import Any

import openai
import pytest

from accounts.connections.registry import Terms
from accounts.models import Hold, Organization, User
from saas.database import tenancy
from studio.gateway.submission import submit as submit_by_gateway
from studio.models import Run, Slot, Ticket
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.studio.engine.test_connection_terms import set_terms
from tests.studio.engine.test_worker import up, work
from tests.studio.gateway.inside import Inside, sdk
from tests.studio.gateway.test_edit import mask, photo
from tests.support.fake_provider import Upstream, completed, pictures, png

pytestmark = pytest.mark.django_db
__all__ = ["up"]
SQUARE = "1024x1024"  # another shape than the photo's
RESPOND = "does not offer the Responses API"


@pytest.fixture(autouse=True)
def _nobody_waits_for_long(settings: Any) -> None:
    settings.API_WAIT_SECONDS = 30  # if a request is let through that should be refused, no worker makes its picture


@pytest.fixture
def _no_responses(acme: Organization, alice: User, up: Upstream) -> None:
    set_terms(acme, alice, Terms(can_respond=False))


def must_have_made_nothing(org: Organization) -> None:
    with tenancy.tenant(org.pk):
        assert [kind.objects.count() for kind in (Run, Slot, Hold)] == [0, 0, 0]
    assert Ticket.objects.count() == 0


@pytest.mark.usefixtures("_no_responses")
def test_the_page_refuses_what_the_connection_cannot_do(acme: Organization, bob: User, sign_in: SignIn) -> None:
    answer = sign_in(bob).post("/o/acme/runs/", {"prompt": "a lamp", "kind": "respond", "api": "responses"})
    assert (answer.status_code, RESPOND in answer.content.decode()) == (422, True)
    must_have_made_nothing(acme)


@pytest.mark.usefixtures("_no_responses")
def test_rest_refuses_what_the_connection_cannot_do(acme: Organization, bob: User) -> None:
    answer = program(acme, bob).post("runs", {"prompt": "a lamp", "kind": "respond"})
    (fault,) = answer.json()["error"]["fields"]
    assert (answer.status_code, fault["field"], fault["code"], fault["suggestion"]) == (
        422, "api", "unsupported", "images",
    )  # fmt: skip
    assert RESPOND in str(fault)
    must_have_made_nothing(acme)


@pytest.mark.usefixtures("_no_responses")
def test_the_gateway_refuses_what_the_connection_cannot_do(acme: Organization, bob: User) -> None:
    client = sdk(Inside(), acme, bob)
    with pytest.raises(openai.BadRequestError, match=RESPOND) as refused:
        client.responses.create(model="gpt-5", input="a lamp", tools=[{"type": "image_generation"}])
    assert (refused.value.code, refused.value.param) == ("unsupported_parameter", "tools")
    must_have_made_nothing(acme)


def test_an_edit_of_the_gateway_makes_no_composite_that_its_caller_never_receives(
    acme: Organization, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    up.script = pictures(completed(png(), kind="image_edit"))

    def submitted(*args: Any, **kwargs: Any) -> Run:
        run = submit_by_gateway(*args, **kwargs)
        work()
        return run

    monkeypatch.setattr("studio.gateway.images.submit", submitted)
    image, hole = (io.BytesIO(data) for data in (photo(), mask()))
    answer = sdk(Inside(), acme, bob).images.edit(
        model="gpt-image-2", prompt="at night", size=SQUARE, image=("a.png", image), mask=("m.png", hole)
    )
    assert answer.data
    assert base64.b64decode(answer.data[0].b64_json or "") == png()
    with tenancy.tenant(acme.pk):
        run = Run.objects.get()
        assert (run.asked["mask"], run.asked["keep_rest"]) == (True, False)
        assert not hasattr(run.outputs.get(), "composite")
