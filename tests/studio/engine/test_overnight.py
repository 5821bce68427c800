"""Overnight runs: a chunk becomes one batch at the provider, at half price, whatever goes wrong on the way."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.connections import registry
from accounts.errors import Refused
from accounts.models import Hold, HoldState, Organization, ProviderConnection, ProviderKind, User
from billing.models import Entry
from saas.database import tenancy
from studio.batches import overnight
from studio.catalogue import image_models, specs
from studio.engine import overnight as driver
from studio.engine import overnight_results, worker
from studio.models import Chunk, ChunkLine, ChunkTicket, Output, Run, Slot, State, Ticket
from studio.providers import openai_batches
from studio.runs import plan as plans
from studio.runs import stop_run
from studio.runs.plan import Plan
from tests.conftest import must_be_member
from tests.support.fake_batches import Line, Provider, answered, expired, provider, refused

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def up(acme: Organization, alice: User) -> Iterator[Provider]:
    with provider() as found, override_settings(PROVIDER_ALLOWED_HOSTS=[found.host]):
        connect(acme, alice, found.url)
        yield found


def connect(acme: Organization, alice: User, url: str, kind: ProviderKind = ProviderKind.OPENAI) -> ProviderConnection:
    with tenancy.tenant(acme.pk):
        owner = must_be_member(acme, alice)
        made = registry.add(org=acme, by=owner, name=f"Up {kind}", kind=kind, base_url=url, key="sk-test-key")
        registry.make_default(connection=made, by=owner)
    return made


def planned(org: Organization, **asked: Any) -> Plan:
    with tenancy.tenant(org.pk):
        image_models.forget()
        wish = {"prompt": "a lamp", "size": "1024x1024", "quality": "low", "partial_images": 0, **asked}
        return plans.make(org=org, spec=specs.read_spec(wish, models=image_models.at(timezone.now())))


def submit(org: Organization, by: User, *, goes_live: bool = False, hours: float = 8, **asked: Any) -> Run:
    until = timezone.now() + timedelta(hours=hours)
    return overnight.submit(
        by=must_be_member(org, by), plan=planned(org, **asked), deadline_at=until, goes_live=goes_live
    )


def step() -> bool:
    ChunkTicket.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    return driver.drive_next()


def steps(count: int = 2) -> None:
    """Close the chunk and create its batch."""
    for _ in range(count):
        assert step()


def chunk_of(org: Organization) -> Chunk:
    with tenancy.tenant(org.pk):
        return Chunk.objects.get(org=org)


def slots(org: Organization) -> list[tuple[str, str]]:
    with tenancy.tenant(org.pk):
        return list(Slot.objects.filter(org=org).order_by("pk").values_list("state", "error_code"))


def holds(org: Organization) -> list[str]:
    with tenancy.tenant(org.pk):
        return list(Hold.objects.filter(org=org).order_by("pk").values_list("state", flat=True))


def count(org: Organization, model: Any) -> int:
    with tenancy.tenant(org.pk):
        return int(model.objects.filter(org=org).count())


def test_runs_become_one_batch_at_half_price(acme: Organization, bob: User, up: Provider) -> None:
    by_day = planned(acme, prompt="a lamp 0").price.each
    runs = [submit(acme, bob, prompt=f"a lamp {number}") for number in range(3)]
    assert (Ticket.objects.count(), count(acme, Chunk), ChunkTicket.objects.count()) == (0, 1, 1)
    with tenancy.tenant(acme.pk):
        assert {hold.micros for hold in Hold.objects.all()} == {-(-by_day // 2)}
        assert {run.lane for run in Run.objects.all()} == {"overnight"}
    steps()
    batch_id = up.only()
    assert up.batches[batch_id]["metadata"] == {"darkroom_chunk": str(chunk_of(acme).code)}
    lines = up.lines(batch_id)
    assert [line["body"]["prompt"] for line in lines] == ["a lamp 0", "a lamp 1", "a lamp 2"]
    assert {line["url"] for line in lines} == {"/v1/images/generations"}
    assert slots(acme) == [(State.RUNNING, "")] * 3
    step()
    assert holds(acme) == [HoldState.OPEN] * 3
    up.end("completed", [answered(line) for line in reversed(lines)])
    assert step()
    assert slots(acme) == [(State.SUCCEEDED, "")] * 3
    assert holds(acme) == [HoldState.SETTLED] * 3
    assert (count(acme, Output), count(acme, Entry)) == (3, 3)
    with tenancy.tenant(acme.pk):
        # 12 tokens of text at 2.50, and 296 of pictures at 15 dollars for a million
        assert set(Entry.objects.values_list("micros", flat=True)) == {4470}
        assert set(Run.objects.values_list("state", flat=True)) == {State.SUCCEEDED}
    assert (chunk_of(acme).state, chunk_of(acme).alarm) == ("ended", "")
    assert not ChunkTicket.objects.exists()
    assert len(runs) == 3


def test_an_edit_sends_its_picture_once_and_names_it(acme: Organization, alice: User, bob: User, up: Provider) -> None:
    from studio.inputs import uploads
    from studio.runs.plan import Pictures
    from tests.support.picture_bytes import plain

    ready = uploads.store_picture(org=acme, name="photo.png", data=plain(".png", 320, 320))
    for prompt in ("by day", "by night"):
        with tenancy.tenant(acme.pk):
            given = acme.inputs.first() or uploads.keep(ready, by=bob)
            wish = {"prompt": prompt, "references": 1, "quality": "low", "size": "1024x1024", "partial_images": 0}
            spec = specs.read_spec(wish, models=image_models.at(timezone.now()))
            plan = plans.make(org=acme, spec=spec, pictures=Pictures([given]))
        overnight.submit(by=must_be_member(acme, bob), plan=plan, deadline_at=timezone.now() + HOUR)
    assert count(acme, Chunk) == 1
    steps()
    named = [line["body"]["images"] for line in up.lines(up.only())]
    assert named == [[{"file_id": "file-1"}]] * 2
    assert up.batches[up.only()]["endpoint"] == "/v1/images/edits"


def test_each_line_ends_by_its_own_answer(acme: Organization, bob: User, up: Provider) -> None:
    for number in range(4):
        submit(acme, bob, prompt=f"a lamp {number}")
    steps()
    good, blocked, broke, late = up.lines(up.only())
    errors = [refused(blocked, 400, "moderation_blocked"), refused(broke, 500, "server_error"), expired(late)]
    up.end("expired", [answered(good)], errors)
    step()
    assert slots(acme) == [
        (State.SUCCEEDED, ""),
        (State.REFUSED, "moderated"),
        (State.FAILED, "outage"),
        (State.FAILED, "not_made_in_time"),
    ]
    assert holds(acme) == [HoldState.SETTLED, *[HoldState.RELEASED] * 3]


def test_a_crash_between_creating_and_noting_adopts_the_same_batch(
    acme: Organization, bob: User, up: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(acme, bob)
    step()
    create = openai_batches.create

    def create_and_die(*args: Any, **more: Any) -> None:
        create(*args, **more)
        raise SystemExit

    with monkeypatch.context() as patch:
        patch.setattr(openai_batches, "create", create_and_die)
        with pytest.raises(SystemExit):
            step()
    assert (chunk_of(acme).batch_id, len(up.batches)) == ("", 1)
    assert step()
    assert (chunk_of(acme).batch_id, len(up.batches)) == (up.only(), 1)
    up.end("completed", [answered(line) for line in up.lines(up.only())])
    step()
    assert (slots(acme), holds(acme)) == ([(State.SUCCEEDED, "")], [HoldState.SETTLED])


def test_a_crash_before_creating_creates_it_once(
    acme: Organization, bob: User, up: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit(acme, bob)
    step()
    with monkeypatch.context() as patch:
        patch.setattr(openai_batches, "create", lambda *_, **__: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            step()
    assert up.batches == {}
    steps()
    assert len(up.batches) == 1


def test_what_is_missing_at_the_deadline_is_made_by_day(acme: Organization, bob: User, up: Provider) -> None:
    by_day = [planned(acme, prompt=prompt).price.each for prompt in ("in time", "late")]
    submit(acme, bob, goes_live=True, prompt="in time")
    submit(acme, bob, goes_live=True, prompt="late")
    with tenancy.tenant(acme.pk):
        assert [hold.micros for hold in Hold.objects.order_by("pk")] == by_day
    steps()
    with tenancy.tenant(acme.pk):
        Chunk.objects.update(deadline_at=timezone.now())
    step()
    assert chunk_of(acme).state == "cancelling"
    in_time, late = up.lines(up.only())
    up.end("cancelled", [answered(in_time)], [expired(late, "batch_cancelled")])
    step()
    assert slots(acme) == [(State.SUCCEEDED, ""), (State.QUEUED, "")]
    assert Ticket.objects.count() == 1
    with tenancy.tenant(acme.pk):
        waiting = Hold.objects.get(state=HoldState.OPEN)
        # the price by day, which the hold covers
        assert waiting.terms["tariff"]["rates"]["image_out"] == 30_000_000
        assert Entry.objects.get().micros == 4470


def test_what_is_missing_at_the_deadline_is_given_back_unless_agreed(
    acme: Organization, bob: User, up: Provider
) -> None:
    submit(acme, bob)
    steps()
    with tenancy.tenant(acme.pk):
        Chunk.objects.update(deadline_at=timezone.now())
    step()
    up.end("cancelled", [], [expired(line, "batch_cancelled") for line in up.lines(up.only())])
    step()
    assert (slots(acme), holds(acme)) == ([(State.FAILED, "not_made_in_time")], [HoldState.RELEASED])
    assert Ticket.objects.count() == 0


def test_a_batch_that_the_provider_refuses_costs_nothing(acme: Organization, bob: User, up: Provider) -> None:
    submit(acme, bob)
    steps()
    up.end("failed", errors=[])
    step()
    assert (slots(acme), holds(acme)) == ([(State.FAILED, "batch_refused")], [HoldState.RELEASED])


def test_a_lost_batch_leaves_its_money_uncertain_and_raises_an_alarm(
    acme: Organization, bob: User, up: Provider
) -> None:
    submit(acme, bob)
    steps()
    up.batches.clear()
    steps(2)
    assert slots(acme) == [(State.RUNNING, "")]
    step()
    assert (slots(acme), holds(acme)) == ([(State.UNKNOWN, "batch_lost")], [HoldState.UNCERTAIN])
    assert "does not know" in chunk_of(acme).alarm


def test_a_missing_error_file_raises_an_alarm_and_nothing_is_given_back_blindly(
    acme: Organization, bob: User, up: Provider
) -> None:
    submit(acme, bob, prompt="one")
    submit(acme, bob, prompt="two")
    steps()
    one, two = up.lines(up.only())
    up.end("completed", [answered(one)], [refused(two, 400, "moderation_blocked")])
    del up.files["file-error"]
    step()
    assert slots(acme) == [(State.SUCCEEDED, ""), (State.UNKNOWN, "batch_line_missing")]
    assert holds(acme) == [HoldState.SETTLED, HoldState.UNCERTAIN]
    assert chunk_of(acme).alarm


def test_lines_that_come_twice_and_lines_of_others_change_nothing(acme: Organization, bob: User, up: Provider) -> None:
    submit(acme, bob)
    steps()
    (line,) = up.lines(up.only())
    odd: list[Line] = [{**line, "custom_id": "not-ours"}, {**line, "custom_id": "0" * 32}]
    lines = [answered(line), answered(line, shade=7), *(answered(one) for one in odd)]
    up.end("completed", lines)
    step()
    assert (count(acme, Output), count(acme, Entry), holds(acme)) == (1, 1, [HoldState.SETTLED])
    assert "tokens" in chunk_of(acme).alarm  # the sum of the batch counts more than its lines


def test_a_batch_that_is_reported_finished_twice_is_paid_once(
    acme: Organization, bob: User, up: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker dies after it has kept the pictures and before it has ended the chunk."""
    submit(acme, bob)
    steps()
    up.end("completed", [answered(line) for line in up.lines(up.only())])
    with monkeypatch.context() as patch:
        patch.setattr(overnight_results, "end", lambda _: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            step()
    assert step()
    assert (count(acme, Output), count(acme, Entry), holds(acme)) == (1, 1, [HoldState.SETTLED])
    assert chunk_of(acme).state == "ended"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"[]",
        b'"text"',
        b'{"id": 7}',
        b'{"id": "batch_1", "status": ["x"], "usage": "many"}',
        b"{" * 999,
    ],
)
def test_hostile_answers_end_nothing_and_are_asked_again(
    body: bytes, acme: Organization, bob: User, up: Provider
) -> None:
    submit(acme, bob)
    steps()
    up.refuses = lambda method, path: (200, body) if path.startswith("/batches") else None
    assert step()
    assert (slots(acme), holds(acme)) == ([(State.RUNNING, "")], [HoldState.OPEN])
    up.refuses = lambda method, path: None
    up.end("completed", [answered(line) for line in up.lines(up.only())])
    step()
    assert slots(acme) == [(State.SUCCEEDED, "")]


