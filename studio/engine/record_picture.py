"""Note a finished picture whose files are stored: write the rows that name them, and end the slot and the run. Doing it
twice is harmless, so it can be repeated until it succeeds."""

import structlog

from saas.database.transactions import after_commit
from studio.engine import composites, store_frames
from studio.engine.store_frames import Stored
from studio.files import late_previews
from studio.imaging.decode_turns import Busy
from studio.imaging.previews import Measured
from studio.models import Run, Slot
from studio.money import run_holds
from studio.providers.answers import Final
from studio.runs import events, finish
from studio.waiting import relay
from studio.waiting.relay import Finished

log = structlog.get_logger("darkroom.engine")


def recover_stored(run: Run, slot: Slot) -> tuple[Final, Stored] | None:
    """Find a picture that a lost worker stored and did not note. Return None if storage has none or fails."""
    try:
        return store_frames.find_output(slot.org.code, run, slot)
    except Busy:
        raise  # the picture may be there: the next sweep looks again
    except Exception:  # storages raise many kinds of errors; the slot then ends as unknown
        log.exception("storage does not say whether a picture came", slot=str(slot.code))
        return None


def record(run: Run, slot: Slot, frame: Final, stored: Stored) -> None:
    """Note the picture and settle its hold, also if the slot ended as unknown or stopped meanwhile: it was paid for."""
    output = store_frames.note_output(slot, frame, stored)
    if output is not None:
        seen = {"output": str(output.code), "width": output.width, "height": output.height, "format": output.format}
        measured = Measured(output.format, output.width, output.height)
        after_commit(relay.hand_over, run.code, Finished(slot.index, frame, measured))  # before its callers hear of it
        events.record(run, "output", slot=slot.index, data=seen, hint=stored.hint)
        if not stored.preview:
            late_previews.plan(output)
        composites.plan(run, output)
    finish.close(run)
    run_holds.charge(slot.code, tried=slot.tries, usage=frame.usage, used=frame.used, request_id=frame.request_id)
