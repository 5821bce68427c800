"""Make and open share links, which show listed pictures to people without an account.

A link contains a token. Its row is found by the token's hash (row-level security lets a presented hash read just that
row); everything else is then read inside the link's organization and only from the link's own list."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Role
from saas.crypto import sealing, tokens
from saas.database import tenancy
from saas.storage.redis_cache import counters
from studio.gallery.organize import named
from studio.models import Collection, Output, Share, SharedPicture, Visibility

TOKEN_KIND = "ds"  # noqa: S105 a kind, no secret
SESSION_KEY = "shares"
MOST_PICTURES = 500
MOST_OPEN = 500  # links of an organization
MOST_DAYS = 365
PASSWORD_LENGTH = 6, 128
TRIES, TRIES_SECONDS = 10, 900  # passwords tried from one address
TRIES_OF_ALL, TRIES_OF_ALL_SECONDS = 100, 3600  # from all addresses together


class ShareEnded(Refused):
    """The link is expired, revoked, mistyped, or of a closed organization. The visitor must not learn which."""

    def __init__(self) -> None:
        super().__init__("This link no longer works. Ask the person who sent it for a new one.")


class WrongPassword(Refused):
    def __init__(self) -> None:
        super().__init__("That password is wrong.")


class TooManyTries(Refused):
    def __init__(self) -> None:
        super().__init__("Too many wrong passwords. Try again in 15 minutes.")


def make(
    *,
    by: Membership,
    outputs: Sequence[Output],
    title: str,
    days: int | None,
    password: str = "",
    with_prompt: bool = False,
    collection: Collection | None = None,
) -> Share:
    """Create a link to exactly these pictures. Pictures that are added to the collection later are not shared."""
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to share pictures.")
    title = named(title, "the link")
    if not outputs:
        raise Refused("Choose at least one picture.")
    if len(outputs) > MOST_PICTURES:
        raise Refused(f"A link shows at most {MOST_PICTURES} pictures.")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise Refused(f"A link works for 1 to {MOST_DAYS} days, or until it is revoked.")
    if password and not PASSWORD_LENGTH[0] <= len(password) <= PASSWORD_LENGTH[1]:
        raise Refused(f"The password needs at least {PASSWORD_LENGTH[0]} characters.")
    if open_ones(by).count() >= MOST_OPEN:
        raise Refused(f"There are already {MOST_OPEN} open links. Revoke some first.")
    token, token_hash = tokens.new_token(TOKEN_KIND)
    share = Share.objects.create(
        org=by.org,
        maker=by.user,
        collection=collection,
        title=title,
        token_hash=token_hash,
        sealed_token=sealing.seal(token, context=f"share:{token_hash}"),
        password=make_password(password) if password else "",
        with_prompt=with_prompt,
        expires_at=timezone.now() + timedelta(days=days) if days else None,
    )
    SharedPicture.objects.bulk_create(
        SharedPicture(org=by.org, share=share, output=output, position=place) for place, output in enumerate(outputs)
    )
    details = {"pictures": len(outputs), "password": bool(password), "days": days}
    audit.record(org=by.org, by=by.user, action="share.made", target=title, details=details)
    return share


def revoke(*, by: Membership, share: Share) -> None:
    if share.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only the person who made a link or an admin can revoke it.")
    if Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(org=by.org, by=by.user, action="share.revoked", target=share.title)


def open_ones(member: Membership) -> "QuerySet[Share]":
    return member.org.shares.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


def link(share: Share) -> str:
    """Return the link's address, or "" if the key that sealed its token is no longer available."""
    try:
        token = sealing.unseal(share.sealed_token, context=f"share:{share.token_hash}").reveal()
    except sealing.CannotUnseal:
        return ""
    return f"{settings.PUBLIC_URL}/s/{token}/"


def find(token: str) -> Share:
    """Return the open link with its organization. Raise ShareEnded otherwise. The token's hash gives access to just
    this row."""
    if tokens.looks_like_key(token, TOKEN_KIND):
        token_hash = tokens.hash_token(token)
        with tenancy.presented(token_hash):
            found = Share.objects.filter(token_hash=token_hash).first()
        if found and found.is_open:
            with tenancy.tenant(found.org_id):
                share = Share.objects.select_related("org", "maker").get(pk=found.pk)
            if share.org.deleted_at is None and not share.org.is_suspended:
                return share
    raise ShareEnded


def pictures(share: Share) -> "QuerySet[Output]":
    """Return the listed pictures in order, without those in the bin. A private one is shown only if the link's maker
    made it and is still an active member. Needs the organization's wall."""
    makers = Membership.objects.filter(org=share.org_id, user=share.maker_id, user__is_active=True).values("user")
    may = Q(visibility=Visibility.TEAM) | Q(maker=share.maker_id, maker__in=makers)
    listed = Output.objects.filter(may, org=share.org_id, shared_pictures__share=share).not_in_bin()
    return listed.select_related("run", "composite").order_by("shared_pictures__position")


def count_view(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(views=F("views") + 1, viewed_at=timezone.now())


def unlock(*, share: Share, password: str, address: str | None, session: SessionBase) -> None:
    """Check the password and unlock the share in this session. Each try is counted before the check, so that concurrent
    tries cannot exceed the limit."""
    own, everybodys = f"share:{share.code}:{address}", f"share:{share.code}"
    if counters.count(own, TRIES_SECONDS) > TRIES or counters.count(everybodys, TRIES_OF_ALL_SECONDS) > TRIES_OF_ALL:
        raise TooManyTries
    if not check_password(password[: PASSWORD_LENGTH[1]], share.password):
        raise WrongPassword
    counters.delete(own)
    session[SESSION_KEY] = {**session.get(SESSION_KEY, {}), str(share.code): _proof(share)}


def is_unlocked(share: Share, session: SessionBase) -> bool:
    return not share.password or session.get(SESSION_KEY, {}).get(str(share.code)) == _proof(share)


def _proof(share: Share) -> str:
    """Return the session's proof of this password. After a change of password it no longer matches."""
    return salted_hmac("studio.shares", share.password, algorithm="sha256").hexdigest()
