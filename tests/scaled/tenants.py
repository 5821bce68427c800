"""Run as a program beside Darkroom's own: two organizations, each with an API key. Prints them."""

import json
import sys

import django


def main() -> None:
    django.setup()
    from allauth.account.models import EmailAddress

    from accounts import api_keys
    from accounts.models import Scope, User
    from accounts.people import organizations
    from saas.database import tenancy

    found = {}
    for slug in sys.argv[1:]:
        owner = User.objects.create_user(f"{slug}@example.com", "a long dark corridor", name=slug.title())
        EmailAddress.objects.create(user=owner, email=owner.email, verified=True, primary=True)
        org = organizations.found(name=slug.title(), slug=slug, by=owner)
        with tenancy.tenant(org.pk):
            owned = org.memberships.select_related("user", "org").get(user=owner)
            _, key = api_keys.make(org=org, by=owned, name="a program", scopes=list(Scope))
        found[slug] = {"id": org.pk, "key": key}
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
