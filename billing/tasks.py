from datetime import timedelta

import dramatiq
import structlog
from django.utils import timezone

from accounts import audit
from accounts.errors import Refused
from accounts.models import Membership, Organization
from billing import exports, usage
from billing.models import Export, ExportState, Format
from billing.usage import Scope
from saas import tenancy
from saas.broker import enqueue

MOST_AT_ONCE = 3
LONGEST = timedelta(hours=1)  # one that is older was lost

log = structlog.get_logger("darkroom.money")


@dramatiq.actor(max_retries=3, time_limit=600_000)
def fold_usage(org_id: int) -> None:
    with tenancy.tenant(org_id):
        usage.fold(Organization.objects.get(pk=org_id))


@dramatiq.actor(max_retries=2, time_limit=1_800_000)
def make_export(org_id: int, code: str) -> None:
    """May come twice: the file of the second is made again under a name of its own, and only one is noted."""
    with tenancy.tenant(org_id):
        export = Export.objects.select_related("org").filter(code=code, state=ExportState.MAKING).first()
    if export is None:
        return
    try:
        with tenancy.tenant(org_id):
            exports.tidy(export.org)
            upto = exports.newest_entry(export.org)
        with tenancy.tenant(org_id):
            exports.make(export, upto=upto)
    except Exception:
        log.exception("export failed", export=code)
        with tenancy.tenant(org_id):
            exports.fail(export)


def request_export(*, scope: Scope, form: Format, by: Membership) -> Export:
    """A worker makes it. Who sees their own alone gets their own alone."""
    scope.org.locked()
    making = Export.objects.filter(org=scope.org, maker=by.user, state=ExportState.MAKING)
    if making.filter(created_at__gt=timezone.now() - LONGEST).count() >= MOST_AT_ONCE:
        raise Refused("Three exports are being made already. Wait for one of them.")
    export = Export.objects.create(
        org=scope.org,
        maker=by.user,
        format=form,
        first=scope.span.first,
        last=scope.span.last,
        is_play=scope.is_play,
        only=dict(scope.only),
        user_id=None if by.is_admin else by.user_id,
    )
    details = {"format": form.value, "from": str(export.first), "to": str(export.last)}
    audit.record(org=scope.org, by=by.user, action="ledger.exported", target=scope.org.name, details=details)
    enqueue(make_export, scope.org.pk, str(export.code))
    return export
