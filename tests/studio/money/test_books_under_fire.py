"""Random submits, endings, late pictures, crashes, sweeps, answers of admins and changes of limits, by real threads on
a real PostgreSQL. Whoever looks, at whatever moment: nothing is above its limit, and at the end the books agree."""

import random
import threading
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import connection
from django.utils import timezone
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from accounts.errors import Refused
from accounts.limits import rules
from accounts.models import Counter, Hold, HoldState, Membership, Organization, Quota, Subject, User
from billing import charging
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.engine import lost_workers, nightly, record_picture, store_frames, try_again, worker
from studio.engine.job import Job, Lost
from studio.models import Run, Slot, State, Ticket
from studio.providers.answers import Final
from studio.providers.outcomes import OUTCOMES, ProviderError
from studio.queue import tickets
from studio.runs import plan, retry_slot, stop_run, submit_run
from tests.conftest import must_be_member
from tests.studio.money.test_run_holds import ASKED, EACH, USAGE
from tests.support.fake_provider import png
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db(transaction=True)
PICTURE = png()


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 chances, no secrets


class Killed(BaseException):
    """As if the process had ended here: nothing of ours goes on."""


class World:
    """What may happen, one act at a time, from any thread."""

    def __init__(self, org: Organization, people: list[Membership]) -> None:
        self.org, self.people = org, people
        self.complaints: list[str] = []

    def act(self, name: str, chance: random.Random) -> None:
        try:
            getattr(self, name)(chance)
        except (Refused, Killed, Lost):
            pass
        except Exception as error:
            self.complaints.append(f"{name}: {error!r}")
        finally:
            connection.close()

    def submit(self, chance: random.Random) -> None:
        with tenancy.tenant(self.org.pk):
            asked = {"prompt": "a lamp", **ASKED, "n": chance.randint(1, 4)}
            spec = specs.read_spec(asked, models=image_models.at(timezone.now()))
            submit_run.submit(by=chance.choice(self.people), plan=plan.make(org=self.org, spec=spec))

    def deliver(self, chance: random.Random) -> None:
        """A worker takes the next slot and something comes of it, or it dies at one of the seams."""
        job = worker.begin()
        if job is None:
            return
        if chance.random() < 0.15:
            return  # killed before sending
        try:
            worker.note_sent(job)
        except ProviderError as error:
            try_again.handle_failure(job, error)
            return
        fate = chance.random()
        if fate < 0.15:
            return  # killed after sending
        if fate < 0.4:
            try_again.handle_failure(job, ProviderError(chance.choice(sorted(OUTCOMES))))
            return
        frame = Final(PICTURE, {}, USAGE if chance.random() < 0.8 else None, "", "req")
        stored = store_frames.store_output(job.org.code, job.run, job.slot, frame)
        with tenancy.tenant(job.claim.org_id):
            tickets.remove(job.claim)
            record_picture.record(job.run, job.slot, frame, stored)
            if fate < 0.5:
                raise Killed  # after all was written, and before it was committed

    def late(self, chance: random.Random) -> None:
        with tenancy.tenant(self.org.pk):
            slot = self._slot(chance, state__in=[State.UNKNOWN, State.CANCELLED, State.FAILED, State.SUCCEEDED])
        if slot is not None and slot.tries:
            slot.tries = chance.randint(1, slot.tries)
            frame = Final(PICTURE, {}, USAGE, "", "req")
            stored = store_frames.store_output(self.org.code, slot.run, slot, frame)
            with tenancy.tenant(self.org.pk):
                record_picture.record(slot.run, slot, frame, stored)

    def stop(self, chance: random.Random) -> None:
        with tenancy.tenant(self.org.pk):
            run = Run.objects.order_by("?").first()
            if run is not None:
                stop_run.cancel(run=run, by=self.people[0])

    def again(self, chance: random.Random) -> None:
        with tenancy.tenant(self.org.pk):
            slot = self._slot(chance, state__in=[State.UNKNOWN, State.FAILED, State.CANCELLED])
            if slot is not None:
                retry_slot.retry(slot=slot, by=self.people[0])

    def sweep(self, chance: random.Random) -> None:
        Ticket.objects.exclude(worker=None).update(lease_until=timezone.now() - timedelta(hours=1))
        lost_workers.sweep()

    def resolve(self, chance: random.Random) -> None:
        with tenancy.tenant(self.org.pk):
            held = Hold.objects.select_related("org").filter(state=HoldState.UNCERTAIN).order_by("?").first()
            if held is not None:
                charging.resolve(held, by=self.people[0], is_charged=chance.random() < 0.5, note="looked")

    def raise_limits(self, chance: random.Random) -> None:
        """Only upwards, so that a reader may hold what they see against what they know."""
        with tenancy.tenant(self.org.pk):
            quota = Quota.objects.filter(subject=Subject.MEMBER).order_by("?").first()
            if quota is not None:
                values = {"money_day": (quota.money_day or 0) + EACH, "images_month": (quota.images_month or 0) + 1}
                rules.change(org=self.org, by=self.people[0], quota=quota, values=values)

    def look(self, chance: random.Random) -> None:
        with tenancy.tenant(self.org.pk):
            for counter in Counter.objects.all():
                money = counter.spent_micros + counter.held_micros
                images = counter.spent_images + counter.held_images
                if counter.allowed_micros is not None and money > counter.allowed_micros:
                    self.complaints.append(f"{counter}: {money} above {counter.allowed_micros}")
                if counter.allowed_images is not None and images > counter.allowed_images:
                    self.complaints.append(f"{counter}: {images} pictures above {counter.allowed_images}")

    def _slot(self, chance: random.Random, **states: Any) -> Slot | None:
        return Slot.objects.select_related("run__connection", "run__org").filter(**states).order_by("?").first()


