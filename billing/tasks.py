import dramatiq
import structlog
from django.utils import timezone

from accounts import audit
from accounts.errors import Refused
from accounts.models import Membership, Organization
from billing import exports, folding, subscriptions
from billing.exports import LONGEST
from billing.models import Export, ExportState, Format
from billing.sources import SOURCES
from billing.usage import Scope
from saas import tenancy
from saas.broker import enqueue

MOST_AT_ONCE = 3
# In a FOCUS file each row is a charge, whatever was asked for.
ONLY_LEDGER = "FOCUS is a format of the ledger. Choose the ledger, or another format for runs."

log = structlog.get_logger("darkroom.money")


@dramatiq.actor(max_retries=3, time_limit=600_000)
def fold_usage(org_id: int) -> None:
    with tenancy.tenant(org_id):
        folding.fold(Organization.objects.get(pk=org_id))


@dramatiq.actor(max_retries=2, time_limit=1_800_000)
def make_export(org_id: int, code: str) -> None:
    """May come twice: the file of the second is made again under a name of its own, and only one is noted."""
    with tenancy.tenant(org_id):
        asked = Export.objects.select_related("org", "subscription__user")
        export = asked.filter(code=code, state=ExportState.MAKING).first()
        if export is not None and not exports.is_still_allowed(export):
            log.info("export not made: the right to it is gone", export=code)
            exports.fail(export)
            return
    if export is None:
        return
    try:
        with tenancy.tenant(org_id):
            exports.tidy(export.org)
            upto = exports.newest_entry(export.org)
        with tenancy.tenant(org_id):
            if exports.make(export, upto=upto):
                export.refresh_from_db(fields=["rows", "micros"])
                subscriptions.tell(export)
    except Exception:
        log.exception("export failed", export=code)
        with tenancy.tenant(org_id):
            exports.fail(export)


@dramatiq.actor(max_retries=0, time_limit=600_000)
def make_monthly_exports() -> None:
    """Each hour, since a month ends at another hour in each time zone. What is made already is not made again."""
    with tenancy.operator():
        living = Organization.objects.filter(deleted_at=None, suspended_at=None)
        ids = list(living.order_by("pk").values_list("pk", flat=True))
    for org_id in ids:
        try:
            with tenancy.tenant(org_id):
                for due in subscriptions.begin_due(Organization.objects.get(pk=org_id)):
                    enqueue(make_export, org_id, due.code)
        except Exception:
            log.exception("monthly exports failed", org=org_id)


def request_export(*, scope: Scope, what: str, form: Format, by: Membership) -> Export:
    """A worker makes it. Who sees their own alone gets their own alone."""
    scope.org.locked()
    check(what, form)
    making = Export.objects.filter(org=scope.org, maker=by.user, state=ExportState.MAKING)
    if making.filter(created_at__gt=timezone.now() - LONGEST).count() >= MOST_AT_ONCE:
        raise Refused("Three exports are being made already. Wait for one of them.")
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
    enqueue(make_export, scope.org.pk, str(export.code))
    return export


def check(what: str, form: Format) -> None:
    if what not in SOURCES:
        raise Refused("There is nothing of this kind to export.")
    if form == Format.FOCUS and what != "ledger":
        raise Refused(ONLY_LEDGER)
