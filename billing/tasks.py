import dramatiq
import structlog
from django.utils import timezone

from accounts import audit
from accounts.errors import Refused
from accounts.models import Membership, Organization
from billing import export_tickets, exports, folding, subscriptions
from billing.exports import LONGEST
from billing.models import Export, ExportState, Format
from billing.sources import SOURCES
from billing.usage import Scope
from saas.database import tenancy
from saas.database.release import released
from saas.database.transactions import after_commit
from saas.queue import broker, lanes, thread_shares
from saas.queue.thread_shares import Place

MOST_AT_ONCE = 3
WAIT_SECONDS = 3  # for a thread of the lane, while an organization uses its whole share of them
LIMIT_MILLISECONDS = 1_800_000
UNDER_WAY_SECONDS = 1900  # the lease: longer than the limit; afterwards the worker counts as dead
CALLED_SECONDS = 60  # afterwards the message that called for it counts as lost
MOST_TRIES = 5  # tries without an end, after which an export is given up
MOST_CALLED = 50
# In a FOCUS file each row is a charge, whatever was asked for.
ONLY_LEDGER = "FOCUS is a format of the ledger. Choose the ledger, or another format for runs."

log = structlog.get_logger("darkroom.money")


@dramatiq.actor(queue_name=lanes.UPKEEP, max_retries=3, time_limit=600_000)
def fold_usage(org_id: int) -> None:
    with tenancy.tenant(org_id):
        folding.fold(Organization.objects.get(pk=org_id))


@dramatiq.actor(queue_name=lanes.EXPORTS, max_retries=2, time_limit=LIMIT_MILLISECONDS)
def make_export(org_id: int, code: str) -> None:
    """Make the export. The message may come twice: the second one makes the file again under a name of its own, and
    only one file is noted."""
    with released(), tenancy.tenant(org_id):
        maker_id = Export.objects.filter(code=code).values_list("maker_id", flat=True).first()
    with thread_shares.OF_LANE[lanes.EXPORTS].place(Place(org_id, maker_id)) as has_place:
        if has_place:
            tries = export_tickets.begin(code, seconds=UNDER_WAY_SECONDS)
            if tries > MOST_TRIES:
                _give_up(org_id, code)
            else:
                _make_export(org_id, code)
                with released():
                    export_tickets.forget(code)
        elif not broker.call(make_export, org_id, code, delay_seconds=WAIT_SECONDS):
            export_tickets.put_off(code, WAIT_SECONDS)


def make_next_export() -> bool:
    """Make the next export whose message was lost. Return False if there is none."""
    claim = export_tickets.claim(seconds=UNDER_WAY_SECONDS)
    if claim is None:
        return False
    make_export.fn(claim.org_id, str(claim.export_code))
    return True


def _give_up(org_id: int, code: str) -> None:
    """Mark an export as failed whose worker has died at each try."""
    with released(), tenancy.tenant(org_id):
        for export in Export.objects.filter(code=code):
            exports.fail(export)
        export_tickets.forget(code)


def call_due() -> int:
    """Call a worker for each export whose message was lost, at most MOST_CALLED. Return how many were called."""
    for count in range(MOST_CALLED):
        claim = export_tickets.claim(seconds=CALLED_SECONDS)
        if claim is None:
            return count
        if not _call(claim.org_id, str(claim.export_code)):
            return count
    return MOST_CALLED


def _queue_up(export: Export) -> None:
    export_tickets.draw(export, due_in_seconds=CALLED_SECONDS)
    after_commit(_call, export.org_id, str(export.code))


def _call(org_id: int, code: str) -> bool:
    """Call a worker. If the broker does not take the message, make the export due at once. Return whether it took
    it."""
    is_sent = broker.call(make_export, org_id, code)
    if not is_sent:
        export_tickets.put_off(code, 0)
    return is_sent


def _make_export(org_id: int, code: str) -> None:
    with tenancy.tenant(org_id):
        asked = Export.objects.select_related("org", "subscription__user")
        export = asked.filter(code=code, state=ExportState.MAKING).first()
        if export is not None and not exports.is_still_allowed(export):
            log.info("export not made: the right to it has ended", export=code)
            exports.fail(export)
            return
    if export is None:
        return
    try:
        exports.tidy(export.org)
        with released(), tenancy.tenant(org_id):
            upto = exports.newest_entry(export.org)
        written = exports.write(export, upto=upto)
        with tenancy.tenant(org_id):
            if exports.note(export, written):
                export.refresh_from_db(fields=["rows", "micros"])
                subscriptions.tell(export)
    except Exception:
        log.exception("export failed", export=code)
        with tenancy.tenant(org_id):
            exports.fail(export)


@dramatiq.actor(queue_name=lanes.UPKEEP, max_retries=0, time_limit=600_000)
def make_monthly_exports() -> None:
    """Make the monthly exports that are due. Runs each hour, because a month ends at another hour in each time zone;
    what is made already is not made again."""
    with tenancy.operator():
        living = Organization.objects.filter(deleted_at=None, suspended_at=None)
        ids = list(living.order_by("pk").values_list("pk", flat=True))
    for org_id in ids:
        try:
            with tenancy.tenant(org_id):
                for export in subscriptions.begin_due(Organization.objects.get(pk=org_id)):
                    _queue_up(export)
        except Exception:
            log.exception("monthly exports failed", org=org_id)


def request_export(*, scope: Scope, what: str, form: Format, by: Membership) -> Export:
    """Note an export for a worker to make. A member who may see only their own entries gets only those."""
    scope.org.locked()
    check(what, form)
    making = Export.objects.filter(org=scope.org, maker=by.user, state=ExportState.MAKING)
    if making.filter(created_at__gt=timezone.now() - LONGEST).count() >= MOST_AT_ONCE:
        raise Refused("Three exports are already being made. Wait until one of them is ready.")
    export = Export.objects.create(
        org=scope.org,
        maker=by.user,
        what=what,
        format=form,
        first=scope.span.first,
        last=scope.span.last,
        is_play=scope.is_play,
        only=dict(scope.only),
        user_id=None if by.is_admin else by.user_id,
    )
    details = {"format": form.value, "from": str(export.first), "to": str(export.last), **scope.only}
    audit.record(org=scope.org, by=by.user, action=f"{what}.exported", target=scope.org.name, details=details)
    _queue_up(export)
    return export


def check(what: str, form: Format) -> None:
    if what not in SOURCES:
        raise Refused("There is nothing of this kind to export.")
    if form == Format.FOCUS and what != "ledger":
        raise Refused(ONLY_LEDGER)
