"""Which run a retry of the official SDK takes over, and which it must leave alone."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import RequestFactory
from django.utils import timezone

from accounts import api_keys
from accounts.models import ApiKey, Organization, Scope, User
from saas.database import tenancy
from saas.database.presence import presence
from studio.gateway import retrying
from studio.models import Run
from tests.conftest import must_be_member
from tests.support import ended_runs

A_DEAD_PROCESS = 4


@pytest.fixture(autouse=True)
def _sure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' PostgreSQL may have started a moment ago."""
    monkeypatch.setattr(presence, "is_sure", lambda: True)


@pytest.fixture
def bobs_key(acme: Organization, bob: User) -> ApiKey:
    return key_of(acme, bob)


def key_of(org: Organization, user: User) -> ApiKey:
    with tenancy.tenant(org.pk):
        key, _ = api_keys.make(org=org, by=must_be_member(org, user), name="Program", scopes=[Scope.GENERATE])
    return key


def unanswered(org: Organization, user: User, key: ApiKey, **changes: Any) -> Run:
    """A run whose caller's process was killed."""
    return ended_runs.run(org, user, **{"api_key": key, "request_hash": "h", "awaited_by": A_DEAD_PROCESS, **changes})


def join(org: Organization, user: User, key: ApiKey, hashed: str = "h") -> Run | None:
    with tenancy.tenant(org.pk):
        return retrying.join(must_be_member(org, user), key, hashed)


@pytest.mark.parametrize("awaited_by", [A_DEAD_PROCESS, None], ids=["killed", "gone"])
def test_a_run_whose_caller_is_gone_is_taken_over_by_one(
    acme: Organization, bob: User, bobs_key: ApiKey, awaited_by: int | None
) -> None:
    run = unanswered(acme, bob, bobs_key, awaited_by=awaited_by)
    found = join(acme, bob, bobs_key)
    assert found is not None
    assert (found.pk, found.awaited_by) == (run.pk, presence.number())
    assert join(acme, bob, bobs_key) is None


def test_the_oldest_comes_first_and_each_goes_to_another(acme: Organization, bob: User, bobs_key: ApiKey) -> None:
    runs = [unanswered(acme, bob, bobs_key).pk for _ in range(3)]
    found = [join(acme, bob, bobs_key) for _ in range(4)]
    assert [run.pk if run else None for run in found] == [*runs, None]


@pytest.mark.parametrize(
    "changes",
    [
        {"request_hash": ""},
        {"request_hash": "other"},
        {"request_key": "k"},
        {"api_key": None},
        {"created_at": timezone.now() - timedelta(days=1)},
    ],
    ids=["answered", "other words", "by a key of its own", "from a page", "long ago"],
)
def test_no_other_run_is_taken_over(acme: Organization, bob: User, bobs_key: ApiKey, changes: dict[str, Any]) -> None:
    run = unanswered(acme, bob, bobs_key, **changes)
    assert join(acme, bob, bobs_key) is None
    assert awaited_by(run) == A_DEAD_PROCESS


def test_a_caller_who_waits_keeps_the_run(acme: Organization, bob: User, bobs_key: ApiKey) -> None:
    run = unanswered(acme, bob, bobs_key, awaited_by=presence.number())
    assert join(acme, bob, bobs_key) is None
    assert awaited_by(run) == presence.number()


def test_runs_belong_to_their_key(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, bobs_key: ApiKey
) -> None:
    run = unanswered(acme, bob, bobs_key)
    for org, user in ((acme, alice), (acme, bob), (rival, charlie)):
        assert join(org, user, key_of(org, user)) is None
    assert awaited_by(run) == A_DEAD_PROCESS


def test_while_who_lives_is_not_certain_a_process_that_is_not_seen_keeps_its_run(
    acme: Organization, bob: User, bobs_key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "is_sure", lambda: False)
    run = unanswered(acme, bob, bobs_key)
    assert join(acme, bob, bobs_key) is None
    assert awaited_by(run) == A_DEAD_PROCESS
    left = unanswered(acme, bob, bobs_key, awaited_by=None)
    found = join(acme, bob, bobs_key)
    assert (found and found.pk) == left.pk


