"""A request that always fails is not an outage; in one, callers who hold the line are answered, and what tries the
connection again is never what failed before."""

import time
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone

from accounts.connections import circuit, registry
from accounts.connections.registry import make_default
from accounts.models import Circuit, Counter, Hold, Organization, ProviderConnection, ProviderKind, User
from saas.database import tenancy
from studio import tasks
from studio.catalogue import fingerprint, image_models, specs
from studio.engine import caretaker, try_again, worker
from studio.models import Run, State, Ticket
from studio.queue import tickets
from studio.runs import finish, outages, plan, submit_run
from tests.conftest import join, make_person, must_be_member
from tests.studio.engine.test_circuit import LONG_AGO, default, down, note_outages, rest_is_over
from tests.studio.engine.test_worker import slots, state, submit, up, work
from tests.support.fake_provider import Exchange, Upstream, completed, error, pictures, png

pytestmark = pytest.mark.django_db
__all__ = ["up"]


@pytest.fixture(autouse=True)
def _tries_come_when_a_test_says_and_probes_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(try_again, "FIRST_WAIT_SECONDS", try_again.LONGEST_WAIT_SECONDS)
    monkeypatch.setattr(tasks.probe, "send", tasks.probe.fn)


def fails_where_told(exchange: Exchange) -> None:
    """The provider is well; only these prompts fail, each time."""
    if exchange.asked.json["prompt"].startswith("fails"):
        exchange.whole(500, error(None, "server_error"))
    else:
        pictures(completed(png()))(exchange)


def pass_time(seconds: int) -> None:
    """On the database's clock, as far as circuits and tickets go by it."""
    by = timedelta(seconds=seconds)
    Ticket.objects.update(not_before=F("not_before") - by, awaited_at=F("awaited_at") - by)
    Circuit.objects.update(
        first_outage_at=F("first_outage_at") - by,
        opened_at=F("opened_at") - by,
        open_until=F("open_until") - by,
        probe_until=F("probe_until") - by,
    )


def awaited(acme: Organization, by: User, **asked: object) -> Run:
    """As a caller of the gateway submits it."""
    with tenancy.tenant(acme.pk):
        spec = specs.read_spec({"prompt": "a lamp", **asked}, models=image_models.at(timezone.now()))
        return submit_run.submit(by=must_be_member(acme, by), plan=plan.make(org=acme, spec=spec), is_awaited=True)


def try_until_ended() -> None:
    while Ticket.objects.exists():
        Ticket.objects.update(not_before=LONG_AGO)
        assert work()


def is_open(connection: ProviderConnection, *, to: User | None = None) -> bool:
    with tenancy.tenant(connection.org_id):
        return circuit.find(connection, maker_id=to.pk if to else None) is not None


def nothing_is_held() -> bool:
    return not Counter.objects.exclude(held_micros=0).exists()


# -- What counts as an outage ----------------------------------------------------------------------


