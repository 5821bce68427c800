"""Mallory, who does harm with all that a person may do here, and Ann, who only wants her pictures.

`seed` runs inside Darkroom's own environment (`bin/manage shell`) and prints what both of them hold."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from tests.embedded.instance import manage

if TYPE_CHECKING:
    from accounts.models import Membership, User

PASSWORD = "a long dark corridor"


class Neighbours(TypedDict):
    mallory: list[str]  # an API key for each of her organizations
    ann: str  # hers
    ann_slug: str
    ann_email: str
    ann_hook: str


def seeded(data: Path, *, organizations: int, hooks: int = 0, drips: str = "", listens: str = "") -> Neighbours:
    """Make both of them. Mallory's first organization has so many webhooks, Ann has one that really listens."""
    call = f"seed({organizations}, {hooks}, {drips!r}, {listens!r})"
    hosts = ",".join(urlsplit(url).netloc for url in (drips, listens) if url)
    said = manage(
        data,
        *("shell", "--no-imports", "-c", f"from tests.storm.neighbours import seed; {call}"),
        PROVIDER_ALLOWED_HOSTS=hosts,
        WEBHOOK_ALLOWED_HOSTS=hosts,
        ORGANIZATIONS_A_DAY=str(organizations + 1),
    )
    found: Neighbours = json.loads(said.splitlines()[-1])
    return found


def seed(organizations: int, hooks: int, drips: str, listens: str) -> None:
    from accounts.models import Role
    from accounts.webhooks import endpoints
    from saas.database import tenancy

    mallory, ann = _person("mallory"), _person("ann")
    tokens = []
    for number in range(organizations):
        member, token = _founded(f"mallory-{number}", mallory)
        tokens.append(token)
        with tenancy.tenant(member.org_id):
            for hook in range(hooks if number == 0 else 0):
                endpoints.add(by=member, url=f"{drips}/{hook}", events=["run.finished", "run.failed"])
    member, token = _founded("ann", ann)
    secret = ""
    if listens:
        with tenancy.tenant(member.org_id):
            _, secret = endpoints.add(by=member, url=listens, events=["run.finished", "run.failed"])
    assert member.role == Role.OWNER
    found = Neighbours(mallory=tokens, ann=token, ann_slug="ann", ann_email=ann.email, ann_hook=secret)
    sys.stdout.write(json.dumps(found) + "\n")


def _person(name: str) -> "User":
    from allauth.account.models import EmailAddress

    from accounts.models import User

    user = User.objects.create_user(f"{name}@example.com", PASSWORD, name=name.title())
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def _founded(slug: str, by: "User") -> "tuple[Membership, str]":
    from accounts import api_keys
    from accounts.connections import registry
    from accounts.models import Membership, ProviderKind, Scope
    from accounts.people import organizations
    from saas.database import tenancy

    org = organizations.found(name=slug.title(), slug=slug, by=by)
    with tenancy.tenant(org.pk):
        member = Membership.objects.select_related("org", "user").get(org=org, user=by)
        registry.make_default(connection=org.connections.get(kind=ProviderKind.SANDBOX), by=member)
        _, token = api_keys.make(org=org, by=member, name="Storm", scopes=list(Scope))
    return member, token
