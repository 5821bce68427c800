"""Record the statements that make a picture, for `bench.lives`: the product's own functions make it once in each
organization."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import psycopg
from django.db import connection
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


def found_organization(number: int) -> Membership:
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


def count_from_afar() -> None:
    with connection.cursor() as cursor:
        cursor.execute(SEQUENCES)
        for place, (sequence,) in enumerate(cursor.fetchall(), start=1):
            cursor.execute(f"ALTER SEQUENCE {sequence} RESTART WITH {place * FIRST_ID}")


def record_life(member: Membership) -> Recorded:
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


def record_session() -> Recorded:
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
