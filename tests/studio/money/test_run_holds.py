"""A run's money from the hold to the ledger, on a worker's whole way, against an upstream on real sockets."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.errors import NotAllowed, Refused
from accounts.limits import holds as limit_holds
from accounts.limits.refusals import LimitReached
from accounts.models import Hold, HoldState, Organization, Period, Subject, User
from billing import charging, ledger
from billing.models import Entry, EntryKind, Price
from billing.prices import Unpriced
from saas.database import tenancy
from studio.engine import lost_workers, record_picture, store_frames, worker
from studio.models import Run, Slot, Ticket
from studio.providers.answers import Final
from studio.runs import plan, retry_slot, stop_run, submit_run
from tests.conftest import actions, must_be_member
from tests.studio.engine.test_worker import slots, submit, up, work
from tests.support.fake_provider import Exchange, Upstream, completed, error, pictures, png, text_of
from tests.support.text_holds import allow, counter, standing

pytestmark = pytest.mark.django_db
__all__ = ["up"]  # the fixture

ASKED: dict[str, Any] = {"size": "1024x1024", "quality": "low", "partial_images": 0}
EACH = 196 * 30 + (len("a lamp") + 32) * 5
USAGE = {
    "input_tokens": 14,
    "input_tokens_details": {"text_tokens": 14, "image_tokens": 0},
    "output_tokens": 196,
    "total_tokens": 210,
}
PAID = 196 * 30 + 14 * 5


def entries(org: Organization) -> list[Entry]:
    with tenancy.tenant(org.pk):
        return list(Entry.objects.filter(org=org).order_by("pk"))


def holds(org: Organization) -> list[str]:
    with tenancy.tenant(org.pk):
        return list(Hold.objects.filter(org=org).order_by("pk").values_list("state", flat=True))


def of_org(org: Organization) -> tuple[int, ...]:
    return standing(org, Subject.ORGANIZATION, org.pk)


def told(up: Upstream, *, usage: dict[str, Any] | None = USAGE) -> None:
    """The upstream sends a picture and says, or does not say, what it used."""
    up.script = pictures(completed(png(shade=200), usage=usage))


def test_a_run_holds_before_anything_is_asked_and_settles_at_what_was_used(
    acme: Organization, alice: User, up: Upstream
) -> None:
    told(up)
    submit(acme, alice, **ASKED, n=2)
    assert of_org(acme) == (0, 2 * EACH, 0, 2)
    assert entries(acme) == []
    work()
    assert of_org(acme) == (2 * PAID, 0, 2, 0)
    assert holds(acme) == ["settled", "settled"]
    first, second = entries(acme)
    assert (first.kind, first.micros, first.images, first.is_estimated) == ("charge", PAID, 1, False)
    assert (first.text_in, first.image_out, first.image_in) == (14, 196, 0)
    assert (first.model, first.quality, first.size, first.run_kind) == ("gpt-image-2", "low", "1024x1024", "generate")
    assert (first.user_id, first.user_label) == (alice.pk, "Alice <alice@example.com>")
    assert (first.connection_label, first.request_id) == ("Up", "req_upstream_1")
    assert first.tariff["rates"]["image_out"] == 30_000_000
    assert first.tariff["price_id"] == Price.objects.get(model="gpt-image-2", is_batch=False).pk
    assert second.slot_code != first.slot_code
    with tenancy.tenant(acme.pk):
        assert ledger.total(acme) == (2 * PAID, 2)


def test_a_picture_without_usage_is_charged_as_it_was_held_and_says_so(
    acme: Organization, alice: User, up: Upstream
) -> None:
    told(up, usage=None)
    submit(acme, alice, **ASKED)
    work()
    (entry,) = entries(acme)
    assert (entry.kind, entry.micros, entry.is_estimated) == ("charge", EACH, True)
    assert of_org(acme) == (EACH, 0, 1, 0)


@pytest.mark.parametrize(
    ("status", "code", "states", "kinds"),
    [
        (400, "moderation_blocked", ["released"], []),
        (401, "invalid_api_key", ["released"], []),
        (524, "", ["uncertain"], ["uncertain"]),
    ],
)
def test_what_ends_without_a_picture_gives_back_or_keeps_what_may_have_been_charged(
    status: int, code: str, states: list[str], kinds: list[str], acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(status, error(code))
    submit(acme, alice, **ASKED)
    work()
    assert holds(acme) == states
    assert [entry.kind for entry in entries(acme)] == kinds
    is_kept = states == ["uncertain"]
    assert of_org(acme) == (0, EACH if is_kept else 0, 0, int(is_kept))
    assert [entry.open_micros for entry in entries(acme)] == ([EACH] if is_kept else [])


def test_what_is_no_picture_was_charged_all_the_same(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = pictures(completed(b"this is no picture"))
    submit(acme, alice, **ASKED)
    work()
    (entry,) = entries(acme)
    assert (entry.kind, entry.micros, entry.is_estimated) == ("charge", EACH, True)


def test_one_slot_that_fails_releases_its_part_alone(acme: Organization, alice: User, up: Upstream) -> None:
    def second_is_refused(exchange: Exchange) -> None:
        if exchange.asked.json["safety_identifier"].endswith(":1"):
            exchange.whole(400, error("moderation_blocked"))
        else:
            pictures(completed(png(shade=200), usage=USAGE))(exchange)

    up.script = second_is_refused
    submit(acme, alice, **ASKED, n=3)
    work()
    assert sorted(holds(acme)) == ["released", "settled", "settled"]
    assert of_org(acme) == (2 * PAID, 0, 2, 0)


def test_what_is_stopped_while_it_waits_costs_nothing(acme: Organization, alice: User, up: Upstream) -> None:
    run = submit(acme, alice, **ASKED, n=4)
    with tenancy.tenant(acme.pk):
        stop_run.cancel(run=run, by=must_be_member(acme, alice))
    assert holds(acme) == ["released"] * 4
    assert of_org(acme) == (0, 0, 0, 0)
    assert entries(acme) == []


def test_without_room_there_is_no_run_no_ticket_and_no_message(acme: Organization, alice: User, up: Upstream) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_day=EACH * 2)
    submit(acme, alice, **ASKED)
    with pytest.raises(LimitReached):
        submit(acme, alice, **ASKED, n=2)
    submit(acme, alice, **ASKED)
    with tenancy.tenant(acme.pk):
        assert Run.objects.count() == 2
    assert Ticket.objects.count() == 2
    assert up.seen == []


def test_without_a_price_there_is_no_run(acme: Organization, alice: User, up: Upstream) -> None:
    Price.objects.filter(model="gpt-image-2").delete()
    with pytest.raises(Unpriced):
        submit(acme, alice, **ASKED)
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()
    assert Ticket.objects.count() == 0


TALK = {"input_tokens": 2_400, "input_tokens_details": {"cached_tokens": 400}, "output_tokens": 90}


def talk_ends(**response: Any) -> dict[str, Any]:
    item = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": text_of(png(shade=200))}
    said = {"object": "response", "output": [item], "tool_usage": {"image_gen": USAGE}, **response}
    return {"type": "response.completed", "response": said}


def test_a_talk_pays_for_its_picture_and_for_its_text_model(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = pictures(talk_ends(usage=TALK))
    submit(acme, alice, **ASKED, api="responses")
    held = of_org(acme)[1]
    work()
    paid = PAID + (2_000 * 1_250 + 400 * 125 + 90 * 10_000) // 1_000
    assert of_org(acme) == (paid, 0, 1, 0)
    assert paid < held
    (entry,) = entries(acme)
    assert (entry.micros, entry.is_estimated, entry.run_kind) == (paid, False, "respond")
    assert (entry.image_out, entry.text_in) == (196, 14)
    assert (entry.talk_in, entry.talk_cached, entry.talk_out) == (2_400, 400, 90)
    most = up.seen[0].json["max_output_tokens"]
    assert most * 10 < held


def test_a_talk_that_is_silent_of_its_text_model_costs_what_was_held(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = pictures(talk_ends())
    submit(acme, alice, **ASKED, api="responses")
    held = of_org(acme)[1]
    work()
    (entry,) = entries(acme)
    assert (entry.micros, entry.is_estimated) == (held, True)


def test_a_talk_by_a_text_model_without_a_price_is_never_asked(acme: Organization, alice: User, up: Upstream) -> None:
    with tenancy.tenant(acme.pk):
        acme.connections.filter(is_default=True).update(text_model="gpt-unheard-of")
    with pytest.raises(Unpriced, match="gpt-unheard-of has no price"):
        submit(acme, alice, **ASKED, api="responses")
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()
        assert not Hold.objects.exists()
    assert (Ticket.objects.count(), up.seen) == (0, [])


def test_the_same_request_asked_twice_is_held_once(acme: Organization, alice: User, up: Upstream) -> None:
    from studio.catalogue import image_models, specs

    with tenancy.tenant(acme.pk):
        spec = specs.read_spec({"prompt": "a lamp", **ASKED}, models=image_models.at(timezone.now()))
        asked: dict[str, Any] = {"by": must_be_member(acme, alice), "plan": plan.make(org=acme, spec=spec)}
        first = submit_run.submit(**asked, request_key="k", request_hash="h")
        assert submit_run.submit(**asked, request_key="k", request_hash="h") == first
    assert holds(acme) == ["open"]


def test_a_slot_that_is_tried_again_by_a_person_holds_and_pays_again(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(524, b"gone")
    run = submit(acme, alice, **ASKED)
    work()
    retry(run, alice)
    assert of_org(acme) == (0, 2 * EACH, 0, 2)  # the first may have been charged, the second may be
    told(up)
    work()
    assert holds(acme) == ["uncertain", "settled"]
    assert [(entry.kind, entry.attempt) for entry in entries(acme)] == [("uncertain", 1), ("charge", 2)]
    assert of_org(acme) == (PAID, EACH, 1, 1)


def test_trying_again_needs_room_too_and_without_it_nothing_changes(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(524, b"gone")
    run = submit(acme, alice, **ASKED)
    work()
    allow(acme, alice, Subject.ORGANIZATION, money_day=EACH)
    with pytest.raises(LimitReached):
        retry(run, alice)
    assert slots(run)[0].state == "unknown"
    assert Ticket.objects.count() == 0


def retry(run: Run, by: User) -> None:
    with tenancy.tenant(run.org_id):
        slot = Slot.objects.select_related("run__connection", "run__org").get(run=run)
        retry_slot.retry(slot=slot, by=must_be_member(run.org, by))


def late_picture(run: Run, tried: int, *, usage: dict[str, Any] | None = USAGE, shade: int = 90) -> None:
    """As the rescuer or a worker that was thought dead brings it."""
    with tenancy.tenant(run.org_id):
        slot = Slot.objects.select_related("run", "org").get(run=run)
    slot.tries = tried
    frame = Final(png(shade=shade), {}, usage, "", f"req_{tried}")
    stored = store_frames.store_output(slot.org.code, slot.run, slot, frame)
    with tenancy.tenant(run.org_id):
        record_picture.record(slot.run, slot, frame, stored)


def test_a_picture_that_comes_late_settles_what_was_uncertain(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = lambda exchange: exchange.whole(524, b"gone")
    run = submit(acme, alice, **ASKED)
    work()
    for _ in range(2):
        late_picture(run, 1)  # the second time, a commit whose answer was lost
    assert [entry.kind for entry in entries(acme)] == ["uncertain", "charge"]
    assert of_org(acme) == (PAID, 0, 1, 0)


def test_two_tries_that_both_bring_a_picture_are_both_paid_each_from_its_own_hold(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(524, b"gone")
    run = submit(acme, alice, **ASKED)
    work()
    retry(run, alice)
    told(up)
    work()
    late_picture(run, 1)
    assert [(entry.kind, entry.attempt, entry.micros) for entry in entries(acme)] == [
        ("uncertain", 1, 0),
        ("charge", 2, PAID),
        ("charge", 1, PAID),
    ]
    assert of_org(acme) == (2 * PAID, 0, 2, 0)


def test_a_late_picture_frees_the_hold_of_the_try_that_never_began(
    acme: Organization, alice: User, up: Upstream
) -> None:
    up.script = lambda exchange: exchange.whole(524, b"gone")
    run = submit(acme, alice, **ASKED)
    work()
    retry(run, alice)
    late_picture(run, 1)
    work()
    assert holds(acme) == ["settled", "released"]
    assert of_org(acme) == (PAID, 0, 1, 0)
    assert len(up.seen) == 1


def test_usage_that_comes_later_corrects_the_guess(acme: Organization, alice: User, up: Upstream) -> None:
    told(up, usage=None)
    run = submit(acme, alice, **ASKED)
    work()
    for _ in range(2):
        late_picture(run, 1)
    assert [(entry.kind, entry.micros, entry.images) for entry in entries(acme)] == [
        ("charge", EACH, 1),
        ("correction", PAID - EACH, 0),
    ]
    assert of_org(acme) == (PAID, 0, 1, 0)


def test_a_worker_that_dies_before_sending_keeps_its_hold_for_the_next(
    acme: Organization, alice: User, up: Upstream
) -> None:
    told(up)
    submit(acme, alice, **ASKED)
    assert worker.begin() is not None
    Ticket.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    assert lost_workers.sweep() == 1
    assert holds(acme) == ["open"]
    work()
    assert holds(acme) == ["settled"]


def test_a_worker_that_dies_after_sending_leaves_an_uncertain_charge(
    acme: Organization, alice: User, up: Upstream
) -> None:
    submit(acme, alice, **ASKED)
    job = worker.begin()
    assert job is not None
    worker.note_sent(job)
    Ticket.objects.update(lease_until=timezone.now() - timedelta(hours=1))
    lost_workers.sweep()
    assert holds(acme) == ["uncertain"]
    assert [entry.kind for entry in entries(acme)] == ["uncertain"]


@pytest.fixture
def uncertain(acme: Organization, alice: User, up: Upstream) -> Hold:
    up.script = lambda exchange: exchange.whole(524, b"gone")
    submit(acme, alice, **ASKED)
    work()
    with tenancy.tenant(acme.pk):
        return Hold.objects.select_related("org").get()


@pytest.mark.parametrize(("is_charged", "micros", "paid"), [(True, None, EACH), (True, 4_000, 4_000), (False, None, 0)])
def test_an_admin_says_whether_it_was_charged_and_a_late_picture_corrects_them(
    is_charged: bool, micros: int | None, paid: int, uncertain: Hold, acme: Organization, adam: User
) -> None:
    with tenancy.tenant(acme.pk):
        by = must_be_member(acme, adam)
        entry = charging.resolve(uncertain, by=by, is_charged=is_charged, micros=micros, note="Seen in the console.")
        assert (entry.kind, entry.micros, entry.note) == ("resolution", paid, "Seen in the console.")
        assert entry.by_label == "Adam <adam@example.com>"
        with pytest.raises(Refused, match="already been resolved"):
            charging.resolve(uncertain, by=by, is_charged=True, note="again")
    assert of_org(acme) == (paid, 0, int(is_charged), 0)
    with tenancy.tenant(acme.pk):
        run = Run.objects.get()
    late_picture(run, 1)
    believed = paid if micros else PAID  # what somebody read in the provider's own books stays
    assert of_org(acme) == (believed, 0, 1, 0)
    assert sum(entry.micros for entry in entries(acme)) == believed


def test_a_correction_is_an_entry(acme: Organization, alice: User, up: Upstream) -> None:
    told(up)
    submit(acme, alice, **ASKED)
    work()
    with tenancy.tenant(acme.pk):
        held = Hold.objects.select_related("org").get()
        charging.correct(held, by=must_be_member(acme, alice), micros=-100, note="Discount of the month.")
        assert ledger.total(acme) == (PAID - 100, 1)
    assert actions(acme)[-1] == "charge.corrected"
    assert of_org(acme) == (PAID - 100, 0, 1, 0)


def test_a_rival_sees_none_of_it(
    acme: Organization, rival: Organization, alice: User, charlie: User, up: Upstream
) -> None:
    told(up)
    submit(acme, alice, **ASKED)
    work()
    assert entries(rival) == []
    with tenancy.tenant(rival.pk):
        assert ledger.total(rival) == (0, 0)
        assert not Hold.objects.exists()


def test_the_sandbox_is_priced_like_the_real_thing_and_counted_apart(acme: Organization, alice: User) -> None:
    submit(acme, alice, **ASKED)
    play = counter(acme, Subject.ORGANIZATION, acme.pk, Period.MONTH, is_play=True)
    assert (play.held_micros, play.held_images) == (EACH, 1)
    with tenancy.tenant(acme.pk):
        held = Hold.objects.get()
        assert held.is_play
        charging.settle(held, usage=USAGE)
        assert Entry.objects.get().is_play
        assert ledger.total(acme) == (0, 0)
        assert ledger.total(acme, is_play=True) == (PAID, 1)


def test_who_may_not_make_pictures_holds_nothing(acme: Organization, vera: User) -> None:
    with pytest.raises(NotAllowed):
        submit(acme, vera, **ASKED)
    assert holds(acme) == []


def test_the_newest_hold_pays_for_the_newest_try(acme: Organization, alice: User, up: Upstream) -> None:
    up.script = lambda exchange: exchange.whole(524, b"gone")
    run = submit(acme, alice, **ASKED)
    work()
    retry(run, alice)
    code = slots(run)[0].code
    with tenancy.tenant(acme.pk):
        first, second, waiting = (
            limit_holds.paying_for(code, 1),
            limit_holds.paying_for(code, 2),
            limit_holds.newest(code),
        )
    assert first is not None
    assert second is not None
    assert waiting is not None
    assert (first.attempt, second.attempt, waiting.attempt) == (1, 2, 2)
    assert HoldState(first.state) == HoldState.UNCERTAIN
    assert EntryKind(entries(acme)[0].kind) == EntryKind.UNCERTAIN
