"""Keep everything else exactly: after a masked edit's picture is safe, a worker puts the untouched pixels back.

Nothing here can lose the picture: it was kept, and paid for, before this begins. What fails is told on the composite,
and the picture stays as it came."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from django.db import connection, transaction
from django.utils import timezone

from saas import tenancy
from saas.broker import enqueue
from studio import compositing, events, files, pictures, straying
from studio.compositing import CannotCompose
from studio.models import Composite, CompositeTicket, Input, Output, Run, RunInput
from studio.specs import Spec

# Longer than the largest picture takes; afterwards the worker is thought dead.
TAKEN_SECONDS = 180
FIRST_WAIT_SECONDS = 1
MOST_TRIES = 5
GIVEN_UP = "The untouched parts could not be put back. The picture is here as it came."

TAKE = """
UPDATE studio_compositeticket SET due_at = clock_timestamp() + make_interval(secs => %s), tries = tries + 1
WHERE id = (
    SELECT id FROM studio_compositeticket WHERE due_at <= clock_timestamp()
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING output_code, org_id, tries
"""

log = structlog.get_logger("darkroom.composites")


@dataclass(frozen=True)
class Work:
    code: UUID
    org_id: int
    tries: int


@dataclass(frozen=True)
class Given:
    """What a composite is made of, loaded."""

    composite: Composite
    base: bytes
    result: bytes
    mask: bytes


def plan(run: Run, output: Output) -> None:
    """In the transaction that notes the output. Where nothing is to be kept, nothing happens."""
    from studio.tasks import compose

    spec = Spec.from_json(run.asked)
    if not (spec.mask and spec.keep_rest):
        return
    Composite.objects.create(org_id=run.org_id, output=output, feather=spec.feather)
    CompositeTicket.objects.create(output_code=output.code, org_id=run.org_id)
    enqueue(compose)


def make_next() -> bool:
    """Answers whether there was anything to do."""
    work = _take()
    if work is None:
        return False
    try:
        if work.tries > MOST_TRIES:  # it takes its worker along, each time
            raise CannotCompose(GIVEN_UP)
        _make(work)
    except CannotCompose as refusal:
        _end(work, Composite.State.FAILED, sentence=refusal.sentence[:300])
    except Exception:
        log.exception("composite not made", output=str(work.code), tries=work.tries)
        _wait_and_try_again(work)
    return True


def count_due() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM studio_compositeticket WHERE due_at <= clock_timestamp()")
        return int(cursor.fetchone()[0])


def _take() -> Work | None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(TAKE, [TAKEN_SECONDS])
        row = cursor.fetchone()
    return Work(*row) if row else None


def _make(work: Work) -> None:
    with tenancy.tenant(work.org_id):
        given = _load(work)
    if given is None:
        return
    feather = given.composite.feather
    data = compositing.compose(given.base, given.result, given.mask, feather)
    strayed = straying.measure(given.base, given.result, given.mask, feather)
    preview, thumbnail = pictures.preview_and_thumbnail(data)
    measured = pictures.measure(data)
    stem = given.composite.output.file.rpartition(".")[0]
    names = {
        "file": files.save(f"{stem}-kept.png", data),
        "preview": files.save(f"{stem}-kept-preview.webp", preview),
        "thumbnail": files.save(f"{stem}-kept-thumbnail.webp", thumbnail),
        "heat": files.save(f"{stem}-heat.webp", strayed.heat),
    }
    _end(
        work,
        Composite.State.MADE,
        **names,
        width=measured.width,
        height=measured.height,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        changed_ppm=strayed.changed_ppm,
    )


def _wait_and_try_again(work: Work) -> None:
    """The caretaker calls when it is due."""
    due_at = timezone.now() + timedelta(seconds=FIRST_WAIT_SECONDS * 2**work.tries)
    CompositeTicket.objects.filter(output_code=work.code).update(due_at=due_at)


def _load(work: Work) -> Given | None:
    """None where its run is gone, or another worker was here before."""
    composite = _waiting(work)
    if composite is None:
        CompositeTicket.objects.filter(output_code=work.code).delete()
        return None
    used = RunInput.objects.select_related("input").filter(run_id=composite.output.run_id, number__in=(0, 1))
    inputs: dict[int, Input] = {one.number: one.input for one in used}
    if len(inputs) != 2:  # noqa: PLR2004 Image 1 and its mask
        raise CannotCompose("Image 1 or its mask is gone, so nothing can be put back.")
    return Given(
        composite=composite,
        base=files.load(inputs[1].sent_file),
        result=files.load(composite.output.file),
        mask=files.load(inputs[RunInput.MASK].sent_file),
    )


def _end(work: Work, state: str, **values: object) -> None:
    with tenancy.tenant(work.org_id):
        composite = _waiting(work)
        if composite is not None and composite.end(state, **values):
            output = composite.output
            told = {"output": str(output.code), "state": str(state), "changed_ppm": values.get("changed_ppm")}
            events.record(output.run, "composite", slot=output.slot.index, data=told)
        CompositeTicket.objects.filter(output_code=work.code).delete()


def _waiting(work: Work) -> Composite | None:
    waiting = Composite.objects.filter(output__code=work.code, state=Composite.State.WAITING)
    return waiting.select_related("output__slot", "output__run").first()
