"""Stop a run. The caller is behind the organization's wall."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from accounts.errors import NotAllowed, Refused
from accounts.models import Membership
from saas.database.transactions import once_more
from studio.models import LIVE, Run
from studio.queue import tickets
from studio.runs import finish


class NothingToStop(Refused):
    def __init__(self) -> None:
        super().__init__("This has already ended.")


def cancel(*, run: Run, by: Membership) -> None:
    """Stop a run. Slots that wait end at once; one that a worker develops ends soon after, and may still be charged."""
    if run.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only the person who made this or an admin can stop it.")
    stop(run)


def stop(run: Run) -> None:
    """Do as `cancel`, for whom the right was checked elsewhere, such as a guest who withdraws."""
    once_more(lambda: _cancel(run))


@transaction.atomic  # NothingToStop rolls back what was done to tickets
def _cancel(run: Run) -> None:
    waiting = _stop_tickets(run)
    slots = list(run.slots.select_for_update(no_key=True).order_by("index"))
    live = Run.objects.filter(pk=run.pk, state__in=LIVE, cancel_asked_at=None)
    if not live.update(cancel_asked_at=timezone.now()):
        raise NothingToStop
    finish.stop(run, [slot for slot in slots if slot.code in waiting])


def _stop_tickets(run: Run) -> set[UUID]:
    """Return the slots that no worker has begun. Tickets, then slots, then the run: the order in which workers lock."""
    codes = list(run.slots.filter(state__in=LIVE).values_list("code", flat=True))
    waiting = tickets.withdraw_unclaimed(codes)
    tickets.ask_to_stop(codes)
    return set(waiting)
