"""Make composites: once a masked edit's picture is safe, put the input's untouched pixels back around the change.

Nothing here can lose the picture: it was kept, and paid for, before this begins. A failure is noted on the composite,
and the picture stays as it came."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.utils import timezone

from accounts.models import Organization
from saas.database import tenancy
from saas.database.release import released
from saas.queue import due, lanes, thread_shares
from saas.queue.thread_shares import NOBODY, Barred
from studio.catalogue.specs import Spec
from studio.files import storage
from studio.imaging import compositing, decode_turns, previews, straying
from studio.imaging.compositing import CannotCompose
from studio.models import Composite, CompositeTicket, Input, Run, RunInput
from studio.runs import events, suspended

# Longer than the largest picture takes; after that the worker counts as lost.
TAKEN_SECONDS = 180
FIRST_WAIT_SECONDS = 1
MOST_TRIES = 5
DELETED = "The organization was deleted before the untouched parts were put back."
GIVEN_UP = "The untouched parts could not be put back. The picture is shown as the model returned it."

log = structlog.get_logger("darkroom.composites")


@dataclass(frozen=True)
class Sources:
    """A composite and the names of the files that it is made from."""

    composite: Composite
    base: str
    result: str
    mask: str


def feather_of(run: Run) -> int | None:
    """Return the feather of the composites of a run, or None if it makes none. A composite is planned by the step that
    keeps the picture."""
    spec = Spec.from_json(run.asked)
    return spec.feather if spec.mask and spec.keep_rest else None


def make_next() -> bool:
    """Make the composite that has waited longest. Return False if there is none that may be taken now."""
    with thread_shares.OF_LANE[lanes.COMPOSITES].taking(_take) as claim:
        if claim is None:
            return False
        if not _must_rest(claim):
            _try_to_make(claim)
    return True


def _try_to_make(claim: CompositeTicket) -> None:
    try:
        if claim.tries > MOST_TRIES:  # all tries failed or ended their workers
            raise CannotCompose(GIVEN_UP)
        _make(claim)
    except CannotCompose as refusal:
        _end(claim, Composite.State.FAILED, sentence=refusal.sentence[:300])
    except Exception:
        log.exception("composite not made", output=str(claim.output_code), tries=claim.tries)
        _wait_and_try_again(claim)


def count_due() -> int:
    return due.count(CompositeTicket)


def _take(barred: Barred = NOBODY) -> CompositeTicket | None:
    return due.claim(CompositeTicket, barred, seconds=TAKEN_SECONDS, counts_tries=True)


def _must_rest(claim: CompositeTicket) -> bool:
    """Return whether the organization may not work. Put off a suspended one's composites, and end a deleted one's."""
    with tenancy.tenant(claim.org_id):
        org = Organization.objects.filter(pk=claim.org_id).first()
        if org is None or org.may_work:
            return False
        if org.deleted_at is None:
            CompositeTicket.objects.filter(pk=claim.pk).update(tries=claim.tries - 1)  # this was no try
            suspended.put_off(claim, org)
            return True
    _end(claim, Composite.State.FAILED, sentence=DELETED)
    return True


def _make(claim: CompositeTicket) -> None:
    with released(), tenancy.tenant(claim.org_id):
        sources = _load(claim)
    if sources is None:
        return
    feather = sources.composite.feather
    base, result, mask = (storage.load(name) for name in (sources.base, sources.result, sources.mask))
    with compositing.turn(base, result, mask, by=claim.org_id, seconds=decode_turns.FINAL_SECONDS):
        data = compositing.compose(base, result, mask, feather)
        strayed = straying.measure(base, result, mask, feather)
        preview, thumbnail = previews.preview_and_thumbnail(data)
    measured = previews.measure(data)
    stem = sources.composite.output.file.rpartition(".")[0]
    save = storage.save if claim.tries == 1 else storage.save_again
    names = {
        "file": save(f"{stem}-kept.png", data),
        "preview": save(f"{stem}-kept-preview.webp", preview),
        "thumbnail": save(f"{stem}-kept-thumbnail.webp", thumbnail),
        "heat": save(f"{stem}-heat.webp", strayed.heat),
    }
    _end(
        claim,
        Composite.State.MADE,
        **names,
        width=measured.width,
        height=measured.height,
        size_bytes=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        changed_ppm=strayed.changed_ppm,
    )


def _wait_and_try_again(claim: CompositeTicket) -> None:
    """Put the work off, unless this claim was lost. The caretaker sends a message when it is due."""
    due_at = timezone.now() + timedelta(seconds=FIRST_WAIT_SECONDS * 2**claim.tries)
    due.claimed(claim).update(due_at=due_at)


def _load(claim: CompositeTicket) -> Sources | None:
    """Find the files of a composite. Return None if its run is gone or another worker has ended the composite."""
    composite = _waiting(claim)
    if composite is None:
        due.claimed(claim).delete()
        return None
    used = RunInput.objects.select_related("input").filter(run_id=composite.output.run_id, number__in=(0, 1))
    inputs: dict[int, Input] = {one.number: one.input for one in used}
    if len(inputs) != 2:  # noqa: PLR2004 Image 1 and its mask
        raise CannotCompose("Image 1 or its mask is gone, so nothing can be put back.")
    return Sources(
        composite=composite,
        base=inputs[1].sent_file,
        result=composite.output.file,
        mask=inputs[RunInput.MASK].sent_file,
    )


def _end(claim: CompositeTicket, state: str, **values: object) -> None:
    """Note how the composite ended. A finished one counts even if this claim was lost, as every claim makes the same; a
    failure counts only while this claim is valid, as the next claim may succeed."""
    tickets = (
        CompositeTicket.objects.filter(output_code=claim.output_code)
        if state == Composite.State.MADE
        else due.claimed(claim)
    )
    with tenancy.tenant(claim.org_id):
        deleted, _ = tickets.delete()
        if not deleted:
            return
        composite = _waiting(claim)
        if composite is not None and composite.end(state, **values):
            output = composite.output
            told = {"output": str(output.code), "state": str(state), "changed_ppm": values.get("changed_ppm")}
            events.record(output.run, "composite", slot=output.slot.index, data=told)


def _waiting(claim: CompositeTicket) -> Composite | None:
    waiting = Composite.objects.filter(output__code=claim.output_code, state=Composite.State.WAITING)
    return waiting.select_related("output__slot", "output__run").first()
