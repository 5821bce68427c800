"""Delete a capture: at once for everybody who could see it, and its files as soon as nothing is being made of it."""

from contextlib import suppress

from django.db.models.functions import Now
from django.utils import timezone

from accounts import audit
from accounts.models import Membership
from studio.models import Capture, CaptureTicket
from studio.runs import stop_run


def delete(capture: Capture, *, by: Membership | None = None) -> None:
    """Close the capture's door, stop what is being made, and have its photo and pictures deleted. The ledger keeps the
    numbers. Without `by`, its guest asked for it."""
    if not Capture.objects.not_deleted().filter(pk=capture.pk).update(deleted_at=timezone.now()):
        return
    CaptureTicket.objects.filter(capture_code=capture.code).update(due_at=Now())
    if by is not None:
        audit.record(org=by.org, by=by.user, action="capture.deleted", target=capture.short_code)
    if capture.run is not None:
        with suppress(stop_run.NothingToStop):
            stop_run.stop(capture.run)
