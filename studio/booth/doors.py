"""Open the doors for people without an account: a kiosk's, to its event, and a guest's, to one capture.

Each is found by the hash of its token (row-level security lets a presented hash read just that row); everything else is
then read inside the organization, and only from that event or capture."""

from django.conf import settings
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import Organization
from saas.crypto import sealing, tokens
from saas.database import tenancy
from studio.models import Capture, Event

KIOSK, GUEST = "db", "dg"  # kinds of tokens


class DoorClosed(Refused):
    """The link is mistyped, replaced, deleted, or of a closed organization. The visitor must not learn which."""

    def __init__(self) -> None:
        super().__init__("This link does not work, or no longer. Ask the staff.")


def event_of(token: str) -> Event:
    """Return the event of a kiosk's token, also of one that has ended. Raise DoorClosed."""
    if tokens.looks_like_key(token, KIOSK):
        token_hash = tokens.hash_token(token)
        with tenancy.presented(token_hash):
            found = Event.objects.filter(token_hash=token_hash).values_list("org", "pk").first()
        if found:
            with tenancy.tenant(found[0]):
                event = Event.objects.select_related("org", "maker", "budget", "logo", "overlay").get(pk=found[1])
            if _is_alive(event.org):
                return event
    raise DoorClosed


def capture_of(token: str) -> Capture:
    """Return the capture of a guest's token. Raise DoorClosed once it is deleted or its time is over."""
    if tokens.looks_like_key(token, GUEST):
        token_hash = tokens.hash_token(token)
        with tenancy.presented(token_hash):
            found = Capture.objects.not_deleted().filter(token_hash=token_hash).values_list("org", "pk").first()
        if found:
            with tenancy.tenant(found[0]):
                capture = Capture.objects.select_related("org", "event__overlay", "run").get(pk=found[1])
            if _is_alive(capture.org) and capture.kept_until > timezone.now():
                return capture
    raise DoorClosed


def new_token(kind: str) -> dict[str, str]:
    """Return the columns of a new token."""
    token, token_hash = tokens.new_token(kind)
    return {"token_hash": token_hash, "sealed_token": sealing.seal(token, context=f"{kind}:{token_hash}")}


def kiosk_link(event: Event) -> str:
    return _link("b", KIOSK, event)


def guest_link(capture: Capture) -> str:
    return _link("g", GUEST, capture)


def _link(path: str, kind: str, of: Event | Capture) -> str:
    """Return the address, or "" if the key that sealed the token is no longer available."""
    try:
        token = sealing.unseal(of.sealed_token, context=f"{kind}:{of.token_hash}").reveal()
    except sealing.CannotUnseal:
        return ""
    return f"{settings.PUBLIC_URL}/{path}/{token}/"


def _is_alive(org: Organization) -> bool:
    return org.deleted_at is None and not org.is_suspended
