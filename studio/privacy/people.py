"""Erase a person. What the person made for a team stays, under an anonymous account; what was the person's alone is
deleted, and afterwards no table contains one of the person's addresses.

Sign-in is blocked first and the account is changed last, so that an interrupted erasure finds the person again and goes
on. docs/privacy.md says for each table why rows are deleted or stay."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from accounts import mail_outbox
from accounts.errors import Refused
from accounts.models import ApiKey, Invitation, Membership, Organization, Role, User
from accounts.people import members
from saas import broadcast
from saas.database import tenancy
from saas.database.transactions import after_commit
from studio.privacy import belongings, identity, labels, organizations, scrubbing, signed_in
from studio.privacy.belongings import UNFINISHED
from studio.privacy.identity import NAME, Person
from studio.privacy.receipts import Receipt
from studio.privacy.rules import OF_A_PERSON, Fate, is_of_tenant

ERASE = "erase"


class NoOwner(Refused):
    def __init__(self, orgs: list[Organization]) -> None:
        named = ", ".join(f"{org.name} ({org.slug})" for org in orgs)
        super().__init__(
            f"{named} would have no owner. Say what happens to each: --organization SLUG=EMAIL hands it to another "
            "member, --organization SLUG=erase erases it."
        )
        self.orgs = orgs


def preview(email: str) -> Receipt:
    """Count what `erase` would do."""
    person = _known(email)
    return _go(person, really=False)


def erase(email: str, *, owned: Mapping[str, str] | None = None) -> Receipt:
    """Erase a person. `owned` says what happens to organizations without another owner: the e-mail of a member, or
    “erase”. Safe to call again after an interruption."""
    person = _known(email)
    _refuse_held(person)
    receipt = Receipt("person", uuid4())
    _settle_organizations(person, owned or {}, receipt)
    _shut_out(person)
    return _go(person, really=True, receipt=receipt)


def owned_alone(person: Person) -> list[Organization]:
    if person.user is None:
        return []
    with tenancy.person(person.user.pk):
        mine = Membership.objects.filter(user=person.user, role=Role.OWNER, org__deleted_at=None).select_related("org")
        orgs = [member.org for member in mine.order_by("org__slug")]
    return [org for org in orgs if not _has_another_owner(org, person.user)]


def _has_another_owner(org: Organization, user: User) -> bool:
    with tenancy.tenant(org.pk):
        return org.memberships.filter(role=Role.OWNER).exclude(user=user).exists()


def _known(email: str) -> Person:
    person = identity.find(email)
    if person.user and person.user.email.endswith(f"@{identity.DOMAIN}"):
        raise Refused("This person has already been erased.")
    return person


def _refuse_held(person: Person) -> None:
    for org_id in identity.every_organization() if person.user else []:
        with tenancy.tenant(org_id):
            org = Organization.objects.filter(pk=org_id).first()
            is_concerned = belongings.has_any(person, org_id)
        if org and is_concerned:
            organizations.refuse_held(org)


def _settle_organizations(person: Person, owned: Mapping[str, str], receipt: Receipt) -> None:
    alone = owned_alone(person)
    if unsaid := [org for org in alone if org.slug not in owned]:
        raise NoOwner(unsaid)
    heirs = {org.pk: _heir(org, person, owned[org.slug]) for org in alone if owned[org.slug] != ERASE}
    for org in alone:  # a mistake in `owned` is refused above, before anything is changed
        if org.pk in heirs:
            with tenancy.tenant(org.pk):
                mine = Membership.objects.select_related("org", "user").get(org=org, user=person.user)
                members.transfer(by=mine, to=heirs[org.pk])
            receipt.counts["organizations handed over"] += 1
        else:
            organizations.erase(org)
            receipt.counts["organizations erased"] += 1


def _heir(org: Organization, person: Person, email: str) -> Membership:
    with tenancy.tenant(org.pk):
        found = org.memberships.filter(user__email=email.strip().lower()).exclude(user=person.user)
        member = found.select_related("org", "user").first()
    if member is None:
        raise Refused(f"{org.name} ({org.slug}) has no other member {email}. Nothing is erased.")
    return member


def _shut_out(person: Person) -> None:
    """Block the account and close its sockets, so that no new data comes in during the erasure."""
    if person.user is None:
        return
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=person.user.pk)
        user.is_active = user.is_staff = user.is_superuser = False
        user.set_unusable_password()
        user.save(update_fields=["is_active", "is_staff", "is_superuser", "password"])
        after_commit(broadcast.announce, broadcast.person_everywhere(user.pk), {"type": "access.ended"})


def _go(person: Person, *, really: bool, receipt: Receipt | None = None) -> Receipt:
    """Erase the person or, unless `really`, only count what would be done."""
    receipt = receipt or Receipt("person", uuid4())
    receipt.counts["sessions"] += signed_in.end(person, really=really)
    for org_id in identity.every_organization():
        _in_organization(person, org_id, receipt, really=really)
    receipt.counts["mails"] += mail_outbox.forget(person.addresses, really=really)
    receipt.counts["other texts"] += scrubbing.beside_organizations(person, really=really)
    receipt.counts["operator's log"] += labels.in_operators_log(person, really=really)
    receipt.counts["unproved claims"] += _claims(person, really=really)
    # While something is still being made, the account stays, because the next call finds the person by it.
    if person.user is not None and not receipt.stays[UNFINISHED]:
        _account(person, person.user, receipt, really=really)
    return receipt


def _claims(person: Person, *, really: bool) -> int:
    """Delete other accounts' unverified claims to the person's addresses. Return how many there are."""
    claims = EmailAddress.objects.filter(email__in=person.addresses, verified=False)
    claims = claims.exclude(user=person.user) if person.user else claims
    found: int = claims.count()
    if really:
        claims.delete()
    return found


def _in_organization(person: Person, org_id: int, receipt: Receipt, *, really: bool) -> None:
    if person.user is not None:
        belongings.erase(person.user, org_id, receipt, really=really)
        receipt.counts["labels"] += labels.in_organization(person, org_id, really=really)
    with tenancy.tenant(org_id):
        invited = Invitation.objects.filter(org=org_id, email__in=person.addresses)
        receipt.counts["invitations"] += invited.count()
        if really:
            invited.delete()
    receipt.counts["texts"] += scrubbing.everywhere(person, org_id, really=really)
    if person.user is not None:
        _leave(person.user, org_id, receipt, really=really)
        if really:  # leaving has added entries to the audit log
            labels.in_organization(person, org_id, really=True)


def _leave(user: User, org_id: int, receipt: Receipt, *, really: bool) -> None:
    with tenancy.tenant(org_id):
        receipt.counts["API keys"] += ApiKey.objects.filter(org=org_id, maker=user, revoked_at=None).count()
        member = Membership.objects.filter(org=org_id, user=user).select_related("org", "user").first()
        receipt.counts["memberships"] += member is not None
        if member is not None and really:
            members.erase(member=member)


def _account(person: Person, user: User, receipt: Receipt, *, really: bool) -> None:
    with transaction.atomic():
        owned: dict[str, Any] = {
            "e-mail addresses": EmailAddress.objects.filter(user=user),
            "accounts at an issuer": SocialAccount.objects.filter(user=user),
            "second factors": Authenticator.objects.filter(user=user),
            **{
                model._meta.label_lower: model._default_manager.filter(**{field: user})
                for (model, field), fate in OF_A_PERSON.items()
                if fate == Fate.GOES and not is_of_tenant(model)
            },
        }
        for name, rows in owned.items():
            receipt.counts[name] += rows.count()
            if really:
                rows.delete()
        receipt.counts["accounts"] += 1
        if not really:
            return
        told = LogEntry.objects.filter(content_type=ContentType.objects.get_for_model(User), object_id=str(user.pk))
        told.update(object_repr=NAME)
        changed = {"email": person.new_email, "name": NAME, "code": uuid4(), "look": "system", "last_login": None}
        User.objects.filter(pk=user.pk).update(**changed)
