"""Show a program's conversation as a thread: an answer of the Responses API that goes on from an earlier one is a turn,
whose parent is that one. The program needs to know nothing of threads."""

from contextlib import suppress

import structlog
from django.db import IntegrityError, transaction

from saas.database import tenancy
from saas.database.release import released
from studio.models import Output, Run, Thread, Turn, Visibility
from studio.threads import say
from studio.threads.base import Base
from studio.threads.say import ThreadGone, TooManyTurns

log = structlog.get_logger("darkroom.threads")


def join(*, run: Run, parent: Run) -> None:
    """Note a run as the next turn after its parent. A parent that is no turn yet starts a thread. This is a transaction
    of its own, after the run's: a run locks counters, and a thread's row is locked before any of them."""
    with released(), tenancy.tenant(run.org_id), suppress(ThreadGone, TooManyTurns):
        try:
            with transaction.atomic():
                _join(run, parent)
        except IntegrityError:  # the same call, or another answer to this parent, got here first
            log.info("turn is noted once more", run=str(run.code))
            _join(run, parent)


def _join(run: Run, parent: Run) -> None:
    if Turn.objects.filter(org=run.org_id, run=run).exists():
        return
    before = _turn_of(parent) or _begin(parent)
    number = say.take_number(before.thread)
    picture = Output.objects.filter(org=run.org_id, run=parent).order_by("slot__index").first()
    say.note(before.thread, run, Base(before, picture), number=number)


def _turn_of(run: Run) -> Turn | None:
    return Turn.objects.filter(org=run.org_id, run=run).select_related("thread__org", "run").first()


def _begin(parent: Run) -> Turn:
    """Start a thread whose first turn is a run that was made before."""
    seen_by = Visibility(parent.visibility)
    thread = Thread.objects.create(org_id=parent.org_id, maker_id=parent.maker_id, visibility=seen_by)
    return say.note(thread, parent, Base(), number=say.take_number(thread))
