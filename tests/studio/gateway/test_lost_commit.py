"""The line to PostgreSQL breaks in the moment in which a run is committed. Whether it was made is not known then: the
caller is told that something broke, and their retry gets the run, if there is one."""

import json
from typing import Any

import pytest
from django.db import OperationalError
from django.http.response import HttpResponseBase
from django.test import Client
from pytest_django.fixtures import Settings

from accounts.models import Organization, User
from saas.database import functions, tenancy
from studio.models import Run
from studio.runs import submit_run
from tests.scaled.programs import wait_until
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import up
from tests.support.fake_provider import Upstream

__all__ = ["up"]
pytestmark = pytest.mark.django_db(transaction=True)
BODY = json.dumps({"prompt": "a lamp", "model": "gpt-image-2"})


def post(token: str, tries: int = 0) -> HttpResponseBase:
    headers = {"Authorization": f"Bearer {token}", "x-stainless-retry-count": str(tries)}
    client = Client(raise_request_exception=False)
    return client.post("/v1/images/generations", BODY, content_type="application/json", headers=headers)


def runs_of(org: Organization) -> list[Run]:
    with tenancy.tenant(org.pk):
        return list(Run.objects.filter(org=org))


@pytest.fixture(params=["done", "not done"])
def is_done(request: pytest.FixtureRequest, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether the first commit of a run that is cut off has reached PostgreSQL."""
    settings.API_WAIT_SECONDS = 1
    is_done: bool = request.param == "done"
    ask = functions.ask

    def lose_the_first_run(org_id: int, statement: str, values: Any) -> Any:
        if statement != submit_run.SUBMIT:
            return ask(org_id, statement, values)
        if is_done and "id" not in (told := ask(org_id, statement, values)):
            return told  # the counters of a new day are missing
        monkeypatch.setattr(functions, "ask", ask)
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(functions, "ask", lose_the_first_run)
    return is_done


def test_a_retry_gets_the_run_whose_commit_was_not_heard_of(
    acme: Organization, bob: User, up: Upstream, is_done: bool
) -> None:
    token = program(acme, bob).token
    answer = post(token)
    assert answer.status_code == 500
    assert answer.headers.get("x-should-retry") != "false"
    assert len(runs_of(acme)) == is_done
    wait_until(lambda: all(run.awaited_by is None for run in runs_of(acme)), "the caller is known to have gone")
    assert post(token, tries=1).status_code == 504  # no worker is here
    assert len(runs_of(acme)) == 1
