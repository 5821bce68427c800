"""Submit planned runs for the overnight lane. Any verb may do so with a plan of its own:

    plan = plan_module.make(org=org, spec=spec, pictures=pictures)
    run = overnight.submit(by=member, plan=plan, deadline_at=tomorrow_at_eight, goes_live=True)

The run is held at half price and has no tickets in the line; each of its slots is a line of a chunk, which goes to the
provider as one batch once it has been filled (`studio.engine.overnight`). It ends like every other run: with states,
events, entries in the ledger and outputs. `run.lane` says that it was made overnight."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Membership
from saas.database import tenancy
from saas.database.release import released
from studio.catalogue.specs import AUTO, Spec
from studio.imaging.sizes import Size
from studio.models import OPEN_CHUNKS, Chunk, ChunkLine, ChunkState, ChunkTicket, ImageModel, Run
from studio.queue import wake
from studio.runs import lanes, submit_run
from studio.runs.plan import Plan

MOST_LINES = 250
MOST_EXPECTED_BYTES = 90_000_000
WINDOW = timedelta(hours=24)
GATHER_SECONDS = 2.0  # after the last line, before a chunk that is not full goes to the provider
BYTES_A_PIXEL = {"png": 2.5, "jpeg": 0.5, "webp": 0.35}  # of results, as base64
NEAR = timedelta(minutes=1)
GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"


class Moved(Refused):
    def __init__(self) -> None:
        super().__init__("The connections have just changed. Try again.")


def submit(
    *, by: Membership, plan: Plan, deadline_at: datetime | None = None, goes_live: bool = False, **more: Any
) -> Run:
    """Submit a planned run for the overnight lane, at half price. What is missing at the deadline is given back, or, if
    it `goes_live`, made by day; the difference is held from the beginning. `more` goes to `submit_run.submit`. Raise
    Refused if the connection or the model offers no batches."""
    planned = lanes.overnight(plan, goes_live=goes_live)
    until = deadline_at or timezone.now() + WINDOW
    with tenancy.tenant(by.org_id):
        # Before the run: it locks counters at last, and behind these no other lock may be waited for.
        chunks = [_place(planned, until, goes_live=goes_live) for _ in range(plan.spec.pictures)]
        run = submit_run.submit(by=by, plan=planned, **more)
        if run.connection_id != plan.connection.pk:
            raise Moved
        slots = run.slots.order_by("index")
        ChunkLine.objects.bulk_create(
            ChunkLine(org_id=run.org_id, chunk=chunk, slot=slot) for chunk, slot in zip(chunks, slots, strict=True)
        )
        wake.after("overnight", GATHER_SECONDS)
    return run


def look_now(runs: Sequence[Run]) -> None:
    """Look at the chunks of these runs at once, because the runs were stopped."""
    with released(), tenancy.tenant(runs[0].org_id):
        found = Chunk.objects.filter(lines__slot__run__in=runs, state__in=OPEN_CHUNKS)
        codes = list(found.values_list("code", flat=True).distinct())
        ChunkTicket.objects.filter(chunk_code__in=codes, due_at__gt=timezone.now()).update(due_at=timezone.now())
        wake.soon("overnight")


def _place(plan: Plan, deadline_at: datetime, *, goes_live: bool) -> Chunk:
    """Take a place for one picture in the newest chunk that has room, or in a new one. The chunk stays locked until the
    transaction ends."""
    expected = expected_bytes(plan.spec, plan.model)
    asked = {
        "org_id": plan.connection.org_id,
        "connection_id": plan.connection.pk,
        "endpoint": EDITS if plan.spec.references else GENERATIONS,
        "model": plan.spec.model,
        "goes_live": goes_live,
    }
    # Chunks of nearly the same deadline are filled together, and keep the earlier one.
    near = {"deadline_at__gt": deadline_at - NEAR, "deadline_at__lte": deadline_at}
    room = {"line_count__lt": MOST_LINES, "expected_bytes__lte": max(0, MOST_EXPECTED_BYTES - expected)}
    found = Chunk.objects.select_for_update().filter(state=ChunkState.GATHERING, **asked, **near, **room)
    chunk = found.order_by("-pk").first()
    if chunk is None:
        chunk = Chunk.objects.create(**asked, deadline_at=deadline_at)
        ChunkTicket.objects.create(chunk_code=chunk.code, org_id=chunk.org_id)
    chunk.line_count += 1
    chunk.expected_bytes += expected
    chunk.save(update_fields=["line_count", "expected_bytes"])
    ChunkTicket.objects.filter(chunk_code=chunk.code).update(due_at=_due(chunk))
    return chunk


def _due(chunk: Chunk) -> datetime:
    is_full = chunk.line_count >= MOST_LINES
    return timezone.now() + timedelta(seconds=0 if is_full else GATHER_SECONDS)


def expected_bytes(spec: Spec, model: ImageModel) -> int:
    """Return how many bytes of results one picture will have, at most as far as is known."""
    size = Size.read(model.auto_size if spec.size == AUTO else spec.size)
    return int(size.pixels * BYTES_A_PIXEL.get(spec.format, 2.5))
