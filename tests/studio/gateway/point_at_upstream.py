# Run inside a Darkroom by `manage shell`: the demo organization's pictures come from the tests' upstream.
from accounts import connections
from accounts.models import Membership, ProviderKind, User
from saas import tenancy

owner = User.objects.get(email="demo@darkroom.invalid")
with tenancy.person(owner.pk):
    org_id = Membership.objects.get(user=owner).org_id
with tenancy.tenant(org_id):
    member = Membership.objects.select_related("org", "user").get(user=owner, org=org_id)
    added = connections.add(
        org=member.org, by=member, name="Up", kind=ProviderKind.COMPATIBLE, base_url="UPSTREAM", key="sk-test"
    )
    connections.make_default(connection=added, by=member)
