"""A worker's whole way with a slot, against an upstream on real sockets."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.connections import registry
from accounts.errors import NotAllowed
from accounts.models import Organization, ProviderKind, User
from accounts.people import organizations
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.engine import lost_workers, take_frames, try_again, worker
from studio.engine.job import Lost
from studio.files import storage
from studio.models import Charged, Output, Partial, Run, RunEvent, Slot, State, Ticket
from studio.providers.answers import Final
from studio.providers.answers import Partial as PartialFrame
from studio.providers.outcomes import ProviderError
from studio.queue import tickets
from studio.runs import plan, retry_slot, stop_run, submit_run
from tests.conftest import must_be_member
from tests.support.fake_provider import Exchange, Upstream, completed, error, partial, pictures, png, upstream

pytestmark = pytest.mark.django_db


@pytest.fixture
def up(acme: Organization, alice: User) -> Iterator[Upstream]:
    """Acme's default connection leads to it."""
    with (
        upstream(pictures(partial(0, png(shade=10)), completed(png(shade=200)))) as found,
        override_settings(PROVIDER_ALLOWED_HOSTS=[found.host]),
    ):
        with tenancy.tenant(acme.pk):
            owner = must_be_member(acme, alice)
            connection = registry.add(
                org=acme, by=owner, name="Up", kind=ProviderKind.COMPATIBLE, base_url=found.url, key="sk-test-key"
            )
            registry.make_default(connection=connection, by=owner)
        yield found


def submit(acme: Organization, by: User, **asked: object) -> Run:
    with tenancy.tenant(acme.pk):
        image_models.forget()
        spec = specs.read_spec(
            {"prompt": "a lamp", "partial_images": 1, **asked}, models=image_models.at(timezone.now())
        )
        return submit_run.submit(by=must_be_member(acme, by), plan=plan.make(org=acme, spec=spec))


def slots(run: Run) -> list[Slot]:
    with tenancy.tenant(run.org_id):
        return list(Slot.objects.filter(run=run).order_by("index"))


def state(run: Run) -> str:
    with tenancy.tenant(run.org_id):
        return Run.objects.get(pk=run.pk).state


def events(run: Run) -> list[str]:
    with tenancy.tenant(run.org_id):
        return list(RunEvent.objects.filter(run=run).order_by("seq").values_list("type", flat=True))


def work() -> int:
    count = 0
    while worker.develop_next():
        count += 1
    return count


def test_a_picture_develops_and_is_kept_as_it_came(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice)
    assert work() == 1
    assert state(run) == State.SUCCEEDED
    assert events(run) == ["queued", "started", "partial", "output", "ended"]
    with tenancy.tenant(acme.pk):
        output, kept = Output.objects.get(run=run), Partial.objects.get(slot__run=run)
        assert storage.load(output.file) == png(shade=200)
        assert storage.load(kept.file) == png(shade=10)
        assert (output.width, output.height, output.format) == (64, 64, "png")
        assert storage.load(output.preview)[8:12] == b"WEBP"
    (slot,) = slots(run)
    assert (slot.charged, slot.request_id, slot.used["quality"]) == (Charged.YES, "req_upstream_1", "low")
    assert Ticket.objects.count() == 0
    assert up.seen[0].headers["Authorization"] == "Bearer sk-test-key"


def test_four_slots_are_four_calls_and_one_may_fail_alone(acme: Organization, alice: User, up: Upstream) -> None:
    def second_is_refused(exchange: Exchange) -> None:
        if exchange.asked.json["safety_identifier"].endswith(":2"):
            exchange.whole(400, error("moderation_blocked"))
        else:
            pictures(completed(png()))(exchange)

    up.script = second_is_refused
    run = submit(acme, alice, n=4)
    assert work() == 4
    assert [slot.state for slot in slots(run)] == ["succeeded", "succeeded", "refused", "succeeded"]
    assert state(run) == State.SUCCEEDED
    up.script = pictures(completed(png()))
    with tenancy.tenant(acme.pk):
        refused = Slot.objects.select_related("run__connection").get(run=run, index=2)
        retry_slot.retry(slot=refused, by=must_be_member(acme, alice))
    assert work() == 1
    assert [slot.state for slot in slots(run)] == ["succeeded"] * 4
    assert len(up.seen) == 5
    assert events(run)[-1] == "ended"


