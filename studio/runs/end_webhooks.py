"""Queue the webhooks that say how a run ended."""

from django.utils import timezone

from accounts.webhooks import delivery
from saas.database import functions
from studio.models import Run

ANNOUNCE_END = "SELECT studio_announce_end(run, %(succeeded)s, %(now)s) FROM studio_run run WHERE id = %(run)s"


def queue(run: Run, succeeded: int) -> None:
    """Announce the end of a run, unless it is private."""
    values = {"run": run.pk, "succeeded": succeeded, "now": timezone.now()}
    ((messages,),) = functions.call(run.org_id, ANNOUNCE_END, values)
    delivery.call_for(messages)