def test_a_line_that_is_no_json_is_asked_for_again_and_costs_nothing_twice(
    acme: Organization, bob: User, up: Provider
) -> None:
    submit(acme, bob)
    steps()
    up.end("completed", [answered(line) for line in up.lines(up.only())])
    whole = up.files["file-output"]
    up.files["file-output"] = whole + b"\n{"
    step()
    assert slots(acme) == [(State.SUCCEEDED, "")]
    assert chunk_of(acme).state == "sent"
    up.files["file-output"] = whole
    step()
    assert (chunk_of(acme).state, count(acme, Entry)) == ("ended", 1)


def test_an_outage_makes_the_chunk_wait(acme: Organization, bob: User, up: Provider) -> None:
    submit(acme, bob)
    up.refuses = lambda method, path: (503, b'{"error": {"message": "x", "type": "x", "param": null, "code": null}}')
    steps(3)
    assert (slots(acme), holds(acme)) == ([(State.QUEUED, "")], [HoldState.OPEN])
    up.refuses = lambda method, path: None
    step()
    assert len(up.batches) == 1


def test_a_wrong_key_ends_the_runs_and_gives_the_money_back(acme: Organization, bob: User, up: Provider) -> None:
    submit(acme, bob)
    up.refuses = lambda method, path: (401, b'{"error": {"message": "x", "type": "x", "param": null, "code": null}}')
    steps(2)
    assert (slots(acme), holds(acme)) == ([(State.FAILED, "invalid_key")], [HoldState.RELEASED])


