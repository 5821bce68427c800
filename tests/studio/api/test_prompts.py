"""Better words, asked for by key and on the page."""

import time

import pytest

from accounts.models import Organization, Scope, User
from saas.database import tenancy
from studio import tasks
from studio.models import Rewrite, RewriteState
from studio.prompt import rewrite
from studio.sandbox import writing
from tests.conftest import SignIn, must_be_member
from tests.studio.api.keys import program

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nobody_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.rewrite, "send", lambda: None)


def count(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Rewrite.objects.filter(org=org).count()


def test_it_is_asked_for_and_read_by_whoever_asked(
    acme: Organization, alice: User, bob: User, rival: Organization, charlie: User
) -> None:
    api = program(acme, bob)
    asked = api.post("prompts/optimize", {"prompt": "a lamp"}, Idempotency_Key="one")
    assert (asked.status_code, asked.json()["state"], asked.json()["cost"]) == (202, "waiting", None)
    path = f"prompts/{asked.json()['id']}"
    assert api.post("prompts/optimize", {"prompt": "a lamp"}, Idempotency_Key="one").json()["id"] == asked.json()["id"]
    reused = api.post("prompts/optimize", {"prompt": "other"}, Idempotency_Key="one")
    assert (reused.status_code, reused.json()["error"]["code"]) == (409, "idempotency_key_reused")
    with tenancy.tenant(acme.pk):
        Rewrite.objects.update(state=RewriteState.READY, suggestion="<b>A lamp</b>")
    assert api.get(path).json()["suggestion"] == "<b>A lamp</b>"
    assert program(acme, alice).get(path).status_code == 404
    assert program(rival, charlie).get(path).status_code == 404
    assert program(acme, bob, Scope.READ).post("prompts/optimize", {"prompt": "x"}).status_code == 403
    assert count(acme) == 1


def test_who_waits_gets_it_in_the_same_call(acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def made_meanwhile(seconds: float) -> None:
        with tenancy.tenant(acme.pk):
            Rewrite.objects.get().end(RewriteState.READY, suggestion="A lamp in the rain")

    monkeypatch.setattr("studio.api.prompts.time.sleep", made_meanwhile)
    asked = program(acme, bob).post("prompts/optimize?wait=30", {"prompt": "a lamp"})
    assert (asked.status_code, asked.json()["state"]) == (200, "ready")
    assert asked.json()["suggestion"] == "A lamp in the rain"
    assert count(acme) == 1


def test_a_wait_ends_by_the_clock_and_when_this_process_stops(
    acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, began = program(acme, bob), time.monotonic()
    asked = api.post("prompts/optimize?wait=1", {"prompt": "a lamp"})
    assert (asked.status_code, asked.json()["state"]) == (202, "waiting")
    assert time.monotonic() - began >= 1
    monkeypatch.setattr("studio.api.prompts.drain.has_begun", True)
    began = time.monotonic()
    assert api.post("prompts/optimize?wait=60", {"prompt": "a boat"}).status_code == 202
    assert time.monotonic() - began < 30
    assert api.post("prompts/optimize?wait=61", {"prompt": "a hat"}).status_code == 422
    assert count(acme) == 2


def test_the_page_shows_it_as_text_and_uses_nothing_by_itself(
    acme: Organization, bob: User, vera: User, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    page = sign_in(bob)
    assert "every 700ms" in page.post("/o/acme/prompts/", {"prompt": "a lamp"}).content.decode()
    with tenancy.tenant(acme.pk):
        (asked,) = Rewrite.objects.all()
        asked.end(RewriteState.READY, suggestion="<script>alert(1)</script>")
    text = page.get(f"/o/acme/prompts/{asked.code}/").content.decode()
    assert "&lt;script&gt;alert(1)" in text
    assert "<script>" not in text
    assert "every 700ms" not in text
    assert "Use it" in text
    assert page.post("/o/acme/prompts/", {"prompt": " "}).status_code == 422
    assert sign_in(vera).post("/o/acme/prompts/", {"prompt": "x"}).status_code == 403
    assert sign_in(charlie).get(f"/o/rival/prompts/{asked.code}/").status_code == 404
    assert count(acme) == 1


def test_an_admin_chooses_the_model_and_hears_what_cannot_be(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    page = sign_in(alice)
    assert "gpt-5" in page.get("/o/acme/settings/prompts/").content.decode()
    page.post("/o/acme/settings/prompts/", {"is_on": "on", "model": "unheard-of"})
    assert "has no price" in page.get("/o/acme/settings/prompts/").content.decode()
    assert "has no price" in sign_in(bob).post("/o/acme/prompts/", {"prompt": "x"}).content.decode()
    page.post("/o/acme/settings/prompts/", {"model": ""})
    with tenancy.tenant(acme.pk), pytest.raises(Exception, match="switched off"):
        rewrite.helper_of(must_be_member(acme, alice).org)
    assert sign_in(bob).post("/o/acme/settings/prompts/", {"is_on": "on"}).status_code == 403
    assert count(acme) == 0


def test_the_sandbox_retells_the_same_words_in_the_same_way() -> None:
    body = {"model": "gpt-5", "instructions": "Improve", "input": "a lamp [sandbox delay=0]"}
    first, second = writing.read_request(body, "key"), writing.read_request(body, "key")
    said = writing.body(first, with_usage=True)
    text = said["output"][0]["content"][0]["text"]
    assert text.startswith("a lamp. ")
    assert "[sandbox" not in text
    assert text == writing.retold(second.words)
    assert said["usage"]["output_tokens"] > 0
    assert writing.body(first, with_usage=False)["usage"] is None