def test_one_who_is_not_seen_itself_judges_nobody(
    acme: Organization, bob: User, bobs_key: ApiKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = unanswered(acme, bob, bobs_key)
    monkeypatch.setattr(presence, "number", lambda: A_DEAD_PROCESS + 1)
    assert join(acme, bob, bobs_key) is None
    assert awaited_by(run) == A_DEAD_PROCESS


@pytest.mark.parametrize("changes", [{}, {"awaited_by": None}, {"request_hash": "other"}])
def test_a_retry_waits_until_it_is_certain_who_lives(
    acme: Organization, bob: User, bobs_key: ApiKey, monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any]
) -> None:
    answers, paused = [True, False, False], list[float]()
    monkeypatch.setattr(presence, "is_sure", answers.pop)
    monkeypatch.setattr("studio.gateway.retrying.time.sleep", paused.append)
    unanswered(acme, bob, bobs_key, **changes)
    retrying.until_sure(must_be_member(acme, bob), bobs_key, "h")
    assert len(paused) == (0 if changes else 2)


@pytest.mark.parametrize(("count", "is_retry"), [("1", True), ("12", True), ("0", False), ("", False), ("-1", False)])
def test_the_sdk_counts_its_tries(count: str, is_retry: bool) -> None:
    headers = {"x-stainless-retry-count": count} if count else {}
    assert retrying.is_retry(RequestFactory().post("/v1/images/generations", headers=headers)) is is_retry


@pytest.mark.parametrize("was_told", [True, False])
@pytest.mark.parametrize("is_answered", [True, False])
@pytest.mark.django_db(transaction=True)
def test_only_a_caller_who_was_told_the_answer_is_done(
    acme: Organization, bob: User, was_told: bool, is_answered: bool
) -> None:
    key = key_of(acme, bob)
    run = unanswered(acme, bob, key, awaited_by=presence.number())
    call = retrying.GatewayCall()
    call.begin(run)
    call.is_answered = is_answered
    if letting_go := call.end(was_told=was_told):
        letting_go.join(20)
    assert call.end(was_told=False) is None
    assert awaited_by(run) == (presence.number() if was_told and is_answered else None)


@pytest.mark.django_db(transaction=True)
def test_a_caller_who_went_away_before_the_run_was_made_is_let_go(acme: Organization, bob: User) -> None:
    run = unanswered(acme, bob, key_of(acme, bob), awaited_by=presence.number())
    call = retrying.GatewayCall()
    call.end(was_told=False)
    call.begin(run)
    assert awaited_by(run) is None


@pytest.mark.django_db(transaction=True)
def test_a_caller_is_let_go_as_soon_as_the_database_is_back(
    acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = unanswered(acme, bob, key_of(acme, bob), awaited_by=presence.number())
    tenant, tries = tenancy.tenant, list[int]()

    def away_twice(org_id: int) -> Any:
        tries.append(org_id)
        if len(tries) < 3:
            raise OperationalError("the database system is starting up")
        return tenant(org_id)

    monkeypatch.setattr(tenancy, "tenant", away_twice)
    monkeypatch.setattr(retrying, "LET_GO_AGAIN_SECONDS", 0.01, raising=False)
    call = retrying.GatewayCall()
    call.begin(run)
    letting_go = call.end(was_told=False)
    assert letting_go is not None
    letting_go.join(20)
    monkeypatch.undo()
    assert awaited_by(run) is None


@pytest.mark.django_db(transaction=True)
def test_letting_a_caller_go_is_given_up_at_last(
    acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = unanswered(acme, bob, key_of(acme, bob), awaited_by=presence.number())

    def away(org_id: int) -> Any:
        raise OperationalError("the database system is starting up")

    monkeypatch.setattr(tenancy, "tenant", away)
    monkeypatch.setattr(retrying, "LET_GO_SECONDS", 0.1, raising=False)
    monkeypatch.setattr(retrying, "LET_GO_AGAIN_SECONDS", 0.01, raising=False)
    call = retrying.GatewayCall()
    call.begin(run)
    letting_go = call.end(was_told=False)
    assert letting_go is not None
    letting_go.join(20)
    assert not letting_go.is_alive()


def awaited_by(run: Run) -> int | None:
    with tenancy.tenant(run.org_id):
        return Run.objects.get(pk=run.pk).awaited_by
