"""Notes a finished picture whose files are stored: the rows that name them, and with them the slot's and the run's end.
Doing it twice is harmless, so that it can be tried until it holds."""

import base64

import structlog

from studio import composites, endings, events, keeping, spending
from studio.answers import Final
from studio.keeping import Stored
from studio.models import Run, Slot

log = structlog.get_logger("darkroom.engine")


def find(run: Run, slot: Slot) -> tuple[Final, Stored] | None:
    """Stored by a worker that is gone, before it could note it."""
    try:
        return keeping.find_output(slot.org.code, run, slot)
    except Exception:  # storage has many; whether there was a picture is not known then, and that is what will be said
        log.exception("storage does not say whether a picture came", slot=str(slot.code))
        return None


def note(run: Run, slot: Slot, frame: Final, stored: Stored) -> None:
    """Also when the sweeper has called the slot unknown meanwhile, or somebody has stopped it: it was paid for."""
    output = keeping.note_output(slot, frame, stored)
    if output is not None:
        seen = {"output": str(output.code), "width": output.width, "height": output.height, "format": output.format}
        preview = base64.b64encode(stored.preview_data).decode()
        events.record(run, "output", slot=slot.index, data=seen, hint={"preview": preview})
        composites.plan(run, output)
    endings.close(run)
    spending.kept(slot.code, tried=slot.tries, usage=frame.usage, used=frame.used, request_id=frame.request_id)
