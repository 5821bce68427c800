"""Make, list, check and revoke API keys."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import ApiKey, Membership, Organization, Role, Scope, User
from saas.crypto import tokens
from saas.database import tenancy

# The role that a member needs to make a key with this scope, and to use it: a key never has more rights than its maker.
ROLE_FOR_SCOPE = {
    Scope.GENERATE: Role.MEMBER,
    Scope.READ: Role.VIEWER,
    Scope.USAGE: Role.MEMBER,
    Scope.MANAGE: Role.ADMIN,
}
USE_IS_NOTED_EVERY = timedelta(minutes=1)
MOST_KEYS_PER_PERSON = 100


def make(
    *, org: Organization, by: Membership, name: str, scopes: list[Scope], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key. Return its row and the token, which is shown this once and cannot be read again."""
    org = org.locked()  # read the rights behind the lock: a member removed just now must leave no key
    maker = org.memberships.filter(pk=by.pk).first()
    if maker is None or any(not maker.is_at_least(ROLE_FOR_SCOPE[scope]) for scope in scopes):
        raise NotAllowed("Your role does not allow a key with these scopes.")
    if org.api_keys.filter(maker=by.user, revoked_at=None).count() >= MOST_KEYS_PER_PERSON:
        raise Refused(f"You already have {MOST_KEYS_PER_PERSON} keys. Revoke one first.")
    token, token_hash = tokens.new_token()
    key = ApiKey.objects.create(
        org=org,
        name=name,
        prefix=tokens.readable_prefix(token),
        token_hash=token_hash,
        scopes=sorted(scopes),
        maker=by.user,
        expires_at=expires_at,
    )
    audit.record(org=org, by=by.user, action="api_key.made", target=str(key), details={"scopes": key.scopes})
    return key, token


def visible_to(member: Membership) -> QuerySet[ApiKey]:
    """Return a member's own keys or, for an admin, the keys of all members."""
    keys = member.org.api_keys.select_related("maker").order_by(F("revoked_at").desc(nulls_first=True), "-created_at")
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


@contextmanager
def presented(token: str) -> Iterator[ApiKey | None]:
    """Yield the usable key that this token opens, or None, inside a wall of its own. Check format and checksum before
    asking the database."""
    if not tokens.looks_like_key(token):
        yield None
        return
    token_hash = tokens.hash_token(token)
    with tenancy.presented(token_hash):
        yield ApiKey.objects.usable(timezone.now()).filter(token_hash=token_hash).first()


def note_use(key: ApiKey) -> None:
    now = timezone.now()
    if key.last_used_at and key.last_used_at >= now - USE_IS_NOTED_EVERY:
        return
    stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USE_IS_NOTED_EVERY)
    ApiKey.objects.filter(stale, pk=key.pk).update(last_used_at=now)