def test_a_run_that_is_stopped_in_time_is_not_sent(acme: Organization, bob: User, up: Provider) -> None:
    run = submit(acme, bob, prompt="stopped")
    submit(acme, bob, prompt="made")
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=Run.objects.select_related("org").get(pk=run.pk), by=must_be_member(acme, bob))
    steps()
    assert [line["body"]["prompt"] for line in up.lines(up.only())] == ["made"]
    assert slots(acme)[0] == (State.CANCELLED, "stopped")
    assert holds(acme)[0] == HoldState.RELEASED


def test_a_batch_of_stopped_runs_is_called_back(acme: Organization, bob: User, up: Provider) -> None:
    run = submit(acme, bob)
    steps()
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=Run.objects.select_related("org").get(pk=run.pk), by=must_be_member(acme, bob))
    step()
    assert up.batches[up.only()]["status"] == "cancelling"
    up.end("cancelled", [], [expired(line, "batch_cancelled") for line in up.lines(up.only())])
    step()
    assert (slots(acme), holds(acme)) == ([(State.CANCELLED, "stopped")], [HoldState.RELEASED])


@pytest.mark.parametrize(
    ("kind", "asked", "reason"),
    [
        (ProviderKind.COMPATIBLE, {}, "offers no batches"),
        (ProviderKind.OPENAI, {"model": "gpt-image-2.6-flare"}, "cannot be made overnight"),
    ],
)
def test_what_has_no_batches_is_refused_with_the_reason(
    kind: ProviderKind, asked: dict[str, Any], reason: str, acme: Organization, alice: User, bob: User, up: Provider
) -> None:
    if kind != ProviderKind.OPENAI:
        connect(acme, alice, up.url, kind)
    with pytest.raises(Refused, match=reason):
        submit(acme, bob, **asked)
    assert (count(acme, Run), count(acme, Chunk), count(acme, Hold), ChunkTicket.objects.count()) == (0, 0, 0, 0)


def test_a_chunk_takes_no_more_than_it_may(
    acme: Organization, bob: User, up: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overnight, "MOST_LINES", 2)
    for number in range(3):
        submit(acme, bob, prompt=str(number))
    submit(acme, bob, size="3840x2160", n=10, quality="low")
    with tenancy.tenant(acme.pk):
        by_chunk = [chunk.lines.count() for chunk in Chunk.objects.order_by("pk")]
        assert max(by_chunk) == 2
        assert sum(by_chunk) == ChunkLine.objects.count() == 13
        most = Chunk.objects.order_by("-expected_bytes").first()
        assert most is not None
        assert most.expected_bytes <= overnight.MOST_EXPECTED_BYTES


def test_a_removed_connection_gives_back_what_was_not_sent(
    acme: Organization, alice: User, bob: User, up: Provider
) -> None:
    submit(acme, bob)
    step()
    with tenancy.tenant(acme.pk):
        Chunk.objects.update(connection=None)
    step()
    assert (slots(acme), holds(acme)) == ([(State.FAILED, "no_connection")], [HoldState.RELEASED])
    assert up.asked == []
    assert not worker.develop_next()
