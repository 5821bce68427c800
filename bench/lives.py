"""Record the statements that make a picture, for `bench.bloat`: the product's own functions make it once in each
organization, and then what they sent is replayed."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db import connection, connections
from django.test.runner import DiscoverRunner
from django.utils import timezone

from accounts.connections import registry as provider_connections
from accounts.limits import counters, remaining
from accounts.models import Membership, Organization, ProviderKind, User
from accounts.people import organizations
from saas.database import functions, tenancy
from saas.database.release import give_back
from saas.web.sessions import SessionStore
from studio.catalogue import image_models, specs
from studio.engine import record_picture, store_frames, worker
from studio.engine.job import Job
from studio.engine.store_frames import Stored
from studio.gateway import results
from studio.imaging import previews
from studio.models import Run
from studio.providers.answers import Final, Partial
from studio.queue import tickets
from studio.runs import plan, submit_run

FIRST_ID = 1_000_000_000  # of recorded rows: no other number in a statement is as large
WEB_PROCESS = 7  # in which the caller waits
ASKED = {"prompt": "a calm lake at dusk", "size": "1024x1024", "quality": "low", "partial_images": 1}
USAGE = {
    "input_tokens": 12,
    "output_tokens": 196,
    "total_tokens": 208,
    "input_tokens_details": {"text_tokens": 12, "image_tokens": 0},
}
SEQUENCES = """
SELECT pg_get_serial_sequence(quote_ident(table_name), column_name) FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'id' AND data_type = 'bigint' AND is_identity = 'YES'
"""


@dataclass(frozen=True)
class Said:
    """One statement, and the rows that it returned."""

    sql: str
    values: Any
    answered: list[tuple[Any, ...]]


@dataclass
class Recorded:
    """The statements of one life, by its steps, each of which is one transaction."""

    steps: dict[str, list[Said]] = field(default_factory=dict)
    constants: frozenset[UUID] = frozenset()  # codes that were there before
    words: frozenset[str] = frozenset()  # replaced in each replay by its own
    slot_code: UUID | None = None  # of a picture's life
    begun: dict[str, Any] = field(default_factory=dict)  # what its worker got


class Recorder:
    """A wrapper that records the statements of Django's connection."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def __call__(self, execute: Callable[..., Any], sql: str, values: Any, many: bool, context: Any) -> Any:
        found = execute(sql, values, many, context)
        cursor: psycopg.Cursor[Any] = context["cursor"].cursor
        answered = list[tuple[Any, ...]]()
        if cursor.description is not None:
            answered = cursor.fetchall()
            if answered:
                cursor.scroll(0, mode="absolute")
        self.said.append(Said(sql, values, answered))
        return found


@contextmanager
def recording(into: Recorded, step: str) -> Iterator[None]:
    recorder = Recorder()
    with connection.execute_wrapper(recorder):
        yield
    into.steps[step] = recorder.said
    give_back()


@dataclass
class Life:
    """One replay, with ids, codes and words of its own in place of the recorded ones."""

    recorded: Recorded
    own: dict[Any, Any] = field(default_factory=dict)

    def values_of(self, said: Any) -> Any:
        match said:
            case UUID() if said not in self.recorded.constants:
                return self.own.setdefault(said, uuid4())
            case str() if said in self.recorded.words:
                return self.own.setdefault(said, token_hex(16))
            case int() if said in self.own:
                return self.own[said]
            case datetime():
                return timezone.now()
            case Mapping():
                return {name: self.values_of(value) for name, value in said.items()}
            case list() | tuple():
                return [self.values_of(value) for value in said]
        return said

    def lacks(self, said: Any) -> bool:
        """Return whether this has an id that the database has not given yet."""
        match said:
            case int():
                return said >= FIRST_ID and said not in self.own
            case Mapping():
                return any(map(self.lacks, said.values()))
            case list() | tuple():
                return any(map(self.lacks, said))
        return False

    def learn(self, said: Sequence[tuple[Any, ...]], now: Sequence[tuple[Any, ...]]) -> None:
        """Remember the ids that the database has given."""
        for before, after in zip(said, now, strict=False):
            for was, is_now in zip(before, after, strict=True):
                self.learn_value(was, is_now)

    def learn_value(self, was: Any, is_now: Any) -> None:
        match was:
            case int() if was >= FIRST_ID:
                self.own.setdefault(was, is_now)
            case str() if was.startswith("{"):
                self.learn_value(json.loads(was), json.loads(is_now))
            case dict():
                for name, value in was.items():
                    self.learn_value(value, is_now.get(name))


