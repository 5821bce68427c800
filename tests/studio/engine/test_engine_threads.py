"""Eight workers at once, over two organizations, against an upstream that fails as it likes."""

import random
import threading
import time
from collections import Counter

import pytest
from django.db import connections as databases
from django.test import override_settings
from django.utils import timezone

from accounts.connections import registry
from accounts.models import Organization, ProviderKind, User
from saas.database import tenancy
from studio.engine import try_again, worker
from studio.models import ENDS, Charged, Output, Run, RunEvent, State, Ticket, state_of
from tests.conftest import must_be_member
from tests.studio.engine.test_worker import slots, submit
from tests.support.fake_provider import Exchange, Upstream, completed, error, partial, pictures, png, upstream

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS, RUNS, SLOTS_PER_RUN = 8, 5, 4  # runs of each organization
LONGEST_SECONDS = 240  # a busy machine needs many; a quiet one a few
PNG = png()


class Moody:
    """Answers each request in one of six ways, and remembers how."""

    def __init__(self) -> None:
        self.dice, self.guard = random.Random(7), threading.Lock()  # noqa: S311 no secret
        self.answers: Counter[str] = Counter()
        self.now_at_once = self.most_at_once = 0

    def __call__(self, exchange: Exchange) -> None:
        with self.guard:
            mood = self.dice.choice(["good", "good", "good", "busy", "limit", "cut", "moderated", "half"])
            self.answers[mood] += 1
            self.now_at_once += 1
            self.most_at_once = max(self.most_at_once, self.now_at_once)
        exchange.wait(0.02)
        with self.guard:
            self.now_at_once -= 1
        if mood == "good":
            pictures(partial(0, PNG), completed(PNG))(exchange)
        elif mood == "busy":
            exchange.whole(503, error("server_is_overloaded", "service_unavailable_error"))
        elif mood == "limit":
            exchange.whole(429, error("rate_limit_exceeded", "requests"))
        elif mood == "moderated":
            exchange.whole(400, error("moderation_blocked"))
        elif mood == "half":
            pictures(partial(0, PNG))(exchange)
        else:
            exchange.drop()


def connect(org: Organization, owner: User, up: Upstream) -> None:
    with tenancy.tenant(org.pk):
        member = must_be_member(org, owner)
        made = registry.add(
            org=org, by=member, name="Up", kind=ProviderKind.COMPATIBLE, base_url=up.url, key=f"sk-{org.slug}-key"
        )
        registry.make_default(connection=made, by=member)


def work_until_nothing_is_left(stop_at: float) -> None:
    try:
        while time.monotonic() < stop_at and (worker.develop_next() or Ticket.objects.exists()):
            databases.close_all()
            time.sleep(0.005)
    finally:
        databases.close_all()


def test_forty_slots_and_eight_workers_end_honestly(
    acme: Organization, alice: User, rival: Organization, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(try_again, "FIRST_WAIT_SECONDS", 0.01)
    moody = Moody()
    with upstream(moody) as up, override_settings(PROVIDER_ALLOWED_HOSTS=[up.host], ORGANIZATION_CALLS_AT_ONCE=3):
        for org, owner in ((acme, alice), (rival, charlie)):
            connect(org, owner, up)
        runs = [submit(org, by, n=SLOTS_PER_RUN) for _ in range(RUNS) for org, by in ((acme, alice), (rival, charlie))]
        began = timezone.now()
        stop_at = time.monotonic() + LONGEST_SECONDS
        workers = [threading.Thread(target=work_until_nothing_is_left, args=(stop_at,)) for _ in range(WORKERS)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join(LONGEST_SECONDS + 2)
        assert not any(worker.is_alive() for worker in workers)
        assert moody.most_at_once <= 2 * 3  # each organization's limit holds

    assert Ticket.objects.count() == 0
    every = [(run, slot) for run in runs for slot in slots(run)]
    assert len(every) == 40
    assert sum(slot.tries for _, slot in every) == len(up.seen)  # each try was sent once
    ends = Counter(slot.state for _, slot in every)
    assert ends["succeeded"] == moody.answers["good"]
    assert ends["refused"] == moody.answers["moderated"]
    assert ends["unknown"] == moody.answers["cut"] + moody.answers["half"]
    for run, slot in every:
        assert slot.state in ENDS
        with tenancy.tenant(run.org_id):
            assert Output.objects.filter(slot=slot).exists() == (slot.state == State.SUCCEEDED)
        if slot.state == State.UNKNOWN:
            assert (slot.charged, slot.tries <= try_again.MOST_TRIES) == (Charged.PERHAPS, True)
        if slot.state == State.REFUSED:
            assert slot.charged == Charged.NO
    for run in runs:
        with tenancy.tenant(run.org_id):
            fresh = Run.objects.get(pk=run.pk)
            told = list(RunEvent.objects.filter(run=run).order_by("seq").values_list("seq", "type"))
        assert fresh.state == state_of(slots(run))
        assert fresh.ended_at is not None
        assert fresh.ended_at >= began
        assert [seq for seq, _ in told] == list(range(1, fresh.last_seq + 1))
        assert [kind for _, kind in told].count("ended") == 1
        assert told[-1][1] == "ended"
    for org in (acme, rival):  # nobody's key travelled with another's request
        sent = [one for one in up.seen if one.headers["Authorization"] == f"Bearer sk-{org.slug}-key"]
        assert len(sent) == sum(slot.tries for run, slot in every if run.org_id == org.pk)
