"""Send, find, accept and revoke invitations. The link holds a token; the database holds its hash."""

import time
from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.template.loader import render_to_string
from django.utils import timezone

from accounts import audit, mail_outbox
from accounts.errors import NotAllowed, Refused
from accounts.limits import rules
from accounts.models import Invitation, Membership, Organization, Role, User
from accounts.models.invitations import LIFETIME
from saas.crypto import sealing, tokens
from saas.database import tenancy
from saas.storage.redis_cache import counters

SESSION_KEY = "invitation"
TOKEN_KIND = "di"  # noqa: S105 a kind, no secret
MOST_PER_HOUR = 60  # invitations of one organization
HOUR_SECONDS = 3600
LETTERS = ("invitation.sent", "invitation.sent_again")


class InvitationEnded(Refused):
    """The invitation is expired, used, revoked, tampered with, or of an organization that is deleted or suspended."""


def invite(*, org: Organization, by: Membership, email: str, role: Role) -> Invitation:
    org = org.locked()
    _check(org, by, role)
    email = email.strip().lower()
    if org.memberships.filter(user__email__iexact=email).exists():
        raise Refused(f"{email} is already a member.")
    if org.invitations.open().filter(email=email, expires_at__gt=timezone.now()).exists():
        raise Refused(f"{email} has already been invited. Send the invitation again instead.")
    _count_letter(by.user)
    org.invitations.open().filter(email=email).update(revoked_at=timezone.now())  # makes room if it has expired
    token, token_hash = tokens.new_token(TOKEN_KIND)
    invitation = Invitation.objects.create(org=org, email=email, role=role, token_hash=token_hash, invited_by=by.user)
    audit.record(org=org, by=by.user, action="invitation.sent", target=email, details={"role": role.value})
    _send(invitation, token, by.user.display_name)
    return invitation


def send_again(*, invitation: Invitation, by: Membership) -> None:
    """Send the invitation with a new link. The old link stops working."""
    org = invitation.org.locked()
    _check(org, by, Role(invitation.role))
    _count_letter(by.user)
    token, token_hash = tokens.new_token(TOKEN_KIND)
    invitation.expires_at = timezone.now() + LIFETIME
    was_open = (
        org.invitations.open()
        .filter(pk=invitation.pk)
        .update(token_hash=token_hash, expires_at=invitation.expires_at, created_at=timezone.now())
    )
    if not was_open:
        raise InvitationEnded("This invitation is no longer open.")
    audit.record(org=org, by=by.user, action="invitation.sent_again", target=invitation.email)
    _send(invitation, token, by.user.display_name)


def revoke(*, invitation: Invitation, by: Membership) -> None:
    if invitation.org.invitations.open().filter(pk=invitation.pk).update(revoked_at=timezone.now()):
        audit.record(org=invitation.org, by=by.user, action="invitation.revoked", target=invitation.email)


def find(token: str) -> Invitation:
    """Return the open invitation behind a link, with its organization. The token gives access to these alone."""
    if tokens.looks_like_key(token, TOKEN_KIND):
        token_hash = tokens.hash_token(token)
        with tenancy.presented(token_hash):
            invitation = Invitation.objects.open().filter(token_hash=token_hash).first()
        if invitation and not invitation.is_expired:
            with tenancy.tenant(invitation.org_id):
                invitation = Invitation.objects.select_related("org", "invited_by").get(pk=invitation.pk)
            if invitation.org.deleted_at is None and not invitation.org.is_suspended:
                return invitation
    raise InvitationEnded("This invitation has expired, or was used or revoked. Ask for a new one.")


def remember(session: SessionBase, token: str) -> None:
    """Keep the token in the session until the person who opened the link has signed up or in. It is sealed, because
    sessions are rows in the database."""
    session[SESSION_KEY] = sealing.seal(token, context=SESSION_KEY)


def remembered(session: SessionBase) -> str:
    try:
        return sealing.unseal(session.get(SESSION_KEY, ""), context=SESSION_KEY).reveal()
    except sealing.CannotUnseal:
        return ""


def forget(session: SessionBase) -> None:
    session.pop(SESSION_KEY, None)


def is_for(invitation: Invitation, user: User) -> bool:
    """Return whether the person has proved that the invited address is theirs."""
    return bool(EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True).exists())


def accept(*, invitation: Invitation, user: User) -> Membership:
    with tenancy.tenant(invitation.org_id):
        org = invitation.org.locked()
        if not is_for(invitation, user):
            raise NotAllowed(f"This invitation is for {invitation.email}.")
        was_open = (
            org.invitations.open()
            .filter(pk=invitation.pk, token_hash=invitation.token_hash, expires_at__gt=timezone.now())
            .update(accepted_at=timezone.now())
        )
        if not was_open or org.deleted_at or org.is_suspended:
            raise InvitationEnded("This invitation has expired, or was used or revoked. Ask for a new one.")
        member, is_new = Membership.objects.get_or_create(org=org, user=user, defaults={"role": invitation.role})
        if is_new:
            rules.refresh(org)  # a person who rejoins on the same day keeps what they had spent
            audit.record(org=org, by=user, action="member.joined", target=user.email, details={"role": member.role})
        member.org = org  # outside of the wall it could not be loaded
        return member


def _check(org: Organization, by: Membership, role: Role) -> None:
    actor = org.memberships.filter(pk=by.pk).first()
    if actor is None or not actor.is_admin or role.rank > Role.ADMIN.rank:
        raise NotAllowed("Your role does not allow this invitation.")
    # Counted in the audit log, where each mail leaves a row: one invitation sent again and again counts each time.
    an_hour_ago = timezone.now() - timedelta(hours=1)
    if org.audit_entries.filter(action__in=LETTERS, at__gt=an_hour_ago).count() >= MOST_PER_HOUR:
        raise Refused(f"Your organization has sent {MOST_PER_HOUR} invitations within an hour. Try again later.")


def _count_letter(by: User) -> None:
    """Count the mail for the person, across all organizations: founding many must not turn Darkroom into a mail
    relay."""
    name = f"darkroom:invitations:{by.pk}:{int(time.time() // HOUR_SECONDS)}"
    if counters.count(name, 2 * HOUR_SECONDS) > settings.INVITATIONS_AN_HOUR:
        raise Refused(f"You have sent {settings.INVITATIONS_AN_HOUR} invitations within an hour. Try again later.")


def _send(invitation: Invitation, token: str, inviter: str) -> None:
    inviter, organization = mail_outbox.name(inviter), mail_outbox.name(invitation.org.name)
    context = {
        "invitation": invitation,
        "inviter": inviter,
        "organization": organization,
        "link": f"{settings.PUBLIC_URL}/invitations/{token}/",
    }
    subject = f"{inviter} invites you to {organization} on Darkroom"
    body = render_to_string("accounts/mail/invitation.txt", context)
    mail_outbox.send(subject=subject, body=body, to=[invitation.email])