class Hand:
    """The connection on which one thread replays lives."""

    def __init__(self, lives: "Lives", held: psycopg.Connection[Any]) -> None:
        self._lives, self._held = lives, held

    def submit(self, number: int) -> None:
        recorded = self._lives.recorded[number % len(self._lives.recorded)]
        life = Life(recorded)
        assert recorded.slot_code is not None
        with self._lives.guard:  # before the commit, so that the thread that claims it finds it
            self._lives.waiting[life.values_of(recorded.slot_code)] = life
        self._replay(life, recorded.steps["submit"])

    def live(self) -> float:
        """Claim the next ticket and replay its life to the end. Return how many milliseconds the claim took."""
        life, took = self._begin()
        for step in ("send", "partial", "final", "tell"):
            self._replay(life, life.recorded.steps[step])
        return took

    def _begin(self) -> tuple[Life, float]:
        began = time.perf_counter()
        while True:
            try:
                life = self._claim()
                took = (time.perf_counter() - began) * 1000
                self._say(life, life.recorded.steps["claim"][1:])
                self._held.execute("COMMIT")
            except psycopg.errors.LockNotAvailable:
                self._held.execute("ROLLBACK")  # then try again, as a worker on a busy machine does
            else:
                return life, took

    def _claim(self) -> Life:
        take = self._lives.recorded[0].steps["claim"][0]
        claim = uuid4()
        cursor = self._held.execute(f"BEGIN; {take.sql}", {**take.values, "claim": claim})
        rows = list[Any]()
        while cursor.nextset():
            rows += cursor.fetchmany(1) if cursor.description else []
        *_, ticket, (begun,) = rows  # a ticket waits at all times
        with self._lives.guard:
            life = self._lives.waiting.pop(ticket[3])
        life.own[life.recorded.steps["claim"][0].values["claim"]] = claim
        life.learn_value(life.recorded.begun, {**json.loads(begun), "ticket": ticket[0]})
        return life

    def empty(self) -> float:
        began = time.perf_counter()
        self._held.execute("BEGIN; SELECT 1; COMMIT")
        return (time.perf_counter() - began) * 1000

    def sign_in_and_out(self) -> None:
        recorded = self._lives.session
        life = Life(recorded)
        for step in recorded.steps.values():
            self._replay(life, step)

    def _replay(self, life: Life, step: list[Said]) -> None:
        self._held.execute("BEGIN")
        self._say(life, step)
        self._held.execute("COMMIT")

    def _say(self, life: Life, step: list[Said]) -> None:
        """Send at once all statements that need no result of each other: the database is measured, not the round
        trips."""
        batch = list[Said]()
        for said in step:
            if batch and life.lacks(said.values):
                self._say_at_once(life, batch)
                batch = []
            batch.append(said)
        self._say_at_once(life, batch)

    def _say_at_once(self, life: Life, batch: list[Said]) -> None:
        cursor = psycopg.ClientCursor(self._held)
        cursor.execute(";\n".join(cursor.mogrify(said.sql, life.values_of(said.values)) for said in batch))
        for said in batch:
            if said.answered:
                life.learn(said.answered, cursor.fetchall())
            cursor.nextset()


