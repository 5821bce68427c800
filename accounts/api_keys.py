"""Make, list, check and revoke API keys."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import ApiKey, Membership, Organization, ProviderConnection, Role, Scope, User
from saas.crypto import tokens
from saas.database import functions

# The role that a member needs to make a key with this scope, and to use it: a key never has more rights than its maker.
ROLE_FOR_SCOPE = {
    Scope.GENERATE: Role.MEMBER,
    Scope.READ: Role.VIEWER,
    Scope.USAGE: Role.MEMBER,
    Scope.MANAGE: Role.ADMIN,
}
LET_IN = "SELECT accounts_let_in(%(hash)s, %(scope)s, %(roles)s, %(now)s, %(noted_before)s)"
USE_IS_NOTED_EVERY = timedelta(minutes=1)
MOST_KEYS_PER_PERSON = 100


def make(
    *,
    org: Organization,
    by: Membership,
    name: str,
    scopes: list[Scope],
    expires_at: datetime | None = None,
    connection: ProviderConnection | None = None,
) -> tuple[ApiKey, str]:
    """Make a key. Return its row and the token, which is shown this once and cannot be read again."""
    org = org.locked()  # read the rights behind the lock: a member removed just now must leave no key
    maker = org.memberships.filter(pk=by.pk).first()
    if maker is None or any(not maker.is_at_least(ROLE_FOR_SCOPE[scope]) for scope in scopes):
        raise NotAllowed("Your role does not allow a key with these scopes.")
    if org.api_keys.filter(maker=by.user, revoked_at=None).count() >= MOST_KEYS_PER_PERSON:
        raise Refused(f"You already have {MOST_KEYS_PER_PERSON} keys. Revoke one first.")
    if connection is not None and not org.connections.filter(pk=connection.pk, is_offered=True).exists():
        raise Refused("This connection may not be chosen any more. Choose another one.")
    token, token_hash = tokens.new_token()
    key = ApiKey.objects.create(
        org=org,
        name=name,
        prefix=tokens.readable_prefix(token),
        token_hash=token_hash,
        scopes=sorted(scopes),
        maker=by.user,
        expires_at=expires_at,
        connection=connection,
    )
    audit.record(org=org, by=by.user, action="api_key.made", target=str(key), details={"scopes": key.scopes})
    return key, token


def visible_to(member: Membership) -> QuerySet[ApiKey]:
    """Return a member's own keys or, for an admin, the keys of all members."""
    keys = member.org.api_keys.select_related("maker", "connection").order_by(
        F("revoked_at").desc(nulls_first=True), "-created_at"
    )
    return keys if member.is_admin else keys.filter(maker=member.user)


def revoke(*, key: ApiKey, by: Membership) -> None:
    if key.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only the person who made this key or an admin can revoke it.")
    if key.revoke():
        audit.record(org=key.org, by=by.user, action="api_key.revoked", target=str(key))


def revoke_all(*, org: Organization, maker: User, by: User | None) -> None:
    for key in org.api_keys.filter(maker=maker, revoked_at=None):
        if key.revoke():
            audit.record(org=org, by=by, action="api_key.revoked", target=str(key), details={"why": "its maker left"})


def look_up(token: str, scope: Scope) -> dict[str, Any] | None:
    """Return the rows behind a token, by one question: the usable key that it opens, its maker's membership, person and
    organization, and whether the person has a second factor. Return None without asking if format or checksum are
    wrong. If the key may do what `scope` says, this notes its use."""
    if not tokens.looks_like_key(token):
        return None
    now = timezone.now()
    values: dict[str, Any] = {
        "hash": tokens.hash_token(token),
        "scope": scope.value,
        "roles": [role.value for role in Role if role.rank >= ROLE_FOR_SCOPE[scope].rank],
        "now": now,
        "noted_before": now - USE_IS_NOTED_EVERY,
    }
    found: dict[str, Any] | None = functions.ask_whose(LET_IN, values)
    return found
