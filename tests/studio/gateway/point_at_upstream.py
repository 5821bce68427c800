# Run inside a Darkroom by `manage shell`: an organization whose pictures come from UPSTREAM. Says its key.
from accounts import api_keys
from accounts.connections import registry
from accounts.models import Membership, ProviderKind, Scope, User
from accounts.people import organizations
from saas.database import tenancy

owner = User.objects.get(email="demo@darkroom.invalid")
org = organizations.found(name="Upstream", slug="upstream", by=owner)
with tenancy.tenant(org.pk):
    member = Membership.objects.select_related("org", "user").get(user=owner, org=org)
    added = registry.add(
        org=org, by=member, name="Up", kind=ProviderKind.COMPATIBLE, base_url="UPSTREAM", key="sk-test"
    )
    registry.make_default(connection=added, by=member)
    _, key = api_keys.make(org=org, by=member, name="Program", scopes=[Scope.GENERATE, Scope.READ, Scope.USAGE])
print(key)  # noqa: T201 it is what `manage` answers