@dataclass
class Lives:
    recorded: list[Recorded]
    session: Recorded
    waiting: dict[UUID, Life] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    @contextmanager
    def prepared(cls, count: int) -> Iterator["Lives"]:
        """Record the lives in a database of their own, each in an organization of its own."""
        connection.settings_dict["TEST"]["NAME"] = f"{connection.settings_dict['NAME']}_bench"
        runner = DiscoverRunner(verbosity=0, interactive=False)
        databases = runner.setup_databases()
        try:
            members = [_found(number) for number in range(count)]
            _count_from_afar()
            yield cls([_live(member) for member in members], _sign_in_and_out())
        finally:
            connections.close_all()
            runner.teardown_databases(databases)

    @contextmanager
    def hand(self) -> Iterator[Hand]:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as held:
            yield Hand(self, held)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as held:
            return held.execute(query).fetchall()


def _found(number: int) -> Membership:
    by = User.objects.create_user(f"bench{number}@example.com", "x", name="Bench")
    org = organizations.found(name=f"Bench {number}", slug=f"bench-{number}", by=by)
    with tenancy.tenant(org.pk):
        member = Membership.objects.select_related("org", "user").get(org=org)
        added = provider_connections.add(
            org=org, by=member, name="OpenAI", kind=ProviderKind.OPENAI, key="sk-bench-0123456789abcdef"
        )
        provider_connections.make_default(connection=added, by=member)
        _submit(member)  # so that what the first run of a day makes is there
    job = worker.begin()
    assert job is not None
    _bring(job)
    return member


def _count_from_afar() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES)
        for place, (sequence,) in enumerate(cursor.fetchall(), start=1):
            cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {place * FIRST_ID}")


def _live(member: Membership) -> Recorded:
    """Make one picture by the product's functions, and record their statements."""
    recorded = Recorded(constants=_constants(member.org))
    with recording(recorded, "submit"), tenancy.tenant(member.org_id):
        run = _submit(member)
        recorded.slot_code = run.slots.get().code
    with recording(recorded, "claim"):
        job = worker.begin()
    assert job is not None
    assert job.run.pk == run.pk
    assert recorded.steps["claim"][0].sql.startswith(tickets.TAKE)
    recorded.begun = {**job.claim.told, "ticket": job.claim.id}
    with recording(recorded, "send"):
        worker.note_sent(job)
    with recording(recorded, "partial"):
        _bring_partial(job)
    with recording(recorded, "final"):
        _bring(job)
    with recording(recorded, "tell"):
        places = remaining.places_now(member, None, is_lent=False)
        values = {"run": run.pk, "me": WEB_PROCESS, "is_play": False, **counters.where(places)}
        functions.ask(member.org_id, results.ANSWER, values)
    return recorded


def _constants(org: Organization) -> frozenset[UUID]:
    with tenancy.tenant(org.pk):
        return frozenset({org.code, *org.connections.values_list("code", flat=True)})


def _submit(member: Membership) -> Run:
    return submit_run.submit(
        by=member,
        plan=plan.make(org=member.org, spec=specs.read_spec(ASKED, models=image_models.at(timezone.now()))),
        request_hash="h" * 64,
        awaited_by=WEB_PROCESS,
        is_awaited=True,
    )


def _bring_partial(job: Job) -> None:
    """Keep a partial as studio.engine.take_frames does, without its files."""
    assert store_frames.note_partial(job.claim, job.slot, Partial(0, b"partial"), _stored(job)) is not None


def _bring(job: Job) -> None:
    """Keep a final as studio.engine.take_frames does, without its files."""
    frame = Final(b"final", used={"quality": "low", "size": "1024x1024"}, usage=USAGE)
    assert record_picture.record_at_once(job, frame, _stored(job))


def _stored(job: Job) -> Stored:
    name = f"{job.org.code}/runs/{job.run.code}/0-1"
    measured = previews.Measured("png", 1024, 1024)
    return Stored(f"{name}/output.png", f"{name}/preview.webp", b"", f"{name}/thumbnail.webp", measured)


def _sign_in_and_out() -> Recorded:
    store, recorded = SessionStore(), Recorded()
    store["look"] = "plain"
    with recording(recorded, "sign in"):
        store.create()
    recorded.words = frozenset({str(store.session_key)})
    store["look"] = "crayon"
    with recording(recorded, "look"):
        store.save()
    with recording(recorded, "sign out"):
        store.delete()
    return recorded
