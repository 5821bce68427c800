"""Make previews from their tickets, one after the other, while this process has little to do, in another one that runs
while the machine is idle.

Any number of workers may do it at once. A worker that dies leaves a ticket that comes due again; so does a process that
ends, at most MOST_TRIES times, since it may be the picture that ends it, unless it was killed from outside."""

import threading
import time
from datetime import timedelta

import structlog
from django.utils import timezone

from saas.database import tenancy
from saas.database.release import released
from saas.queue import due
from studio.files import late_previews
from studio.imaging import preview_process
from studio.imaging.preview_process import Ended, PreviewProcess
from studio.models import Output, PreviewTicket

LOOK_SECONDS = 1.0  # between looks for a ticket and for quiet
MOST_BUSY = 0.25  # of a processor: more than pages that wait for their sockets need, less than a program that asks
TAKEN_SECONDS = preview_process.PATIENCE_SECONDS + 300  # longer than a try takes, with storage that is slow
MOST_TRIES = 4
FIRST_WAIT_SECONDS = 5
STORAGE_WAIT_SECONDS = 120
KILLED_WAIT_SECONDS = 600  # until the machine may have memory again

log = structlog.get_logger("darkroom.previews")


class Quiet:
    """Whether this process has little else to do. The calling thread's own work does not count."""

    def __init__(self) -> None:
        self._at, self._used = time.monotonic(), _used_by_others()

    def has_been(self) -> bool:
        """Return whether the other threads have used little processor time since the last look."""
        at, used = time.monotonic(), _used_by_others()
        seconds, self._at = at - self._at, at
        spent, self._used = used - self._used, used
        return spent <= MOST_BUSY * seconds


def _used_by_others() -> float:
    return time.process_time() - time.thread_time()


def make_all(until: threading.Event) -> None:
    """Make what is due, as long as this process has little else to do, until the event is set. To fetch a picture and
    to note its previews takes time of this process, too."""
    process, quiet = PreviewProcess(), Quiet()
    try:
        is_more = False
        while not until.wait(0 if is_more else LOOK_SECONDS):
            is_more = quiet.has_been() and _make_some(process, until)
    finally:
        process.end()


def _make_some(process: PreviewProcess, until: threading.Event) -> bool:
    """Make previews for a second. Return False if no more are due."""
    ends_at = time.monotonic() + LOOK_SECONDS
    while time.monotonic() < ends_at and not until.is_set():
        if not _make_next(process):
            return False
    return True


def _make_next(process: PreviewProcess) -> bool:
    """Make the previews that have waited longest. Return False if none are due, or the database does not say."""
    try:
        return make_next(process)
    except Exception:
        log.warning("previews not looked for", exc_info=True)
        return False


def make_next(process: PreviewProcess) -> bool:
    claim = due.claim(PreviewTicket, seconds=TAKEN_SECONDS, counts_tries=True)
    if claim is None:
        return False
    with released(), tenancy.tenant(claim.org_id):
        output = Output.objects.filter(code=claim.output_code, purged_at=None, preview="", is_damaged=False).first()
        if output is None:
            due.claimed(claim).delete()
            return True
    _make(claim, output, process)
    return True


def _make(claim: PreviewTicket, output: Output, process: PreviewProcess) -> None:
    try:
        late_previews.make(output, process.preview_and_thumbnail)
    except Ended as ended:
        log.warning("preview process ended", output=str(output.code), tries=claim.tries, was_killed=ended.was_killed)
        if ended.was_killed:
            _put_off(claim, KILLED_WAIT_SECONDS, tries=claim.tries - 1)  # this was no try
        elif claim.tries < MOST_TRIES:
            _put_off(claim, FIRST_WAIT_SECONDS * 2**claim.tries, tries=claim.tries)
        else:
            late_previews.give_up(output)
    except Exception as error:  # each storage backend raises its own types
        log.warning("preview not stored", output=str(output.code), error=type(error).__name__)
        _put_off(claim, STORAGE_WAIT_SECONDS, tries=claim.tries - 1)  # this was no try


def _put_off(claim: PreviewTicket, seconds: float, *, tries: int) -> None:
    with released():
        due.claimed(claim).update(due_at=timezone.now() + timedelta(seconds=seconds), tries=tries)