def test_a_rate_limit_waits_and_tries_again_and_an_empty_balance_does_not(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(429, error("rate_limit_exceeded", "requests"), retry_after="30")
    run = submit(acme, alice)
    assert work() == 1
    (slot,) = slots(run)
    assert (slot.state, slot.sent_at, slot.charged, slot.tries) == ("queued", None, "no", 1)
    assert events(run)[-1] == "waiting"
    assert not worker.develop_next()
    Ticket.objects.update(not_before="2020-01-01T00:00:00Z")
    up.script = lambda exchange: exchange.whole(429, error("insufficient_quota", "insufficient_quota"))
    assert work() == 1
    (slot,) = slots(run)
    assert (slot.state, slot.error_code, slot.charged) == ("failed", "out_of_money", "no")
    assert len(up.seen) == 2


def test_tries_end(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = lambda exchange: exchange.whole(503, error("server_is_overloaded", "service_unavailable_error"))
    run = submit(acme, alice)
    for _ in range(10):
        Ticket.objects.update(not_before="2020-01-01T00:00:00Z")
        work()
    assert len(up.seen) == try_again.MOST_TRIES
    assert (state(run), slots(run)[0].error_code) == (State.FAILED, "outage")


def test_a_cut_line_is_unknown_and_never_asked_again(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = Exchange.drop
    run = submit(acme, alice)
    assert work() == 1
    (slot,) = slots(run)
    assert (slot.state, slot.charged, slot.error_code) == ("unknown", "perhaps", "no_answer")
    assert (state(run), len(up.seen), Ticket.objects.count()) == (State.UNKNOWN, 1, 0)


def test_a_worker_that_dies_before_sending_costs_nothing(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice)
    assert worker.begin() is not None  # and here the worker dies
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    assert lost_workers.sweep() == 1
    assert slots(run)[0].state == "queued"
    assert work() == 1
    assert (state(run), len(up.seen)) == (State.SUCCEEDED, 1)


def test_a_worker_that_dies_after_sending_leaves_an_honest_unknown(
    acme: Organization, alice: User, up: Upstream
) -> None:
    run = submit(acme, alice)
    job = worker.begin()
    assert job is not None
    worker.note_sent(job)  # and here the worker dies
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    assert lost_workers.sweep() == 1
    (slot,) = slots(run)
    assert (slot.state, slot.charged, slot.error_code) == ("unknown", "perhaps", "worker_lost")
    assert (state(run), work(), up.seen) == (State.UNKNOWN, 0, [])


def test_a_ticket_that_cannot_be_taken_over_keeps_no_other_from_it(
    acme: Organization, alice: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    poisoned, sound = submit(acme, alice), submit(acme, alice)
    assert worker.begin() is not None
    assert worker.begin() is not None
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    put_back = Slot.put_back

    def broken(slot: Slot) -> bool:
        if slot.run_id == poisoned.pk:
            raise RuntimeError("cannot")
        return put_back(slot)

    monkeypatch.setattr(Slot, "put_back", broken)
    assert lost_workers.sweep() == 2
    assert (slots(poisoned)[0].state, slots(sound)[0].state) == ("running", "queued")


def test_a_worker_that_was_thought_dead_may_not_send(acme: Organization, alice: User, up: Upstream) -> None:
    submit(acme, alice)
    zombie = worker.begin()
    assert zombie is not None
    Ticket.objects.update(worker=uuid4())
    with pytest.raises(Lost):
        worker.note_sent(zombie)
    assert up.seen == []


def test_a_picture_that_comes_after_the_sweeper_is_kept(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice)
    job = worker.begin()
    assert job is not None
    worker.note_sent(job)
    Ticket.objects.update(lease_until="2020-01-01T00:00:00Z")
    lost_workers.sweep()
    assert state(run) == State.UNKNOWN
    take_frames.take_final(job, Final(png(), {}, None))
    (slot,) = slots(run)
    assert (slot.state, slot.charged, slot.error_code) == ("succeeded", "yes", "")
    assert state(run) == State.SUCCEEDED


def test_a_second_delivery_of_a_message_does_nothing(acme: Organization, alice: User, up: Upstream) -> None:
    submit(acme, alice)
    first = worker.begin()
    assert first is not None
    assert not worker.develop_next()
    assert up.seen == []


def test_an_organization_has_its_own_number_at_once_and_a_new_one_counts_for_what_waits(
    acme: Organization, alice: User, rival: Organization, charlie: User, up: Upstream
) -> None:
    organizations.limit_calls(org=acme, by=None, most=1)
    with tenancy.tenant(acme.pk):
        acme.refresh_from_db()
    ours, theirs = submit(acme, alice, n=4), submit(rival, charlie, n=3)
    held = [job for job in (worker.begin() for _ in range(7)) if job]
    assert [job.run.pk for job in held] == [ours.pk, theirs.pk, theirs.pk, theirs.pk]
    organizations.limit_calls(org=acme, by=None, most=3)
    worker.develop(held[0])  # the next claim finds the new number
    assert [job is not None for job in (worker.begin() for _ in range(4))] == [True, True, True, False]


def test_what_waits_is_stopped_at_once_and_what_runs_at_its_next_sign(
    acme: Organization, alice: User, up: Upstream
) -> None:
    run = submit(acme, alice, n=2)
    job = worker.begin()
    assert job is not None
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=Run.objects.get(pk=run.pk), by=must_be_member(acme, alice))
    assert [slot.state for slot in slots(run)] == ["running", "cancelled"]
    with pytest.raises(ProviderError) as caught:
        worker.note_sent(job)
    try_again.handle_failure(job, caught.value)
    assert [(slot.state, slot.charged) for slot in slots(run)] == [("cancelled", "no")] * 2
    assert (state(run), Ticket.objects.count(), up.seen) == (State.CANCELLED, 0, [])


def test_a_stop_between_frames_may_have_been_charged(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice)

    job = worker.begin()
    assert job is not None
    worker.note_sent(job)
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=Run.objects.get(pk=run.pk), by=must_be_member(acme, alice))
    with pytest.raises(ProviderError) as caught:
        take_frames.keep_partial(job, PartialFrame(0, png()))
    try_again.handle_failure(job, caught.value)
    (slot,) = slots(run)
    assert (slot.state, slot.charged) == ("cancelled", "perhaps")


def test_a_partial_that_is_no_picture_is_passed_over_and_noted(acme: Organization, alice: User, up: Upstream) -> None:
    """Once for each that was asked for, however often a provider sends nonsense."""
    up.script = pictures(*[partial(index, b"noise") for index in (0, 0, 1, 2, 3, 50)], completed(png()))
    run = submit(acme, alice, partial_images=2)
    work()
    assert events(run) == ["queued", "started", "partial_lost", "partial_lost", "output", "ended"]


def test_a_final_that_is_no_picture_is_a_charged_failure(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = pictures(completed(b"noise"))
    run = submit(acme, alice)
    work()
    (slot,) = slots(run)
    assert (slot.state, slot.error_code, slot.charged) == ("failed", "broken_picture", "yes")


def test_a_run_whose_connection_is_gone_fails_without_a_call(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice)
    with tenancy.tenant(acme.pk):
        via = acme.connections.get(is_default=True)
        registry.make_default(
            connection=acme.connections.get(kind=ProviderKind.SANDBOX), by=must_be_member(acme, alice)
        )
        registry.remove(connection=via, by=must_be_member(acme, alice))
    work()
    assert (slots(run)[0].error_code, up.seen) == ("no_connection", [])


def test_a_viewer_makes_nothing(acme: Organization, vera: User, up: Upstream) -> None:
    with pytest.raises(NotAllowed):
        submit(acme, vera)
    with tenancy.tenant(acme.pk):
        assert Run.objects.count() == 0
    assert tickets.count_waiting() == 0
