"""How a slot and then its run come to an end. Called under the run's tenant wall, as the last thing that is done there:
it ends with the counters of money, and whoever has locked these must wait for nothing else."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from studio import announcing, events, spending
from studio.models import ENDS, Run, Slot, state_of
from studio.outcomes import ENDINGS


def end(run: Run, slot: Slot, code: str, *, request_id: str = "") -> None:
    """Without a picture: the slot, then its run if it was the last one, and at last the money."""
    if _end_slot(run, slot, code):
        Slot.objects.filter(pk=slot.pk).update(request_id=request_id[:120])
    close(run)
    # Also where an earlier try's picture has ended the slot: this try had its own hold.
    spending.ended(slot.code, ENDINGS[code].charged, request_id=request_id)


def stop(run: Run, slots: Iterable[Slot]) -> None:
    """These, which nobody has begun; nothing was paid for them."""
    stopped = list(slots)
    for slot in stopped:
        _end_slot(run, slot, "stopped")
    close(run)
    spending.never_begun([slot.code for slot in stopped])


def _end_slot(run: Run, slot: Slot, code: str) -> bool:
    """Answers whether the slot was still open."""
    ending = ENDINGS[code]
    was_open = slot.end(
        ending.state,
        charged=ending.charged,
        now=timezone.now(),
        error_code=code,
        error_sentence=ending.sentence,
    )
    if was_open:
        data: dict[str, Any] = {"code": code, "sentence": ending.sentence, "charged": ending.charged.value}
        events.record(run, ending.state.value, slot=slot.index, data=data)
    return was_open


def close(run: Run) -> None:
    """Ends the run when its last slot has ended. Under the run's lock: of two slots that end at the same moment, the
    second one sees the first. A picture that comes late corrects what the run was called."""
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    slots = list(locked.slots.all())
    state = state_of(slots)
    if state in ENDS and locked.end(state, timezone.now()):
        succeeded = sum(slot.state == state.SUCCEEDED for slot in slots)
        events.record(locked, "ended", data={"state": state.value, "succeeded": succeeded, "count": len(slots)})
        announcing.ended(locked, succeeded)
