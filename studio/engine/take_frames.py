"""Take the frames that a provider sends for a job, and decide what becomes of each: kept, noted as lost, or rescued.

store_frames only writes files and rows; what knows of claims, events, stops and repeated attempts is here. A partial is
worth nothing once the final has come, so losing one is only noted. A final was paid for, so it is kept even after its
worker's claim was lost."""

import time
from dataclasses import replace

import structlog

from saas.database.release import released
from studio.engine import connection_health, record_picture, rescue, store_frames
from studio.engine.job import Job, check_claim, in_tenant, waits, waits_for_room
from studio.files import discarded
from studio.providers.answers import Final, Partial
from studio.providers.outcomes import ProviderError
from studio.queue import tickets
from studio.runs import events
from studio.waiting import relay

NOT_KEPT = "This partial image arrived but could not be stored."

log = structlog.get_logger("darkroom.engine")


def take_partial(job: Job, frame: Partial) -> None:
    """Pass on and keep a partial, or note it as lost: except for a stop, no failure here ends the wait for the final. A
    storage that has not taken one within seconds gets no other, so that the final does not wait behind them."""
    try:
        relay.pass_on(job.run.code, frame)
        if job.storage_failed.is_set():
            note_lost(job, frame, NOT_KEPT)
        else:
            keep_partial(job, frame)
    except ProviderError:
        raise
    except store_frames.NotStored as error:
        log.warning("partial not stored", slot=job.slot.index, index=frame.index, exc_info=True)
        job.storage_failed.set()
        _discard(job, frame, error.names)
        note_lost(job, frame, NOT_KEPT)
    except Exception:
        log.exception("partial not kept", slot=job.slot.index, index=frame.index)
        note_lost(job, frame, NOT_KEPT)


def _discard(job: Job, frame: Partial, names: list[str]) -> None:
    """Let the files of a lost partial be deleted: storage may have them although its answer was lost, and no row names
    them. That is done later, since the upload may still be running."""
    if frame.index in job.partials:
        return  # an earlier frame of this index has these names
    try:
        with in_tenant(job):
            discarded.add(job.org.pk, names, after=discarded.UPLOADED_BY)
    except Exception:
        log.exception("lost partial not discarded", slot=job.slot.index, index=frame.index)


def note_lost(job: Job, frame: Partial, sentence: str) -> None:
    """Record that a partial cannot be shown, so that the gap in the run's frames has its reason: once for each index
    that was asked for, however many bad frames a provider sends."""
    if frame.index in job.partials or frame.index >= job.run.asked.get("partial_images", 0):
        return
    job.partials.add(frame.index)
    try:
        with in_tenant(job):
            if check_claim(job) is not None:
                data = {"index": frame.index, "sentence": sentence}
                events.record(job.run, "partial_lost", slot=job.slot.index, data=data)
    except Exception:
        log.exception("lost partial not noted", slot=job.slot.index, index=frame.index)


def keep_partial(job: Job, frame: Partial) -> None:
    files = store_frames.store_partial(job.org.code, job.run, job.slot, frame)
    if files is None:
        note_lost(job, frame, "The provider sent a partial image that is not a picture.")
        return
    with released():
        told = store_frames.note_partial(job.claim, job.slot, frame, files)
    if told is None:
        return  # claim lost; the final is still awaited, since it is being paid for
    events.announce(job.run, job.run.event_of(told["event"]), files.hint)
    if job.claim.is_trying:
        with in_tenant(job):
            connection_health.note_answer(job)  # it ends the outage: other slots need not wait for this picture
    job.partials.add(frame.index)
    if told["is_stopping"]:
        raise ProviderError("stopped_late")


def take_final(job: Job, frame: Final) -> None:
    """Store and note a final, with several attempts since it was paid for. If all fail, or it is no valid image,
    put what came on the worker's disk and raise ProviderError."""
    stored, broken, is_again = None, None, False
    for wait in waits():
        try:
            stored = stored or store_frames.store_output(job.org.code, job.run, job.slot, frame, is_again=is_again)
            if not record_picture.record_at_once(job, frame, stored):
                with in_tenant(job):
                    tickets.remove(job.claim)
                    connection_health.note_answer(job)
                    record_picture.record(job.run, job.slot, frame, stored)
            _note_success(job, frame)
            return
        except ProviderError as error:
            broken = error
            break
        except Exception:
            log.exception("final not stored", slot=job.slot.index, again_in=wait)
            is_again = True
            if wait is not None:
                time.sleep(wait)
    if broken is not None:
        if broken.data:
            rescue.put_aside_unread(job.slot, broken.data)
        raise replace(broken, data=b"")  # let go of its megabytes
    raise ProviderError("put_aside" if _put_aside(job, frame) else "not_kept", request_id=frame.request_id)


def _note_success(job: Job, frame: Final) -> None:
    """Note what the picture shows about its connection, if that is new, in a transaction of its own."""
    if connection_health.knows_success(job, frame):
        return
    try:
        with in_tenant(job):
            connection_health.note_success(job, frame)
    except Exception:
        log.warning("success not noted", exc_info=True)


def _put_aside(job: Job, frame: Final) -> bool:
    """Put the picture on this machine's disk. If the disk is full, wait for room: there is no other copy. Return False
    if none came in time."""
    for wait in waits_for_room():
        try:
            rescue.put_aside(job.slot, frame)
            return True
        except OSError:
            log.exception("final not rescued", slot=job.slot.index, again_in=wait)
            if wait is not None:
                time.sleep(wait)
    return False
