"""Tells webhooks how a run ended."""

from accounts import deliveries
from accounts.models import WebhookEvent
from studio.models import Run, State, Visibility


def ended(run: Run, succeeded: int) -> None:
    """Nothing of private runs: whoever owns the address may not see them."""
    if run.visibility == Visibility.PRIVATE:
        return
    event = WebhookEvent.RUN_FINISHED if run.state == State.SUCCEEDED or succeeded else WebhookEvent.RUN_FAILED
    data = {
        "run": str(run.code),
        "state": Run.objects.values_list("state", flat=True).get(pk=run.pk),
        "succeeded": succeeded,
        "count": run.count,
        "project": run.project,
        "end_user": run.end_user,
        "url": f"/api/v1/runs/{run.code}",
    }
    deliveries.announce(run.org_id, event, data)
