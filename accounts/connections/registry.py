"""Add, change and remove provider connections, and note their health. A key is sealed to its row: copied to another row
or tenant, it does not open."""

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from accounts import audit
from accounts.connections import circuit
from accounts.errors import NotAllowed, Refused
from accounts.models import Health, Membership, Organization, ProviderConnection, ProviderKind, User
from accounts.models.connections import TEXT_MODEL
from accounts.models.provider_kinds import KINDS, offered
from saas.crypto import sealing
from saas.crypto.sealing import Secret
from saas.outbound import guarded_http

LONG_ENOUGH_TO_HINT = 16
NOTHING_TO_ENTER = "This kind of connection needs nothing but a name."
HEALTH_FIELDS = [
    "health",
    "health_sentence",
    "health_checked_at",
    "latency_milliseconds",
    "image_models",
    "has_streamed",
]
WHERE_FIELDS = {"base_url", "openai_organization", "openai_project"}  # if one of these changes, the health is unknown


class BadConnection(Refused):
    """A refused value. `field` names the form field beside which the sentence belongs."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, kw_only=True)
class Terms:
    """How a connection is used: fields of the row, under the same names."""

    calls_at_once: int | None = None
    deadline_seconds: int | None = None
    can_stream: bool = True
    can_respond: bool = True
    text_model: str = TEXT_MODEL
    position: int | None = None
    is_offered: bool = False
    projects: tuple[str, ...] = ()


AS_USUAL = Terms()


def check_base_url(kind: str, base_url: str) -> str:
    if KINDS[kind].is_built_in:
        return ""
    if not base_url and KINDS[kind].usual_url:
        return KINDS[kind].usual_url
    try:
        return guarded_http.check_url(base_url, allowed_hosts=settings.PROVIDER_ALLOWED_HOSTS)
    except guarded_http.UnsafeURL as error:
        raise BadConnection("base_url", str(error)) from error


def add_sandbox(*, org: Organization, by: User) -> ProviderConnection:
    return ProviderConnection.objects.create(
        org=org, name="Sandbox", kind=ProviderKind.SANDBOX, is_default=True, made_by=by
    )


def add_operators(*, org: Organization, by: User) -> None:
    """Add the connection with the operator's key as the default, if the operator lends one: then a new organization
    makes real pictures at once."""
    if settings.OPENAI_API_KEY:
        org.connections.filter(is_default=True).update(is_default=False)
        ProviderConnection.objects.create(
            org=org, name="OpenAI", kind=ProviderKind.OPERATOR, is_default=True, made_by=by
        )


@dataclass(frozen=True)
class Address:
    """Where a connection leads, and with which key."""

    base_url: str
    key: Secret | None
    allowed_hosts: tuple[str, ...]  # private hosts that may be reached all the same


class NothingLent(Exception):
    """The operator no longer lends the key that this connection used."""


def address_of(connection: ProviderConnection) -> Address:
    """Return where a worker is about to call, and with which key. Raise CannotUnseal or NothingLent."""
    if connection.kind == ProviderKind.SANDBOX:
        key = Secret(f"{settings.SANDBOX_KEY}.{connection.org_id}")  # the sandbox lets organizations take turns
        return Address(settings.SANDBOX_URL, key, (settings.SANDBOX_HOST,))
    if connection.kind == ProviderKind.OPERATOR:
        if not settings.OPENAI_API_KEY:
            raise NothingLent
        host = urlsplit(settings.OPENAI_BASE_URL).netloc  # the operator's own choice, inside or outside
        return Address(settings.OPENAI_BASE_URL, Secret(settings.OPENAI_API_KEY), (host,))
    own = reveal_key(connection) if connection.has_key else None
    return Address(connection.base_url, own, tuple(settings.PROVIDER_ALLOWED_HOSTS))


def add(
    *,
    org: Organization,
    by: Membership,
    name: str,
    kind: str,
    base_url: str = "",
    key: str = "",
    openai_organization: str = "",
    openai_project: str = "",
    terms: Terms = AS_USUAL,
) -> ProviderConnection:
    base_url = check_base_url(kind, base_url)
    if kind not in offered():
        raise BadConnection("kind", "There is no such kind of connection.")
    if KINDS[kind].needs_key and not key:
        raise BadConnection("key", f"{KINDS[kind].title} needs a key.")
    if KINDS[kind].is_built_in and (key or openai_organization or openai_project):
        raise BadConnection("key", NOTHING_TO_ENTER)
    org = org.locked()
    if org.connections.filter(name=name).exists():
        raise BadConnection("name", "Another connection has this name.")
    _refuse_taken_projects(org, terms)
    connection = ProviderConnection(
        org=org,
        name=name,
        kind=kind,
        base_url=base_url,
        openai_organization=openai_organization,
        openai_project=openai_project,
        made_by=by.user,
        **_stored(terms),
    )
    _seal(connection, key)
    connection.save()
    circuit.note_standbys(org)
    audit.record(org=org, by=by.user, action="connection.added", target=name, details={"kind": kind})
    return connection


def change(
    *,
    connection: ProviderConnection,
    by: Membership,
    name: str,
    base_url: str,
    openai_organization: str,
    openai_project: str,
    key: str = "",
    terms: Terms | None = None,
) -> None:
    """Change a connection. A new address asks for the key again, because a key must only go where it was meant to go.
    Without `terms`, the terms stay."""
    connection = _behind_lock(connection)
    if connection.traits.is_built_in and (key or openai_organization or openai_project):
        raise BadConnection("key", NOTHING_TO_ENTER)
    base_url = check_base_url(connection.kind, base_url)
    if base_url != connection.base_url and connection.has_key and not key:
        raise BadConnection("key", "The address has changed, so enter the key again.")
    if connection.org.connections.filter(name=name).exclude(pk=connection.pk).exists():
        raise BadConnection("name", "Another connection has this name.")
    _refuse_taken_projects(connection.org, terms, but=connection)
    new_values = {
        "name": name,
        "base_url": base_url,
        "openai_organization": openai_organization,
        "openai_project": openai_project,
        **(_stored(terms) if terms else {}),
    }
    changed = [field for field, value in new_values.items() if getattr(connection, field) != value]
    for field in changed:
        setattr(connection, field, new_values[field])
    if key:
        _seal(connection, key)
        audit.record(org=connection.org, by=by.user, action="connection.key_replaced", target=name)
    if changed:
        audit.record(
            org=connection.org,
            by=by.user,
            action="connection.changed",
            target=name,
            details={"fields": changed},
        )
    if key or WHERE_FIELDS.intersection(changed):
        _forget_health(connection)
        circuit.forget(connection)
    if changed or key:
        connection.save(update_fields=[*changed, "sealed_key", "key_hint", *HEALTH_FIELDS])
    if "position" in changed:
        circuit.note_standbys(connection.org)


def make_default(*, connection: ProviderConnection, by: Membership) -> None:
    connection = _behind_lock(connection)
    connection.org.connections.filter(is_default=True).exclude(pk=connection.pk).update(is_default=False)
    if connection.org.connections.filter(pk=connection.pk, is_default=False).update(is_default=True):
        audit.record(org=connection.org, by=by.user, action="connection.made_default", target=connection.name)


def remove(*, connection: ProviderConnection, by: Membership) -> None:
    connection = _behind_lock(connection)
    if connection.is_default:
        raise Refused("This is the default connection. Make another one the default first.")
    if connection.projects:
        raise Refused(f"The project “{connection.projects[0]}” uses this connection. Take it away from here first.")
    used_by = connection.org.api_keys.usable(timezone.now()).filter(connection=connection).first()
    if used_by is not None:
        raise Refused(f"The API key {used_by.name} uses this connection. Revoke the key first.")
    circuit.forget(connection)
    connection.delete()
    circuit.note_standbys(by.org)
    audit.record(org=by.org, by=by.user, action="connection.removed", target=connection.name)


def offered_in(org: Organization) -> QuerySet[ProviderConnection]:
    """Select the connections that members may choose for a run, a preset or an API key."""
    return org.connections.filter(is_offered=True).order_by("name")


def reveal_key(connection: ProviderConnection) -> Secret:
    """Unseal the key, only for a worker that is about to call the provider."""
    return sealing.unseal(connection.sealed_key, context=_context(connection))


def reseal(connection: ProviderConnection) -> bool:
    """Seal the key under the newest encryption key. Return whether anything changed."""
    if not connection.has_key:
        return False
    connection.sealed_key, was_changed = sealing.reseal(connection.sealed_key, context=_context(connection))
    if was_changed:
        connection.save(update_fields=["sealed_key"])
    return was_changed


def note_health(
    connection: ProviderConnection,
    *,
    health: Health,
    sentence: str,
    latency_milliseconds: int | None = None,
    image_models: list[str] | None = None,
) -> bool:
    """End the test that had begun when `connection` was read. Return False and write nothing if the connection was
    removed, changed or tested again meanwhile: the provider's answer says nothing about it then."""
    began = ProviderConnection.objects.filter(
        pk=connection.pk, health=Health.TESTING, health_checked_at=connection.health_checked_at
    )
    values = {"health": health, "health_sentence": sentence[:300], "health_checked_at": timezone.now()}
    learnt = {"latency_milliseconds": latency_milliseconds, "image_models": image_models}
    return began.update(**values, **learnt) == 1