def test_a_loop_that_sends_one_failing_request_again_for_eighteen_minutes_opens_nothing(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    up.script = fails_where_told
    for minute in range(18):
        for _ in range(2):
            failing = submit(acme, bob, prompt="fails always")
            for _ in range(try_again.MOST_TRIES):
                pass_time(7)
                Ticket.objects.update(not_before=LONG_AGO)
                assert work() == 1
            assert (state(failing), slots(failing)[0].error_code) == (State.FAILED, "outage")
        if minute % 6 == 0:
            healthy = [submit(acme, by) for by in (alice, bob)]
            assert work() == 2
            assert [state(run) for run in healthy] == [State.SUCCEEDED] * 2
        assert not is_open(default(acme))


def test_two_requests_that_always_fail_keep_no_healthy_one_waiting(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    up.script = fails_where_told
    failing = [submit(acme, bob, prompt="fails one"), submit(acme, alice, prompt="fails two")]
    for _ in range(3):
        Ticket.objects.update(not_before=LONG_AGO)
        assert work() == 2
    healthy = submit(acme, bob)
    assert work() == 1
    assert state(healthy) == State.SUCCEEDED
    try_until_ended()
    assert [state(run) for run in failing] == [State.FAILED] * 2
    assert not Circuit.objects.exclude(open_until=None).exists()


def test_one_run_of_many_pictures_is_one_request(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = down
    run = submit(acme, alice, n=8)
    try_until_ended()
    assert (state(run), Circuit.objects.get().outages) == (State.FAILED, 1)


def test_different_requests_in_a_row_are_an_outage(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    up.script = down
    for number in range(circuit.OUTAGES_TO_OPEN):
        submit(acme, (alice, bob)[number % 2], prompt=f"lamp {number}")
    work()
    assert is_open(default(acme))


def test_how_a_request_is_written_makes_it_no_other(acme: Organization, alice: User, bob: User) -> None:
    def of(prompt: str, by: User = alice, pictures: tuple[str, ...] = ()) -> int:
        return fingerprint.fingerprint_of(Run(maker=by, prompt=prompt), pictures)

    assert of("A  lamp\n") == of("a lamp")
    assert len({of("a lamp"), of("a lamb"), of("a lamp", bob), of("a lamp", alice, ("ab",))}) == 4
    assert all(0 < of(word) < 2**63 for word in ("", "a", "b"))


def test_where_all_that_failed_is_one_persons_only_theirs_waits(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    via = default(acme)
    note_outages(via, 5, makers=(bob.pk,))
    assert (is_open(via, to=bob), is_open(via, to=alice)) == (True, False)
    his, hers = submit(acme, bob), submit(acme, alice)
    assert work() == 2, "her picture shows that the provider works, and his is made, too"
    assert [state(run) for run in (hers, his)] == [State.SUCCEEDED] * 2
    assert not is_open(via)


def test_another_persons_failure_makes_it_everybodys(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    via = default(acme)
    note_outages(via, 5, makers=(bob.pk,))
    up.script = down
    submit(acme, alice)
    work()
    vera = make_person("Wanda")
    join(acme, vera, must_be_member(acme, bob).role)  # type: ignore[arg-type]  # a role as the database says it
    assert is_open(via, to=vera)


def test_a_lent_key_is_closed_to_one_tenant_alone(
    acme: Organization, alice: User, rival: Organization, charlie: User, up: Upstream, settings: Any
) -> None:
    settings.OPENAI_API_KEY, settings.OPENAI_BASE_URL = "sk-lent", up.url
    lent = []
    for org, owner in ((acme, alice), (rival, charlie)):
        with tenancy.tenant(org.pk):
            by = must_be_member(org, owner)
            lent.append(registry.add(org=org, by=by, name="Lent", kind=ProviderKind.OPERATOR))
            make_default(connection=lent[-1], by=by)
    note_outages(lent[0], 5)
    hers, his = submit(acme, alice), submit(rival, charlie)
    assert work() == 1
    assert (state(hers), state(his)) == (State.QUEUED, State.SUCCEEDED)


# -- What tries ------------------------------------------------------------------------------------


def open_by_failing(acme: Organization, *people: User) -> list[Run]:
    """Five requests that fail, and wait for another try."""
    found = [submit(acme, people[number % len(people)], prompt=f"fails {number}") for number in range(5)]
    assert work() == 5
    assert is_open(default(acme))
    pass_time(int(circuit.FIRST_REST.total_seconds()) + 1)
    Ticket.objects.update(not_before=LONG_AGO)
    return found


def test_what_opened_it_never_tries(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    up.script = fails_where_told
    open_by_failing(acme, alice, bob)
    assert worker.begin() is None
    healthy = submit(acme, bob)
    job = worker.begin()
    assert job is not None
    assert (job.run.pk, job.claim.is_trying) == (healthy.pk, True)


def test_the_same_request_in_a_new_run_does_not_try_either(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    up.script = fails_where_told
    open_by_failing(acme, alice, bob)
    submit(acme, alice, prompt="Fails  0")
    assert worker.begin() is None


def test_a_try_that_failed_is_not_the_next_one(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    up.script = fails_where_told
    open_by_failing(acme, alice, bob)
    submit(acme, bob, prompt="fails as well")
    assert work() == 1
    rest_is_over()
    Ticket.objects.update(not_before=LONG_AGO)
    assert worker.begin() is None


def test_a_try_that_does_not_answer_is_joined_by_another(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    note_outages(default(acme), 5)
    submit(acme, alice)
    submit(acme, bob)
    rest_is_over()
    first = worker.begin()
    assert first is not None
    assert worker.begin() is None
    pass_time(int(circuit.PROBE_LASTS.total_seconds()) + 1)
    second = worker.begin()
    assert second is not None
    assert second.claim.is_trying
    worker.develop(first)
    assert not is_open(default(acme)), "the one that took long has found out as well"


def test_where_only_what_failed_waits_the_models_are_asked(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    up.script = fails_where_told
    failing = open_by_failing(acme, alice, bob)
    outages.call_for_models()
    assert (up.listed, is_open(default(acme))) == (1, False)
    up.script = pictures(completed(png()))
    assert work() == 5
    assert {state(run) for run in failing} == {State.SUCCEEDED}


def test_models_that_are_being_asked_for_are_not_asked_for_again(
    acme: Organization, alice: User, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    up.script = fails_where_told
    open_by_failing(acme, alice, bob)
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(tasks.probe, "send", lambda *arguments: asked.append(arguments))
    for _ in range(2):
        outages.call_for_models()
    assert len(asked) == 1
    pass_time(int(circuit.PROBE_LASTS.total_seconds()) + 1)
    outages.call_for_models()
    assert len(asked) == 2, "the first message was lost, perhaps"


def test_models_that_do_not_come_open_it_for_longer(acme: Organization, alice: User, bob: User, up: Upstream) -> None:
    up.script = fails_where_told
    open_by_failing(acme, alice, bob)
    up.models = down
    outages.call_for_models()
    outages.call_for_models()
    with tenancy.tenant(acme.pk):
        found = circuit.find(default(acme))
    assert found is not None
    assert (up.listed, round(found.rest.total_seconds())) == (1, 30)


def test_a_provider_that_lists_models_and_makes_no_pictures_is_left_alone_longer_each_time(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    up.script = down
    open_by_failing(acme, alice, bob)
    outages.call_for_models()
    assert work() == 5
    with tenancy.tenant(acme.pk):
        found = circuit.find(default(acme))
    assert found is not None
    assert 28 <= found.rest.total_seconds() <= 30


def test_models_are_not_asked_for_while_another_request_can_try(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    up.script = fails_where_told
    open_by_failing(acme, alice, bob)
    submit(acme, alice)
    outages.call_for_models()
    assert up.listed == 0
    pass_time(31)  # it could not: its organization's places were all taken
    outages.call_for_models()
    assert up.listed == 1


def test_a_list_of_models_that_drips_ends_at_the_deadline(
    acme: Organization, alice: User, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    def drip(exchange: Exchange) -> None:
        exchange.begin()
        for _ in range(600):
            exchange.send(" ")
            exchange.wait(0.1)

    up.script, up.models = fails_where_told, drip
    open_by_failing(acme, alice, bob)
    monkeypatch.setattr("accounts.connections.probe.TIMEOUT_SECONDS", 1)
    began = time.monotonic()
    outages.call_for_models()
    assert time.monotonic() - began < 30
    assert is_open(default(acme))


# -- Callers who hold the line ---------------------------------------------------------------------


def test_a_caller_who_holds_the_line_is_refused_while_it_rests_and_nothing_is_made(
    acme: Organization, alice: User, up: Upstream
) -> None:
    note_outages(default(acme), 5)
    with pytest.raises(outages.LeftAlone) as refused:
        awaited(acme, alice)
    assert 1 <= refused.value.wait_seconds <= 15
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()
        assert not Hold.objects.exists()
    assert (Ticket.objects.count(), nothing_is_held()) == (0, True)
    assert state(submit(acme, alice)) == State.QUEUED, "who does not hold the line may wait"


def test_after_the_rest_a_caller_is_let_in_and_tries(acme: Organization, alice: User, up: Upstream) -> None:
    note_outages(default(acme), 5)
    rest_is_over()
    run = awaited(acme, alice)
    assert work() == 1
    assert (state(run), is_open(default(acme))) == (State.SUCCEEDED, False)


def test_who_waits_already_when_it_opens_is_answered_after_twenty_seconds(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    theirs, page = awaited(acme, alice, n=2), submit(acme, bob)
    note_outages(default(acme), 5)
    caretaker.look_at_outages()
    assert (state(theirs), state(page)) == (State.QUEUED, State.QUEUED)
    pass_time(21)
    caretaker.look_at_outages()
    assert (state(theirs), state(page)) == (State.FAILED, State.QUEUED)
    assert [(slot.error_code, slot.charged) for slot in slots(theirs)] == [("outage", "no")] * 2
    assert Ticket.objects.count() == 1
    with tenancy.tenant(acme.pk):
        assert set(Hold.objects.filter(run_code=theirs.code).values_list("state", flat=True)) == {"released"}


def test_who_comes_while_another_tries_waits_twenty_seconds_of_their_own(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    note_outages(default(acme), 5)
    submit(acme, bob)
    pass_time(60)
    assert worker.begin() is not None
    run = awaited(acme, alice)
    outages.end_awaited()
    assert state(run) == State.QUEUED
    pass_time(21)
    outages.end_awaited()
    assert state(run) == State.FAILED


def test_a_run_that_is_gone_keeps_nobody_else_from_being_answered(acme: Organization, alice: User) -> None:
    gone, run = awaited(acme, alice), awaited(acme, alice)
    with tenancy.tenant(acme.pk):
        gone.delete()
    note_outages(default(acme), 5)
    pass_time(21)
    assert outages.end_awaited() == 1
    assert (state(run), Ticket.objects.count()) == (State.FAILED, 0)


def test_one_that_cannot_be_ended_keeps_nobody_else_from_being_answered(
    acme: Organization, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, run = awaited(acme, alice), awaited(acme, alice)
    end = finish.end

    def fail(of: Run, *args: Any, **kwargs: Any) -> None:
        assert of.pk != broken.pk
        end(of, *args, **kwargs)

    monkeypatch.setattr(finish, "end", fail)
    note_outages(default(acme), 5)
    pass_time(21)
    assert outages.end_awaited() == 1
    assert (state(broken), state(run)) == (State.QUEUED, State.FAILED)


def test_what_can_move_to_another_connection_is_not_ended(acme: Organization, alice: User, up: Upstream) -> None:
    from accounts.connections.registry import Terms

    run = awaited(acme, alice)
    with tenancy.tenant(acme.pk):
        registry.add(
            org=acme,
            by=must_be_member(acme, alice),
            name="Backup",
            kind=ProviderKind.COMPATIBLE,
            base_url=up.url,
            terms=Terms(position=1),
        )
    note_outages(default(acme), 5)
    pass_time(21)
    assert outages.end_awaited() == 0
    assert state(awaited(acme, alice)) == State.QUEUED
    assert work() == 2
    assert state(run) == State.SUCCEEDED


def test_a_slow_failure_is_told_while_its_caller_still_holds_the_line(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = fails_where_told
    theirs, page = awaited(acme, alice, prompt="fails"), submit(acme, alice, prompt="fails too")
    pass_time(int(try_again.AWAITED_TRIES_SECONDS) + 1)
    assert work() == 2
    assert (state(theirs), slots(theirs)[0].tries, slots(page)[0].state) == (State.FAILED, 1, State.QUEUED)


def test_the_wait_that_is_told_is_what_is_left() -> None:
    seconds = timedelta(seconds=1)

    def told(rest: float, probe: float) -> int:
        return circuit.Outage(timezone.now(), seconds, rest * seconds, probe * seconds).wait_seconds

    assert [told(144.2, 0), told(-3, 12), told(-3, -1), told(0.2, 0)] == [145, 12, 1, 1]
    assert timedelta(seconds=30) > tickets.AWAITED_PATIENCE
