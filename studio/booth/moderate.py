"""Let staff release captures, hide them again, and clear what waits."""

from contextlib import suppress

from django.utils import timezone

from accounts import audit
from accounts.models import Membership
from saas.database import tenancy
from studio.booth import run_event
from studio.models import Capture, Event, State
from studio.runs import stop_run


def release(*, by: Membership, capture: Capture) -> None:
    """Let the capture be seen: on the wall, and by its guest if the event's moderation holds everything."""
    now = timezone.now()
    if Capture.objects.not_deleted().filter(pk=capture.pk).update(released_at=now, hidden_at=None):
        audit.record(org=by.org, by=by.user, action="capture.released", target=capture.short_code)


def hide(*, by: Membership, capture: Capture) -> None:
    """Take the capture from the wall, and from its guest if the event's moderation holds everything."""
    if Capture.objects.not_deleted().filter(pk=capture.pk, hidden_at=None).update(hidden_at=timezone.now()):
        audit.record(org=by.org, by=by.user, action="capture.hidden", target=capture.short_code)


def clear_queue(*, by: Membership, event: Event, pin: str) -> int:
    """Stop all captures that wait, so that their money is free again. Return how many. Each is stopped in a transaction
    of its own, because a transaction locks counters last. The caller has opened no wall."""
    run_event.check_pin(event, pin)
    with tenancy.tenant(event.org_id):
        waiting = list(event.captures.select_related("run").filter(run__state=State.QUEUED).order_by("-pk"))
    count = 0
    for capture in waiting:
        if capture.run is not None:
            with tenancy.tenant(event.org_id), suppress(stop_run.NothingToStop):
                stop_run.stop(capture.run)
                count += 1
    with tenancy.tenant(event.org_id):
        details = {"captures": count}
        audit.record(org=by.org, by=by.user, action="event.cleared", target=event.name, details=details)
    return count
