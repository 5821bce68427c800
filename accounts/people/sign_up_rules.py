"""Decide who may make an account, by SIGN_UP: every person, only people of the issuer, or only invited people."""

from django.conf import settings
from django.http import HttpRequest

from accounts.people import invitations

OPEN, ISSUER = "open", "issuer"


def is_open_for(request: HttpRequest) -> bool:
    """Return whether the browser may see the form. The form itself takes only the invited address where sign-up is
    closed."""
    return settings.SIGN_UP == OPEN or invited_address(request) != ""


def may_use(request: HttpRequest, email: str) -> bool:
    return settings.SIGN_UP == OPEN or email.lower() == invited_address(request)


def is_open_for_issuer(request: HttpRequest, proved: list[str]) -> bool:
    """Return whether a person from the issuer may make an account. `proved` are the addresses that the issuer has
    verified."""
    if settings.SIGN_UP in {OPEN, ISSUER}:
        return True
    return invited_address(request) in {email.lower() for email in proved}


def invited_address(request: HttpRequest) -> str:
    """Return the address of the invitation whose link was opened in this browser, as long as it is open; else ""."""
    try:
        return invitations.find(invitations.remembered(request.session)).email
    except invitations.InvitationEnded:
        return ""