ACTS = [
    "submit",
    "submit",
    "deliver",
    "deliver",
    "deliver",
    "stop",
    "again",
    "sweep",
    "resolve",
    "raise_limits",
    "look",
]
# A late picture that nobody holds money for any more is paid for all the same, above a limit if need be.
WITH_LATE_ONES = [act for act in ACTS if act != "look"] + ["late", "late"]
Plan = list[list[tuple[str, int]]]


def plans(acts: list[str]) -> st.SearchStrategy[Plan]:
    step = st.tuples(st.sampled_from(acts), st.integers(0, 2**32))
    return st.lists(st.lists(step, min_size=4, max_size=12), min_size=2, max_size=4)


def play(world: World, plan: Plan) -> None:
    def perform(steps: list[tuple[str, int]]) -> None:
        for name, seed in steps:
            world.act(name, seeded(seed))

    threads = [threading.Thread(target=perform, args=(steps,)) for steps in plan]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=120)


def settle_down(world: World) -> None:
    """The dead are found, and what waits is worked off."""
    for _ in range(3):
        world.sweep(seeded(1))
        while (job := worker.begin()) is not None:
            try_again.handle_failure(job, ProviderError("invalid_key"))
        Ticket.objects.update(not_before=timezone.now() - timedelta(hours=1))


def books_agree(world: World) -> None:
    assert world.complaints == []
    settle_down(world)
    assert nightly.one(world.org.pk) == []
    with tenancy.tenant(world.org.pk):
        assert not Hold.objects.filter(state=HoldState.OPEN).exists()  # no hold without a live run
        assert not Slot.objects.filter(state__in=["queued", "running"]).exists()


def world_of(org: Organization, owner: User, member: User) -> World:
    people = [must_be_member(org, owner), must_be_member(org, member)]
    return World(org, people)


