"""Sum up what a run has cost: its ledger entries, and its open and uncertain holds."""

from accounts.models import Hold
from accounts.models.limits_and_holds import HoldState
from billing import ledger
from studio.models import Run
from studio.story.shapes import Cost


def cost_of(run: Run) -> Cost | None:
    """Return the cost of a run, or None if it has neither entries nor holds, being older than the ledger."""
    entries = list(ledger.entries_of(run.code).filter(org=run.org_id))
    holds = list(Hold.objects.filter(org=run.org_id, run_code=run.code))
    if not entries and not holds:
        return None
    return Cost(
        paid_micros=sum(entry.micros for entry in entries),
        held_micros=sum(hold.micros for hold in holds if hold.state == HoldState.OPEN),
        uncertain_micros=sum(hold.micros for hold in holds if hold.state == HoldState.UNCERTAIN),
        is_estimated=any(entry.is_estimated for entry in entries),
        is_play=any(hold.is_play for hold in holds),
    )
