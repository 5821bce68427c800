"""End slots and then their run. Called under the run's tenant wall, as the last act of the transaction: it locks the
counters of money last, and a transaction that has locked these must wait for no other lock."""

from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from studio.models import ENDS, Run, Slot, state_of
from studio.money import run_holds
from studio.providers.outcomes import OUTCOMES
from studio.providers.refusals import NOT_MODERATED, Refusal
from studio.queue import wake
from studio.runs import end_webhooks, events


def end(
    run: Run,
    slot: Slot,
    code: str,
    *,
    request_id: str = "",
    refusal: Refusal = NOT_MODERATED,
    words: str = "",
    usage: dict[str, Any] | None = None,
) -> None:
    """End a slot without a picture, then its run if it was the last slot, and at last decide on the hold. `words` are
    what a talk ended in, and `usage` the tokens that they took."""
    note: dict[str, Any] = {"words": words} if words else refusal.note
    if _end_slot(run, slot, code, refusal):
        Slot.objects.filter(pk=slot.pk).update(request_id=request_id[:120], used=note, usage=usage)
    close(run)
    # Also if an earlier try's picture has ended the slot: this try had a hold of its own.
    run_holds.resolve(slot.code, OUTCOMES[code].charged, request_id=request_id, usage=usage)


def stop(run: Run, slots: Iterable[Slot]) -> None:
    """End slots that no worker has begun as stopped, and release their holds."""
    stopped = list(slots)
    for slot in stopped:
        _end_slot(run, slot, "stopped")
    close(run)
    run_holds.release([slot.code for slot in stopped])


def _end_slot(run: Run, slot: Slot, code: str, refusal: Refusal = NOT_MODERATED) -> bool:
    """End the slot. Return whether it was still open."""
    outcome = OUTCOMES[code]
    sentence = refusal.sentence(outcome.sentence)
    was_open = slot.end(
        outcome.state,
        charged=outcome.charged,
        now=timezone.now(),
        error_code=code,
        error_sentence=sentence,
    )
    if was_open:
        data: dict[str, Any] = {"code": code, "sentence": sentence, "charged": outcome.charged.value, **refusal.note}
        events.record(run, outcome.state.value, slot=slot.index, data=data)
    return was_open


def close(run: Run) -> None:
    """End the run when its last slot has ended. The run's lock makes sure that of two slots that end at the same moment
    the second one sees the first. A picture that comes late corrects the state of a run that had ended."""
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    slots = list(locked.slots.all())
    state = state_of(slots)
    if state in ENDS and locked.end(state, timezone.now()):
        succeeded = sum(slot.state == state.SUCCEEDED for slot in slots)
        events.record(locked, "ended", data={"state": state.value, "succeeded": succeeded, "count": len(slots)})
        end_webhooks.queue(locked, succeeded)
        if locked.is_of_sheet:
            wake.soon("end_sheet_row", locked.org_id, str(locked.code))
