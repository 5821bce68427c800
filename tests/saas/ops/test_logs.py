"""One line for each request, in two renderings, and never what somebody else could use."""

import io
import json
import logging
from typing import Any

import pytest
import structlog
from django.test import Client

from accounts.models import Organization, Role, User
from accounts.people import invitations
from saas.crypto import tokens
from saas.database import tenancy
from tests.conftest import SignIn, must_be_member
from tests.saas.conftest import OpenLog

PLAIN = "edge-7f3a.2_B9"
every_rendering = pytest.mark.parametrize("rendering", ["json", "console"])


def lines(buffer: io.StringIO, event: str = "request") -> list[dict[str, Any]]:
    return [line for line in map(json.loads, buffer.getvalue().splitlines()) if line["event"] == event]


@pytest.fixture
def token(acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch) -> str:
    """Of an invitation that is open."""
    made = tokens.new_token("di")
    monkeypatch.setattr(tokens, "new_token", lambda _: made)
    with tenancy.tenant(acme.pk):
        invitations.invite(org=acme, by=must_be_member(acme, alice), email="new@example.com", role=Role.VIEWER)
    return made.token


def test_a_request_is_one_line_with_its_id_and_its_organization(
    acme: Organization, alice: User, sign_in: SignIn, open_log: OpenLog
) -> None:
    client, log = sign_in(alice), open_log("json")
    client.get("/o/acme/team/?q=secret", headers={"X-Request-Id": PLAIN})
    [line] = lines(log)
    assert line.pop("milliseconds") > 0
    assert line.pop("timestamp").endswith("Z")
    assert line == {
        "event": "request",
        "level": "info",
        "logger": "darkroom.http",
        "request_id": PLAIN,
        "organization": str(acme.code),
        "method": "GET",
        "route": "team",
        "status": 200,
    }


@pytest.mark.parametrize(("level", "is_logged"), [("INFO", True), ("WARNING", True), ("ERROR", False)])
def test_a_call_of_a_provider_leaves_its_line_where_only_warnings_do(
    open_log: OpenLog, level: str, is_logged: bool
) -> None:
    log = open_log("json", level)
    structlog.get_logger("darkroom.calls").info("call", cost="0.05")
    structlog.get_logger("darkroom.engine").info("no picture")
    assert [line["cost"] for line in lines(log, "call")] == (["0.05"] if is_logged else [])
    assert bool(lines(log, "no picture")) is (level == "INFO")


def test_a_page_outside_of_organizations_names_none(alice: User, sign_in: SignIn, open_log: OpenLog) -> None:
    client, log = sign_in(alice), open_log("json")
    client.get("/me/")
    assert [(line["route"], line["organization"]) for line in lines(log)] == [("me", None)]


def test_an_organization_that_shut_its_door_is_not_named(
    acme: Organization, charlie: User, sign_in: SignIn, open_log: OpenLog
) -> None:
    client, log = sign_in(charlie), open_log("json")
    client.get("/o/acme/team/")
    assert [(line["status"], line["organization"]) for line in lines(log)] == [(404, None)]


def test_what_is_logged_during_a_request_carries_its_id_and_what_follows_does_not(
    acme: Organization, alice: User, sign_in: SignIn, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def tell(*_: object) -> list[object]:
        structlog.get_logger("probe").info("ours")
        logging.getLogger("library").info("theirs")
        return []

    monkeypatch.setattr("accounts.api_keys.visible_to", tell)
    client, log = sign_in(alice), open_log("json")
    client.get("/o/acme/keys/", headers={"X-Request-Id": PLAIN})
    tell()
    assert [line.get("request_id") for line in lines(log, "ours") + lines(log, "theirs")] == [PLAIN, None] * 2


@every_rendering
@pytest.mark.parametrize("path", ["/invitations/{}/", "/invitations/{}/more/", "/nowhere/{}"])
def test_an_invitations_token_is_never_logged(path: str, rendering: str, token: str, open_log: OpenLog) -> None:
    log = open_log(rendering)
    answer = Client().get(path.format(token))
    assert answer.status_code == (200 if path.endswith("{}/") else 404)
    assert "request" in log.getvalue()
    assert token not in log.getvalue()


@every_rendering
def test_a_forged_form_does_not_log_the_token_of_its_address(
    rendering: str, token: str, dora: User, open_log: OpenLog
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(dora)
    log = open_log(rendering)
    assert client.post(f"/invitations/{token}/accept/").status_code == 403
    assert client.put(f"/invitations/{token}/accept/").status_code == 403
    assert "CSRF" in log.getvalue()
    assert token not in log.getvalue()


@every_rendering
def test_a_wrong_method_does_not_log_the_token_of_its_address(
    rendering: str, token: str, dora: User, sign_in: SignIn, open_log: OpenLog
) -> None:
    client, log = sign_in(dora), open_log(rendering)
    assert client.get(f"/invitations/{token}/accept/").status_code == 405
    assert "Method Not Allowed" in log.getvalue()
    assert token not in log.getvalue()


@every_rendering
def test_a_page_that_breaks_logs_where_and_why_but_no_values(
    rendering: str, token: str, open_log: OpenLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(given: str) -> None:
        local_copy = given
        raise RuntimeError("the reason" if local_copy else "")

    monkeypatch.setattr("accounts.people.invitations.find", break_down)
    client, log = Client(raise_request_exception=False), open_log(rendering)
    assert client.get(f"/invitations/{token}/").status_code == 500
    text = log.getvalue()
    assert "RuntimeError: the reason" in text
    assert "break_down" in text
    assert token not in text


@every_rendering
def test_our_own_exceptions_are_logged_without_their_values(rendering: str, open_log: OpenLog) -> None:
    """Where the package rich is installed, structlog would print every local variable of every frame."""
    log = open_log(rendering)
    provider_key = "sk-" + "canary" * 5
    try:
        raise RuntimeError("the reason")
    except RuntimeError:
        structlog.get_logger("probe").exception("ours", size=len(provider_key))
        logging.getLogger("dramatiq.worker").exception("theirs")
    text = log.getvalue()
    assert text.count("RuntimeError: the reason") == 2
    assert provider_key not in text


def test_json_is_one_line_whatever_a_message_holds(open_log: OpenLog) -> None:
    log = open_log("json")
    logging.getLogger("library").warning('first\n{"event": "forged"}')
    assert len(log.getvalue().splitlines()) == 1


@pytest.mark.parametrize("name", ["daphne", "httpx2", "httpcore2", "pika", "botocore", "urllib3"])
def test_noisy_libraries_speak_up_from_warnings_on(name: str, open_log: OpenLog) -> None:
    """Some of them log addresses and headers."""
    log = open_log("json")
    logging.getLogger(f"{name}.deeper").debug("quiet")
    logging.getLogger(name).info("quiet")
    logging.getLogger(name).warning("loud")
    assert [json.loads(line)["event"] for line in log.getvalue().splitlines()] == ["loud"]


@every_rendering
def test_what_a_stranger_makes_suspicious_is_one_line_without_a_traceback(
    db: None, open_log: OpenLog, rendering: str
) -> None:
    log = open_log(rendering)
    assert Client().get("/accounts/login/?" + "a=1&" * 5200).status_code == 400
    assert "exceeded settings.DATA_UPLOAD_MAX_NUMBER_FIELDS" in log.getvalue()
    assert "Traceback" not in log.getvalue()
    assert "File " not in log.getvalue()
