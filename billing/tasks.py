import dramatiq

from accounts.models import Organization
from billing import usage
from saas import tenancy


@dramatiq.actor(max_retries=3, time_limit=600_000)
def fold_usage(org_id: int) -> None:
    with tenancy.tenant(org_id):
        usage.fold(Organization.objects.get(pk=org_id))
