"""Found, change, suspend and delete organizations. Except where a function opens the wall itself, the caller has opened
it."""

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.connections import registry
from accounts.errors import NotAllowed, Refused
from accounts.limits import operator_key
from accounts.models import Membership, Organization, Role, User
from accounts.people import founding_limits
from accounts.webhooks import delivery
from saas import broadcast
from saas.database import tenancy
from saas.database.transactions import after_commit

# Words that are used, or may be used, beside organizations in an address, a subdomain or a mail name.
RESERVED_SLUGS = frozenset(
    """
    about account accounts admin administrator api app apps archive assets auth billing blog bot cdn
    contact darkroom dashboard demo-data design dev developer developers docs download edit email export
    features feedback files ftp gallery health healthz help home host http https image images img info
    invitations invite invoice legal live localhost login logout mail manage me media metrics money new
    news none null oauth ops operator org organization organizations owner password ping pricing privacy
    profile public readyz register robots root sandbox search security server service settings setup
    share shop signin signout signup ssl staff static status studio support sysadmin system team terms
    test undefined usage user users v1 v2 webhook webhooks webmaster well-known ws www
    """.split()  # noqa: SIM905 a list of quoted words is harder to read
)
SHORTEST_SLUG = 2


class SlugTaken(Refused):
    pass


@transaction.atomic
def found(*, name: str, slug: str, by: User, is_limited: bool = True) -> Organization:
    """Found an organization, with its founder as owner, on the sandbox until a key is entered or lent. Raise
    FoundingClosed, TooManyFounded or SlugTaken."""
    founding_limits.lock(by)
    if is_limited:
        founding_limits.check(by)
    if slug in RESERVED_SLUGS:
        raise SlugTaken("This address is reserved. Choose another.")
    org_id, is_first = _next_id(), founding_limits.is_first(by)
    founding_limits.note(org_id=org_id, by=by)
    # An organization can only be written from inside its own wall, so draw its id first.
    with tenancy.tenant(org_id):
        org = _insert(org_id, name=name, slug=slug, has_usual_loan=is_first)
        Membership.objects.create(org=org, user=by, role=Role.OWNER)
        audit.record(org=org, by=by, action="organization.founded", target=name)
        registry.add_sandbox(org=org, by=by)
        if operator_key.is_offered(org):
            registry.add_operators(org=org, by=by)
    return org


def _next_id() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('accounts_organization', 'id'))")
        return int(cursor.fetchone()[0])


def _insert(org_id: int, *, name: str, slug: str, has_usual_loan: bool) -> Organization:
    """Insert the row. The wall hides other tenants' slugs from a look-up, so the insert itself asks the unique
    index."""
    now = timezone.now()
    org = Organization(pk=org_id, name=name, slug=slug, has_usual_loan=has_usual_loan, created_at=now)
    created = Organization.objects.bulk_create([org], ignore_conflicts=True)[0]
    if not Organization.objects.filter(pk=org_id).exists():
        raise SlugTaken("This address is taken. Choose another.")
    return created


def rename(*, org: Organization, by: Membership, name: str) -> None:
    before = org.name
    org.name = name
    org.save(update_fields=["name"])
    audit.record(org=org, by=by.user, action="organization.renamed", target=name, details={"before": before})


def require_second_factor(*, org: Organization, by: Membership, is_required: bool) -> None:
    if org.requires_second_factor == is_required:
        return
    org.requires_second_factor = is_required
    org.save(update_fields=["requires_second_factor"])
    word = "required" if is_required else "optional"
    audit.record(org=org, by=by.user, action=f"organization.second_factor_{word}", target=org.name)
    after_commit(
        broadcast.announce, broadcast.org_group(org.pk), {"type": "access.ended"}
    )  # those with one reconnect at once


def set_time_zone(*, org: Organization, by: Membership, time_zone: str) -> None:
    """Set the time zone. From now on, days and months begin at midnight there."""
    before = org.time_zone
    if time_zone == before:
        return
    org.time_zone = time_zone
    org.save(update_fields=["time_zone"])
    audit.record(
        org=org,
        by=by.user,
        action="organization.time_zone_set",
        target=org.name,
        details={"before": before, "after": time_zone},
    )


def set_default_model(*, org: Organization, by: Membership, model: str) -> None:
    """Set the model of requests that name none. Empty: as usual."""
    before = org.default_model
    if model == before:
        return
    org.default_model = model
    org.save(update_fields=["default_model"])
    audit.record(
        org=org,
        by=by.user,
        action="organization.model_set",
        target=org.name,
        details={"before": before or "as usual", "after": model or "as usual"},
    )


def delete(*, org: Organization, by: Membership) -> None:
    """Delete the organization: hidden from all members at once, keys stop working, rows stay until the operator erases
    them."""
    locked = org.locked()
    if not Membership.objects.filter(pk=by.pk, role=Role.OWNER).exists():
        raise NotAllowed("Only an owner can delete the organization.")
    _delete(locked, by=by.user)


def close(*, org: Organization) -> None:
    """Delete the organization as the operator, unless its owner has done so already."""
    locked = org.locked()
    if locked.deleted_at is None:
        _delete(locked, by=None)


def _delete(locked: Organization, *, by: User | None) -> None:
    now = timezone.now()
    locked.deleted_at = now
    locked.save(update_fields=["deleted_at"])
    founding_limits.end(org_id=locked.pk)
    delivery.end_all(locked)
    locked.api_keys.filter(revoked_at=None).update(revoked_at=now)
    locked.invitations.open().update(revoked_at=now)
    audit.record(org=locked, by=by, action="organization.deleted", target=locked.name)
    after_commit(broadcast.announce, broadcast.org_group(locked.pk), {"type": "access.ended"})


def suspend(*, org: Organization, by: User) -> None:
    """Suspend the organization as the operator: it keeps everything and can do nothing."""
    with tenancy.tenant(org.pk):
        if Organization.objects.filter(pk=org.pk, suspended_at=None).update(suspended_at=timezone.now()):
            audit.record(org=org, by=by, action="operator.suspended", target=org.name)
            after_commit(broadcast.announce, broadcast.org_group(org.pk), {"type": "access.ended"})


def restore(*, org: Organization, by: User) -> None:
    with tenancy.tenant(org.pk):
        if Organization.objects.filter(pk=org.pk).exclude(suspended_at=None).update(suspended_at=None):
            audit.record(org=org, by=by, action="operator.restored", target=org.name)


def limit_calls(*, org: Organization, by: User | None, most: int | None) -> None:
    """Set as the operator how many of the organization's pictures are made at once. None: the usual number."""
    if most is not None and most < 1:
        raise Refused("The limit is at least one picture at once. To stop an organization, suspend it.")
    with tenancy.tenant(org.pk):
        changed = Organization.objects.filter(pk=org.pk).exclude(calls_at_once=most)
        if changed.update(calls_at_once=most):
            details = {"at once": "as usual" if most is None else most}
            audit.record(org=org, by=by, action="operator.calls_limited", target=org.name, details=details)


def address(org: Organization) -> str:
    return f"{settings.PUBLIC_URL}/o/{org.slug}/"
