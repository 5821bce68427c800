"""What comes from a provider is kept, frame by frame. A partial is worth nothing once the final has come; a final was
paid for, also one that comes after its worker was thought dead."""

import base64
import time

import structlog

from studio import events, finals, health, keeping, line, relay, rescue
from studio.answers import Final, Partial
from studio.job import Job, grip, waits, wall
from studio.outcomes import ProviderError

log = structlog.get_logger("darkroom.engine")


def try_to_keep_partial(job: Job, frame: Partial) -> None:
    """A frame on the way is not worth the picture: whatever fails here, the final is awaited."""
    try:
        relay.pass_on(job.run.code, frame)
        keep_partial(job, frame)
    except ProviderError:
        raise
    except Exception:
        log.exception("partial not kept", slot=job.slot.index, index=frame.index)


def keep_partial(job: Job, frame: Partial) -> None:
    files = keeping.store_partial(job.org.code, job.run, job.slot, frame)
    if files is None:
        return  # no picture; the next one may be
    with wall(job):
        held = grip(job)
        if held is None:
            return  # somebody else tells of this slot now; the picture is still awaited, since it is being paid for
        partial = keeping.note_partial(job.slot, frame, files, is_new=frame.index not in job.partials)
        events.record(
            job.run,
            "partial",
            slot=job.slot.index,
            data={"index": frame.index, "partial": str(partial.code), "size_bytes": partial.size_bytes},
            hint={"preview": base64.b64encode(files.preview_data).decode()},
        )
        if job.held.is_trying:
            health.note_answer(job)  # who waits for the end of the outage need not wait for this picture
    job.partials.add(frame.index)
    if held.is_stopping:
        raise ProviderError("stopped_late")


def keep_final(job: Job, frame: Final) -> None:
    """It was paid for: storage and database are asked several times, and at last the picture is put aside."""
    stored = None
    for wait in waits():
        try:
            stored = stored or keeping.store_output(job.org.code, job.run, job.slot, frame)
            with wall(job):
                line.leave(job.held.id)
                health.note_answer(job)
                health.note_success(job, frame)
                finals.note(job.run, job.slot, frame, stored)
            return
        except ProviderError:
            raise
        except Exception:
            log.exception("final not kept", slot=job.slot.index, again_in=wait)
            if wait is not None:
                time.sleep(wait)
    try:
        rescue.put_aside(job.slot, frame)
    except OSError as error:
        raise ProviderError("not_kept", request_id=frame.request_id) from error
    raise ProviderError("put_aside", request_id=frame.request_id)
