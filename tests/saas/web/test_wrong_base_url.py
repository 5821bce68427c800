"""A program whose base URL lacks the `/v1` learns it in words; people see a page."""

import openai
import pytest
from django.test import Client, override_settings

from accounts.models import Organization, User
from studio.models import Run
from tests.studio.api.keys import program
from tests.studio.gateway.inside import Inside, sdk

pytestmark = pytest.mark.django_db
HINT = "The OpenAI-compatible API is under /v1: set the base URL to https://pictures.example.com/v1."


@pytest.fixture(autouse=True)
def _public() -> object:
    with override_settings(PUBLIC_URL="https://pictures.example.com"):
        yield


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/images/generations"),
        ("POST", "/images/edits"),
        ("POST", "/chat/completions"),
        ("POST", "/responses"),
        ("POST", "/files"),
        ("GET", "/models"),
        ("GET", "/models/gpt-image-2"),
    ],
)
@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer dk_unknown", "Accept": "*/*"},
        {"Accept": "application/json"},
        {"Content-Type": "application/json", "Accept": "*/*"},
    ],
    ids=["key", "accept", "json"],
)
def test_a_program_learns_what_its_address_lacks(method: str, path: str, headers: dict[str, str]) -> None:
    more = dict(headers)
    kind = more.pop("Content-Type", "")
    answer = Client(enforce_csrf_checks=True).generic(method, path, b"{}", content_type=kind, headers=more)
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/json")
    assert answer.json() == {
        "error": {
            "message": f"Invalid URL ({method} {path}). {HINT}",
            "type": "invalid_request_error",
            "param": None,
            "code": "unknown_url",
        }
    }


def test_a_form_without_a_key_learns_it_too() -> None:
    answer = Client().post("/images/edits", {"prompt": "x"}, headers={"Accept": "*/*"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "unknown_url")


def test_the_official_sdk_shows_it_and_nothing_is_made(acme: Organization, bob: User) -> None:
    client = sdk(Inside(), acme, bob).with_options(base_url="http://testserver")
    with pytest.raises(openai.NotFoundError) as refused:
        client.images.generate(prompt="a lamp")
    assert (refused.value.code, HINT in refused.value.message) == ("unknown_url", True)
    assert not Run.objects.exists()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_people_see_a_page(method: str) -> None:
    answer = Client().generic(method, "/models", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert (answer.status_code, answer["Content-Type"]) == (404, "text/html; charset=utf-8")


def test_what_exists_and_may_not_be_seen_says_nothing_of_addresses(acme: Organization, bob: User, dora: User) -> None:
    key = program(acme, bob).token
    client = Client()
    client.force_login(dora)
    answer = client.get("/o/acme/", headers={"Authorization": f"Bearer {key}"})
    assert (answer.status_code, b"base URL" in answer.content) == (404, False)
