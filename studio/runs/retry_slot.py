"""Try a slot again that ended without a picture. The caller is behind the organization's wall."""

from django.db import transaction

from accounts import access
from accounts.connections import circuit
from accounts.errors import NotAllowed, Refused
from accounts.limits import holds
from accounts.limits.hold_requests import Part
from accounts.models import ApiKey, Membership
from saas.database.transactions import once_more
from studio.catalogue import fingerprint
from studio.catalogue.specs import Spec
from studio.models import Run, Slot
from studio.money import run_holds
from studio.providers.outcomes import OUTCOMES
from studio.runs import events, plan, submit_run

GONE = "What this run was made from has been deleted. Start a new one."


class StillStopping(Refused):
    def __init__(self) -> None:
        super().__init__("This run is being stopped. Try again once it has stopped.")


def retry(*, slot: Slot, by: Membership, api_key: ApiKey | None = None) -> None:
    """Put one slot back in the line; the others stay as they are. The member and the key that ask now pay for it."""
    once_more(lambda: _retry(slot, by, api_key))


@transaction.atomic
def _retry(slot: Slot, by: Membership, api_key: ApiKey | None) -> None:
    by = access.read_again(by, api_key)
    run = slot.run
    if run.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only the person who made this or an admin can try it again.")
    if run.connection is None:
        raise Refused(OUTCOMES["no_connection"].sentence)
    # Lock the slot and then the run, in the order of workers: otherwise a sibling that ends now could end the run
    # although this slot is open again.
    slot = Slot.objects.select_for_update(no_key=True).get(pk=slot.pk)
    locked = Run.objects.select_for_update(no_key=True).get(pk=run.pk)
    if locked.is_live and locked.cancel_asked_at:
        raise StillStopping  # else slots that still run would no longer be stopped
    if locked.cleared_at:
        raise Refused(GONE)
    if Spec.from_json(run.asked).references and not run.inputs.exists():
        raise Refused(GONE)  # as a guest's photo is, once its pictures are finished
    if not slot.reopen():
        raise Refused("Only what ended without a picture can be tried again.")
    run.reopen()
    Run.objects.filter(pk=run.pk).update(cancel_asked_at=None)
    events.record(run, "queued", slot=slot.index)
    pictures = run.inputs.order_by("number").values_list("input__sha256", flat=True)
    asked = fingerprint.fingerprint_of(run, pictures)
    submit_run.line_up(run, [slot], run.connection, asked=asked)
    spec = Spec.from_json(run.asked).of_slot(slot.index)
    wanted = run_holds.request(
        run=run,
        parts=[Part(slot.code, slot.tries)],
        by=by,
        api_key=api_key,
        spec=spec,
        model=plan.model_of(spec),
        connection=run.connection,
        standbys=circuit.standbys(run.connection),
    )
    holds.take(wanted)
