"""No lock, no session and no silence is for ever, and whoever was kept waiting for a lock is asked to come again."""

import threading
import time
from collections.abc import Callable

import psycopg
import pytest
from django.core.handlers.exception import convert_exception_to_response
from django.db import InternalError, OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from accounts.models import Organization, User
from saas import environment
from saas.database import tenancy, waits
from saas.database.transactions import hurry, once_more, patient
from saas.web.middleware import RequestMiddleware
from tests.support import vanished_session
from tests.support.snapshot import together

pytestmark = pytest.mark.django_db(transaction=True)
WAIT_SECONDS = 60
LOCK, IDLE = "lock_timeout", "idle_in_transaction_session_timeout"


def shown(name: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SHOW {name}")
        return str(cursor.fetchone()[0])


def rename(org: Organization, name: str) -> None:
    with tenancy.tenant(org.pk):
        hurry()
        Organization.objects.filter(pk=org.pk).update(name=name)


def name_of(org: Organization) -> str:
    with tenancy.tenant(org.pk):
        return Organization.objects.get(pk=org.pk).name


def wait_until_gone(pid: int) -> None:
    until = time.monotonic() + WAIT_SECONDS
    with psycopg.connect(**connection.get_connection_params()) as other:
        while other.execute("SELECT 1 FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            assert time.monotonic() < until
            other.commit()


def test_every_session_ends_its_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(LOCK) == "8s"
    params = connection.get_connection_params()
    assert params["options"].startswith(" ".join(f"-c {name}={value}" for name, value in waits.SESSION.items()))
    assert {name: params[name] for name in waits.LIBPQ} == waits.LIBPQ
    monkeypatch.setenv("PROBE", "postgresql://db/x?connect_timeout=3&options=-c%20work_mem%3D9MB")
    options = environment.database("PROBE", pool_size=0)["OPTIONS"]
    assert options["connect_timeout"] == "3"
    assert options["options"].endswith("-c tcp_user_timeout=20s -c work_mem=9MB")
    assert "-c idle_in_transaction_session_timeout=15s" in options["options"]


def test_long_work_waits_longer_and_then_as_before() -> None:
    before = shown(LOCK), shown(IDLE)
    with patient():
        assert (shown(LOCK), shown(IDLE)) == ("1min", "10min")
    assert (shown(LOCK), shown(IDLE)) == before
    with transaction.atomic():
        with patient():
            assert (shown(LOCK), shown(IDLE)) == ("1min", "10min")
        hurry()
        assert shown(LOCK) == "250ms"
    assert (shown(LOCK), shown(IDLE)) == before


@pytest.mark.parametrize(
    ("path", "kind"), [("/o/acme/", "text/html"), ("/api/v1/runs", "json"), ("/v1/models", "json")]
)
def test_a_request_that_a_lock_kept_waiting_is_asked_to_come_again(acme: Organization, path: str, kind: str) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        rename(acme, "Another")
        return HttpResponse("fine")

    ask = RequestMiddleware(convert_exception_to_response(view))  # as Django puts it around each middleware
    with vanished_session.held(
        vanished_session.ORGANIZATION, acme.pk, connection.get_connection_params(), org_id=acme.pk
    ):
        answer = ask(RequestFactory().get(path))
    assert (answer.status_code, answer["Retry-After"]) == (503, "2")
    assert kind in answer["Content-Type"]
    assert b"Another change is being saved right now. Try again in a moment." in answer.content
    assert name_of(acme) == "Acme"
    assert ask(RequestFactory().get(path)).status_code == 200
    assert name_of(acme) == "Another"


def test_a_request_whose_second_try_went_through_may_break_for_other_reasons(alice: User, charlie: User) -> None:
    both_hold = threading.Barrier(2)

    def view(first: User, second: User) -> Callable[[], int]:
        tries: list[int] = []

        @transaction.atomic
        def act() -> None:
            tries.append(1)
            User.objects.filter(pk=first.pk).update(name="One")
            if len(tries) == 1:
                both_hold.wait(WAIT_SECONDS)
            User.objects.filter(pk=second.pk).update(name="Two")

        def inner(request: HttpRequest) -> HttpResponse:
            once_more(act)
            raise ZeroDivisionError

        ask = RequestMiddleware(convert_exception_to_response(inner))
        return lambda: int(ask(RequestFactory().get("/api/v1/runs")).status_code)

    assert together(view(alice, charlie), view(charlie, alice)) == [500, 500]


def test_a_session_that_was_ended_in_its_sleep_is_a_lost_connection(acme: Organization) -> None:
    def sleep_on() -> None:
        with tenancy.tenant(acme.pk):
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config(%s, '50ms', true), pg_backend_pid()", [IDLE])
                _, pid = cursor.fetchone()
            wait_until_gone(pid)
            Organization.objects.filter(pk=acme.pk).update(name="Another")

    with pytest.raises(OperationalError) as caught:
        sleep_on()
    assert not isinstance(caught.value, InternalError)
    assert name_of(acme) == "Acme"
