"""Find the addresses, names and labels under which the tables know a person, and what replaces them."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from urllib.parse import quote

from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount

from accounts.models import AuditEntry, Organization, User
from billing.models import Entry
from saas.crypto import sealing
from saas.database import tenancy

NAME = "Erased person"
DOMAIN = "erased.invalid"
LABEL = re.compile(r"^(?P<name>.*) <(?P<address>[^<>\s]+@[^<>\s]+)>$")


@dataclass(frozen=True)
class Person:
    email: str
    user: User | None  # None: the address has no account
    addresses: frozenset[str]
    names: frozenset[str]
    labels: frozenset[str]

    @property
    def new_email(self) -> str:
        """Return the address that replaces the person's, the same each time, so that an interrupted erasure can go on
        with it. It can be traced to the person only with ENCRYPTION_KEYS and the person's old code."""
        known_by = self.user.code.bytes if self.user else self.email.encode()
        digest = blake2b(known_by, key=sealing.hashing_keys("erased person")[0], digest_size=6)
        return f"erased-{digest.hexdigest()}@{DOMAIN}"

    @property
    def new_label(self) -> str:
        return f"{NAME} <{self.new_email}>"


def find(email: str) -> Person:
    """Find the person with this address. An address without an account is returned too, because invitations, logs and
    runs may contain it."""
    email = email.strip().lower()
    # Only verified addresses count, because an account can claim any address.
    proved = EmailAddress.objects.filter(email__iexact=email, verified=True)
    owner = proved.values_list("user", flat=True).first()
    user = User.objects.filter(email=email).first() or User.objects.filter(pk=owner).first()
    if user is None:
        return Person(email, None, frozenset({email}), frozenset(), frozenset())
    labels = set(_labels_of(user)) | {f"{user.display_name} <{user.email}>"}
    told = [found for label in labels if (found := LABEL.match(label))]
    names = {found["name"] for found in told} | {user.name}
    addresses = {email, *_current(user), *(found["address"].lower() for found in told)}
    return Person(
        email,
        user,
        frozenset(addresses - _of_others(user, addresses)),
        frozenset(name for name in names if _is_a_name(name, addresses)),
        frozenset(labels),
    )


def every_organization() -> list[int]:
    with tenancy.operator():
        return list(Organization.objects.order_by("pk").values_list("pk", flat=True))


def forms_of(address: str) -> set[str]:
    """Return the address as it is written in a text and, percent-encoded, in a link."""
    return {address, address.replace("@", "%40"), quote(address, safe="").lower()}


def _current(user: User) -> Iterator[str]:
    yield user.email
    for email in EmailAddress.objects.filter(user=user).values_list("email", flat=True):
        yield email.lower()
    for data in SocialAccount.objects.filter(user=user).values_list("extra_data", flat=True):
        for claims in (data, *data.values()):  # claims of the userinfo and the id token are one level deeper
            said = claims.get("email") if isinstance(claims, dict) else None
            if isinstance(said, str) and "@" in said:
                yield said.lower()


def _labels_of(user: User) -> Iterator[str]:
    """Yield the labels of the person in log and ledger, which contain the name and address of the time."""
    for org_id in every_organization():
        with tenancy.tenant(org_id):
            yield from AuditEntry.objects.filter(actor=user).values_list("actor_label", flat=True).distinct()
            yield from Entry.objects.filter(user=user).values_list("user_label", flat=True).distinct()
    with tenancy.operator():
        yield from AuditEntry.objects.filter(org=None, actor=user).values_list("actor_label", flat=True).distinct()


def _of_others(user: User, addresses: Iterable[str]) -> set[str]:
    """Return those addresses that another account has now, although this person may have had them once."""
    others = User.objects.filter(email__in=addresses).exclude(pk=user.pk).values_list("email", flat=True)
    proved = EmailAddress.objects.filter(email__in=addresses, verified=True).exclude(user=user)
    return {email.lower() for email in (*others, *proved.values_list("email", flat=True))}


def _is_a_name(name: str, addresses: Iterable[str]) -> bool:
    """Return whether this is a real name. A person without one is named by the first part of the address, which is too
    common a word to search for."""
    return bool(name.strip()) and name not in {address.partition("@")[0] for address in addresses}
