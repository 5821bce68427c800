"""Links for people without an account. The link holds a token; the database finds it by its hash, behind the wall of
whoever shows it, and everything else is then asked inside that organization and through the link's own list."""

from collections.abc import Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.sessions.backends.base import SessionBase
from django.core.cache import cache
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import audit
from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Role
from saas import sealing, tenancy, tokens
from studio.models import Collection, Output, Share, SharedPicture, Visibility
from studio.sorting import named

TOKEN_KIND = "ds"  # noqa: S105 a kind, no secret
SESSION_KEY = "shares"
MOST_PICTURES = 500
MOST_OPEN = 500  # links of an organization
MOST_DAYS = 365
PASSWORD_LENGTH = 6, 128
TRIES, TRIES_SECONDS = 10, 900  # wrong passwords from one address
TRIES_OF_ALL, TRIES_OF_ALL_SECONDS = 100, 3600  # and from everywhere together


class ShareEnded(Refused):
    """Expired, taken back, mistyped, or of an organization that is gone: which, is nobody's business."""

    def __init__(self) -> None:
        super().__init__("This link has ended. Ask whoever sent it for a new one.")


class WrongPassword(Refused):
    def __init__(self) -> None:
        super().__init__("That is not the password.")


class TooManyTries(Refused):
    def __init__(self) -> None:
        super().__init__("Too many wrong passwords. Wait a quarter of an hour.")


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
    """Of exactly these pictures: what joins the collection later is not shared by it."""
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to share pictures.")
    title = named(title, "the link")
    if not outputs:
        raise Refused("Choose at least one picture.")
    if len(outputs) > MOST_PICTURES:
        raise Refused(f"A link shows at most {MOST_PICTURES} pictures.")
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise Refused(f"A link lives from 1 to {MOST_DAYS} days, or until it is taken back.")
    if password and not PASSWORD_LENGTH[0] <= len(password) <= PASSWORD_LENGTH[1]:
        raise Refused(f"The password needs {PASSWORD_LENGTH[0]} characters at least.")
    if open_ones(by).count() >= MOST_OPEN:
        raise Refused(f"There are {MOST_OPEN} open links already. Take some back first.")
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
        raise NotAllowed("Only its maker or an admin can take a link back.")
    if Share.objects.filter(pk=share.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(org=by.org, by=by.user, action="share.revoked", target=share.title)


def open_ones(member: Membership) -> "QuerySet[Share]":
    return member.org.shares.filter(Q(expires_at=None) | Q(expires_at__gt=timezone.now()), revoked_at=None)


def link(share: Share) -> str:
    """Empty where the key that sealed it is gone."""
    try:
        token = sealing.unseal(share.sealed_token, context=f"share:{share.token_hash}").reveal()
    except sealing.CannotUnseal:
        return ""
    return f"{settings.PUBLIC_URL}/s/{token}/"


def find(token: str) -> Share:
    """The open link, with its organization. Whoever shows the token may read just this row."""
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
    """As listed, but for what is in the bin, and what is private to somebody else or to somebody who has left. Needs
    the organization's wall."""
    makers = Membership.objects.filter(org=share.org_id, user=share.maker_id, user__is_active=True).values("user")
    may = Q(visibility=Visibility.TEAM) | Q(maker=share.maker_id, maker__in=makers)
    listed = Output.objects.filter(may, org=share.org_id, shared_pictures__share=share).kept()
    return listed.select_related("run", "composite").order_by("shared_pictures__position")


def count_view(share: Share) -> None:
    Share.objects.filter(pk=share.pk).update(views=F("views") + 1, viewed_at=timezone.now())


def unlock(*, share: Share, password: str, address: str | None, session: SessionBase) -> None:
    """Each try is counted before it is looked at, so tries at the same moment count too."""
    own, everybodys = f"share:{share.code}:{address}", f"share:{share.code}"
    if _tries(own, TRIES_SECONDS) > TRIES or _tries(everybodys, TRIES_OF_ALL_SECONDS) > TRIES_OF_ALL:
        raise TooManyTries
    if not check_password(password[: PASSWORD_LENGTH[1]], share.password):
        raise WrongPassword
    cache.delete(own)
    session[SESSION_KEY] = {**session.get(SESSION_KEY, {}), str(share.code): _proof(share)}


def is_unlocked(share: Share, session: SessionBase) -> bool:
    return not share.password or session.get(SESSION_KEY, {}).get(str(share.code)) == _proof(share)


def _proof(share: Share) -> str:
    """Of this very password: a new one asks again."""
    return salted_hmac("studio.shares", share.password, algorithm="sha256").hexdigest()


def _tries(key: str, seconds: int) -> int:
    cache.add(key, 0, seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # it ran out between the two
        return 1
