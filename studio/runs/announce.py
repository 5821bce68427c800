"""Tell webhooks how a run ended."""

from accounts.models import WebhookEvent
from accounts.webhooks import delivery
from studio.models import Run, State, Visibility


def announce_end(run: Run, succeeded: int) -> None:
    """Announce the end of a run, unless it is private: the owner of a webhook's address may not see private runs."""
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
    delivery.announce(run.org_id, event, data)
