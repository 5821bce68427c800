"""A key that was good some seconds ago is not looked up again to submit a run: the submit reads its rights anyway. What
another process has ended meanwhile is refused all the same, at once and in the same words."""

import json
import time
from typing import Any

import pytest
from django.http.response import HttpResponseBase
from django.test import Client

from accounts.models import Organization, Scope, User
from saas.database.guesses import Guesses
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.studio.runs.test_offer import another_process, must_have_made_nothing
from tests.support.fake_provider import Upstream
from tests.support.round_trips import counted

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["up"]
WRONG = "no-such-model"
ENDS = {
    "revoked": ("UPDATE accounts_apikey SET revoked_at = now()", 401, "invalid_api_key"),
    "expired": ("UPDATE accounts_apikey SET expires_at = now() - interval '1 second'", 401, "invalid_api_key"),
    "narrowed": ("UPDATE accounts_apikey SET scopes = '{read}'", 403, "insufficient_permissions"),
    "removed": ("DELETE FROM accounts_membership WHERE user_id = %(bob)s", 401, "invalid_api_key"),
    "only looks on": (
        "UPDATE accounts_membership SET role = 'viewer' WHERE user_id = %(bob)s",
        403,
        "insufficient_permissions",
    ),
    "suspended": ("UPDATE accounts_organization SET suspended_at = now()", 401, "invalid_api_key"),
    "deleted": ("UPDATE accounts_organization SET deleted_at = now()", 401, "invalid_api_key"),
    "second factor": (
        "UPDATE accounts_organization SET requires_second_factor = true",
        403,
        "second_factor_required",
    ),
}


def post(token: str, model: str = "gpt-image-2") -> HttpResponseBase:
    return Client().post(
        "/v1/images/generations",
        json.dumps({"prompt": "a lamp", "model": model}),
        content_type="application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("model", ["gpt-image-2", WRONG])
def test_what_another_process_has_ended_is_refused_at_once(
    acme: Organization, bob: User, up: Upstream, end: str, model: str
) -> None:
    token = program(acme, bob).token
    assert post(token, WRONG).status_code == 404  # the key is good
    with counted() as said:
        assert post(token, WRONG).status_code == 404
    assert sum("accounts_let_in" in one for one in said) == 1, "only before it is refused"
    statement, *refused = ENDS[end]
    with another_process(acme) as session:
        session.execute(statement, {"bob": bob.pk})
    assert code_of(post(token, model)) == tuple(refused)
    must_have_made_nothing(acme)
    assert up.seen == []


def test_what_does_not_submit_looks_the_key_up(acme: Organization, bob: User) -> None:
    token = program(acme, bob, Scope.GENERATE, Scope.READ).token
    headers = {"Authorization": f"Bearer {token}"}
    assert post(token, WRONG).status_code == 404
    assert Client().get("/v1/models", headers=headers).status_code == 200
    with another_process(acme) as session:
        session.execute("UPDATE accounts_apikey SET revoked_at = now()")
    assert Client().get("/v1/models", headers=headers).status_code == 401


def test_a_guess_ends_after_its_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    guesses = Guesses[str, str](most=2, seconds=5.0)
    guesses.put("key", "good")
    now += 5.0
    assert guesses.get("key") == "good"
    now += 0.1
    assert guesses.get("key") is None
