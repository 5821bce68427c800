"""What Prometheus is told, and who may read it."""

from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from tests.conftest import SignIn

URL = "/-/metrics"
TOKEN = "a-token-of-the-operator"


def read(authorization: str = f"Bearer {TOKEN}") -> str:
    answer = Client().get(URL, headers={"Authorization": authorization})
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("authorization", ["", "Bearer ", "Bearer", "Bearer None", f"Bearer {TOKEN}"])
def test_without_a_token_configured_there_is_no_such_page(authorization: str, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert Client().get(URL, headers={"Authorization": authorization}).status_code == 404


@pytest.mark.parametrize(
    "authorization", ["", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", f"Bearer Bearer {TOKEN}", "Bearer ü"]
)
def test_a_wrong_token_finds_nothing(authorization: str, db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    answer = Client().get(URL, headers={"Authorization": authorization})
    assert answer.status_code == 404
    assert "darkroom_http_requests_total" not in answer.content.decode()


def test_the_token_in_the_address_is_no_token(db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert Client().get(f"{URL}?token={TOKEN}").status_code == 404


def test_being_signed_in_is_no_token(alice: User, sign_in: SignIn, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    assert sign_in(alice).get(URL).status_code == 404


def test_the_token_opens_our_series(db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    text = read()
    for series in (
        "darkroom_http_requests_total",
        "darkroom_http_request_seconds_bucket",
        "darkroom_sockets",
        "darkroom_tasks_total",
        "darkroom_task_seconds",
    ):
        assert series in text


def test_an_answered_request_is_counted_by_route_and_status(
    acme: Organization, alice: User, sign_in: SignIn, settings: Any
) -> None:
    settings.METRICS_TOKEN = TOKEN
    client = sign_in(alice)
    before = _count(read(), 'method="GET",route="team",status="200"')
    client.get("/o/acme/team/")
    assert _count(read(), 'method="GET",route="team",status="200"') == before + 1
    before = _count(read(), 'method="GET",route="none",status="404"')
    client.get("/no/such/page/")
    assert _count(read(), 'method="GET",route="none",status="404"') == before + 1


def _count(text: str, labels: str) -> float:
    prefix = f"darkroom_http_requests_total{{{labels}}} "
    return next((float(line.removeprefix(prefix)) for line in text.splitlines() if line.startswith(prefix)), 0.0)


def test_no_label_names_an_organization_a_person_or_an_address(
    acme: Organization, alice: User, sign_in: SignIn, settings: Any
) -> None:
    settings.METRICS_TOKEN = TOKEN
    client = sign_in(alice)
    for url in ("/o/acme/", "/o/nothing-here/", "/invitations/di_secret/", "/wp-login.php", "/me/"):
        client.get(url)
    text = read()
    for word in (
        "acme",
        str(acme.code),
        "alice",
        str(alice.code),
        "127.0.0.1",
        "nothing-here",
        "di_secret",
        "wp-login",
    ):
        assert word not in text


def test_methods_that_somebody_makes_up_do_not_become_labels(db: None, settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN
    for number in range(5):
        Client().generic(f"MADEUP{number}", "/healthz")
    text = read()
    assert "MADEUP" not in text
    assert 'method="other",route="healthz"' in text