def learn_trouble(connection: ProviderConnection, *, sentence: str) -> None:
    """Mark a connection as failing after a real call, which shows what no test can: that the balance is used up, or
    that the organization is not verified. Do nothing while another session changes or tests the connection."""
    stored = _behind_row(connection)
    if stored is not None and stored.health != Health.TESTING:
        _set_health(stored, Health.FAILING, sentence)
        stored.save(update_fields=HEALTH_FIELDS)


def knows_success(connection: ProviderConnection, *, has_streamed: bool | None) -> bool:
    """Return whether `learn_success` would change nothing."""
    return connection.health != Health.FAILING and has_streamed in {None, connection.has_streamed}


def learn_success(connection: ProviderConnection, *, has_streamed: bool | None) -> None:
    """Mark a failing connection as working after a picture came, and note whether the picture was streamed. Do nothing
    if another session is changing the connection: the next picture shows the same."""
    stored = _behind_row(connection)
    if stored is None or knows_success(stored, has_streamed=has_streamed):
        return
    if stored.health == Health.FAILING:
        _set_health(stored, Health.OK, "A picture arrived.")
    if has_streamed is not None:
        stored.has_streamed = has_streamed
    stored.save(update_fields=HEALTH_FIELDS)


def _behind_row(connection: ProviderConnection) -> ProviderConnection | None:
    """Lock the connection as it is stored, without waiting. Return None if another session has it, or if its key is
    another by now: the call says nothing about that one. A burst of calls must not wait in a row for what one of them
    says as well."""
    same_place = ProviderConnection.objects.filter(pk=connection.pk, sealed_key=connection.sealed_key)
    return same_place.select_for_update(skip_locked=True, no_key=True).first()


