"""An API key of Northwind whose pictures come from an upstream of the test."""

import sys

import django

SCOPES = ("generate", "read", "usage")


def main(upstream_url: str) -> None:
    """Run as a program beside Darkroom's own, as tests/scaled/seed.py is. Write the key."""
    django.setup()
    from accounts import api_keys
    from accounts.connections import registry
    from accounts.models import Membership, Organization, ProviderKind, Scope
    from saas.database import tenancy

    with tenancy.operator():
        org = Organization.objects.get(slug="northwind")
    with tenancy.tenant(org.pk):
        ada = Membership.objects.select_related("org", "user").get(org=org, user__email="ada@example.com")
        leads_there = org.connections.filter(name=upstream_url).first() or registry.add(
            org=org, by=ada, name=upstream_url, kind=ProviderKind.COMPATIBLE, base_url=upstream_url, key="sk-test"
        )
        registry.make_default(connection=leads_there, by=ada)
        _, key = api_keys.make(org=org, by=ada, name=upstream_url, scopes=[Scope(scope) for scope in SCOPES])
    sys.stdout.write(key)


if __name__ == "__main__":
    main(sys.argv[1])
