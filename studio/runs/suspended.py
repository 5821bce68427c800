"""Rest the tickets of organizations that may not work: suspended or deleted ones. When the turn of one comes, all
waiting tickets of the organization get a limit of 0, so that workers do not meet them again, however many there are.
The caretaker wakes them when the organization is restored, and ends them if it was deleted."""

from django.utils import timezone

from accounts.models import Organization
from saas.database import tenancy
from saas.queue import due
from saas.queue.due import DueTicket
from studio.models import Charged, Slot
from studio.money import run_holds
from studio.queue import tickets, wake
from studio.queue.tickets import Claim
from studio.runs import finish

NOTHING = 0  # as a ticket's limit
MOST_ENDED = 200  # runs that one look ends; the next look goes on


def requeue(claim: Claim) -> None:
    """Put a claimed ticket back, and let it rest with all others of its organization."""
    tickets.requeue(claim, wait_seconds=0)
    tickets.set_org_limit(claim.org_id, NOTHING)


def put_off(ticket: DueTicket, org: Organization) -> None:
    """Put off all due tickets of a suspended organization, and this claimed one."""
    now = timezone.now()
    due.put_off(ticket, until=now + org.pause(now))


def wake_or_end() -> int:
    """Wake or end resting tickets. Return for how many organizations there was something to do."""
    return sum(_look_at(org_id) for org_id in tickets.resting_organizations())


def _look_at(org_id: int) -> bool:
    with tenancy.tenant(org_id):
        org = Organization.objects.filter(pk=org_id).first()
        if org is not None and org.may_work:
            _wake(org)
            return True
    if org is not None and org.deleted_at is None:
        return False
    ended = 0
    while ended < MOST_ENDED and _end_one(org_id):
        ended += 1
    return ended > 0


def _wake(org: Organization) -> None:
    tickets.set_org_limit(org.pk, org.most_calls_at_once)
    wake.soon("develop")


def _end_one(org_id: int) -> bool:
    """End the waiting slots of one run, in a transaction of their own. Return False if there was none. Tickets, then
    slots, then the run: the order in which workers lock them."""
    with tenancy.tenant(org_id):
        code = tickets.first_resting(org_id)
        if code is None:
            return False
        slot = Slot.objects.select_related("run").filter(code=code).first()
        if slot is None:
            tickets.withdraw_unclaimed([code])
            run_holds.resolve(code, Charged.NO)
            return True
        waiting = set(tickets.withdraw_unclaimed(list(slot.run.slots.values_list("code", flat=True))))
        slots = slot.run.slots.select_for_update(no_key=True).order_by("index")
        finish.stop(slot.run, [one for one in slots if one.code in waiting])
        return bool(waiting)