def _set_health(connection: ProviderConnection, health: Health, sentence: str) -> None:
    connection.health, connection.health_sentence = health, sentence[:300]
    connection.health_checked_at = timezone.now()


def _behind_lock(connection: ProviderConnection) -> ProviderConnection:
    """Return the row as stored now, behind the organization's lock: it may have changed since a page showed it, and a
    key that was entered for one address must not end up beside another."""
    found = connection.org.locked().connections.filter(pk=connection.pk).first()
    if found is None:
        raise NotAllowed("This connection no longer exists.")
    return found


def _stored(terms: Terms) -> dict[str, Any]:
    return {**asdict(terms), "projects": list(terms.projects)}


def _refuse_taken_projects(org: Organization, terms: Terms | None, *, but: ProviderConnection | None = None) -> None:
    if terms is None or not terms.projects:
        return
    others = org.connections.filter(projects__overlap=list(terms.projects))
    taken = (others.exclude(pk=but.pk) if but else others).first()
    if taken is not None:
        project = next(one for one in terms.projects if one in taken.projects)
        raise BadConnection("projects", f"The project “{project}” uses {taken.name} already.")


def _seal(connection: ProviderConnection, key: str) -> None:
    connection.sealed_key = sealing.seal(key, context=_context(connection)) if key else ""
    connection.key_hint = key[-4:] if len(key) >= LONG_ENOUGH_TO_HINT else ""


def _forget_health(connection: ProviderConnection) -> None:
    connection.health, connection.health_sentence, connection.health_checked_at = Health.UNKNOWN, "", None
    connection.latency_milliseconds = connection.image_models = connection.has_streamed = None


def _context(connection: ProviderConnection) -> str:
    return f"connection:{connection.org.code}:{connection.code}"
