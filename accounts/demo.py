"""Make an organization to try Darkroom with: one owner, one key, the sandbox. It is made or found; each call gives a
fresh password and a fresh key, and says which former ones stop working."""

import secrets
from typing import TypedDict

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction

from accounts import api_keys
from accounts.connections import registry
from accounts.models import Membership, Organization, ProviderKind, Scope, User
from accounts.people import organizations
from saas.database import tenancy

EMAIL = "demo@darkroom.invalid"
SLUG = "demo"
KEY_NAME = "Demo"


class Demo(TypedDict):
    url: str
    email: str
    password: str
    org: str
    api_key: str
    revoked: list[str]  # how the keys begin that stop working
    password_changed: bool  # of an account that was there before


def make() -> Demo:
    password = secrets.token_urlsafe(12)
    with transaction.atomic():
        owner, is_new = _owner(password)
        member = _membership(owner)
        with tenancy.tenant(member.org_id):
            former = list(member.org.api_keys.filter(maker=owner, name=KEY_NAME, revoked_at=None).order_by("pk"))
            for old in former:
                api_keys.revoke(key=old, by=member)
            _, token = api_keys.make(org=member.org, by=member, name=KEY_NAME, scopes=list(Scope))
    return {
        "url": settings.PUBLIC_URL,
        "email": EMAIL,
        "password": password,
        "org": SLUG,
        "api_key": token,
        "revoked": [old.prefix for old in former],
        "password_changed": not is_new,
    }


def _owner(password: str) -> tuple[User, bool]:
    """Return the owner and whether the account is new."""
    former = User.objects.filter(email=EMAIL).first()
    owner = former or User.objects.create_user(EMAIL, name="Demo")
    owner.set_password(password)
    owner.save(update_fields=["password"])
    EmailAddress.objects.get_or_create(user=owner, email=EMAIL, defaults={"verified": True, "primary": True})
    return owner, former is None


def _membership(owner: User) -> Membership:
    with tenancy.person(owner.pk):
        found = (
            Membership.objects.filter(user=owner, org__slug=SLUG, org__deleted_at=None)
            .select_related("org", "user")
            .first()
        )
    if found:
        return found
    org: Organization = organizations.found(name="Demo", slug=SLUG, by=owner, is_limited=False)
    with tenancy.tenant(org.pk):
        member = Membership.objects.select_related("org", "user").get(org=org, user=owner)
        registry.make_default(connection=org.connections.get(kind=ProviderKind.SANDBOX), by=member)  # trying is free
        return member