# What threads do cannot be made smaller: the same plan goes another way the next time.
ROUNDS = settings(
    max_examples=10,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def test_nothing_is_ever_above_its_limit_and_the_books_agree(
    acme: Organization, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_models.forget()
    monkeypatch.setattr(try_again, "_wait_seconds", lambda *_: 0.0)
    world = world_of(acme, alice, bob)

    @ROUNDS
    @given(plan=plans(ACTS))
    def under_fire(plan: Plan) -> None:
        raise_above_what_was(acme, alice, bob)
        play(world, plan)
        books_agree(world)

    under_fire()


def test_pictures_that_come_late_are_paid_once_each(
    acme: Organization, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    image_models.forget()
    monkeypatch.setattr(try_again, "_wait_seconds", lambda *_: 0.0)
    world = world_of(acme, alice, bob)

    @ROUNDS
    @given(plan=plans(WITH_LATE_ONES))
    def under_fire(plan: Plan) -> None:
        raise_above_what_was(acme, alice, bob)
        play(world, plan)
        books_agree(world)

    under_fire()


def raise_above_what_was(org: Organization, by: User, member: User) -> None:
    """Each example starts with room for a few, on top of what earlier ones spent."""
    with tenancy.tenant(org.pk):
        taken = {
            (counter.subject, counter.subject_id, counter.period): counter
            for counter in Counter.objects.filter(org=org)
        }

    def beyond(subject: Subject, subject_id: int, period: str, unit: str, more: int) -> int:
        found = taken.get((subject.value, subject_id, period))
        spent = 0 if found is None else getattr(found, f"spent_{unit}") + getattr(found, f"held_{unit}")
        return int(spent) + more

    allow(
        org,
        by,
        Subject.ORGANIZATION,
        money_month=beyond(Subject.ORGANIZATION, org.pk, "month", "micros", EACH * 12),
        images_day=beyond(Subject.ORGANIZATION, org.pk, "day", "images", 14),
    )
    for user in (by, member):
        allow(
            org,
            by,
            Subject.MEMBER,
            user=user,
            money_day=beyond(Subject.MEMBER, user.pk, "day", "micros", EACH * 6),
            images_month=beyond(Subject.MEMBER, user.pk, "month", "images", 8),
        )


def note_as_a_worker_does(job: Job, frame: Final, stored: store_frames.Stored) -> None:
    with tenancy.tenant(job.claim.org_id):
        tickets.remove(job.claim)
        record_picture.record(job.run, job.slot, frame, stored)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("studio.engine.record_picture", "_keep"),
        ("studio.engine.record_picture", "_announce"),
        ("accounts.webhooks.delivery", "call_for"),
        ("studio.money.run_holds", "note_charged"),
        ("accounts.limits.holds", "note_settled"),
    ],
)
def test_a_death_between_the_providers_answer_and_the_commit_loses_and_doubles_nothing(
    module: str, name: str, acme: Organization, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five seams, before and after, four times each: forty deaths. What the database does is one statement."""
    image_models.forget()
    world = world_of(acme, alice, bob)
    home = import_module(module)
    really = getattr(home, name)

    for number, when in enumerate(("before", "after") * 4):

        def dies(*arguments: Any, when: str = when, **options: Any) -> Any:
            if when == "before":
                raise Killed
            really(*arguments, **options)
            raise Killed

        with tenancy.tenant(acme.pk):
            spec = specs.read_spec({"prompt": "a lamp", **ASKED}, models=image_models.at(timezone.now()))
            run = submit_run.submit(by=world.people[0], plan=plan.make(org=acme, spec=spec))
        job = worker.begin()
        assert job is not None
        worker.note_sent(job)
        frame = Final(PICTURE, {}, USAGE, "", "req")
        stored = store_frames.store_output(job.org.code, job.run, job.slot, frame)
        with monkeypatch.context() as patched:
            patched.setattr(home, name, dies)
            with pytest.raises(Killed):
                note_as_a_worker_does(job, frame, stored)
        is_found = number % 4 < 2  # else the worker died before its file was on the disk
        if not is_found:
            default_storage.delete(stored.file)
        world.sweep(seeded(1))
        with tenancy.tenant(acme.pk):
            held = Hold.objects.get(run_code=run.code)
            if is_found:
                assert (held.state, held.is_estimated) == (HoldState.SETTLED, True)  # what was held counts as paid
            else:
                assert held.state == HoldState.UNCERTAIN  # the money is held, the doubt is written
            slot = Slot.objects.select_related("run").get(run=run)
            record_picture.record(slot.run, slot, frame, stored)  # the bytes were put aside; somebody brings them
            record_picture.record(slot.run, slot, frame, stored)
            held.refresh_from_db()
            assert (held.state, held.spent_micros) == (HoldState.SETTLED, 5950)
    assert nightly.one(acme.pk) == []
