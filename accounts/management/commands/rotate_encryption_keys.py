from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand

from accounts import connections, webhooks
from accounts.models import Organization
from accounts.signin import reseal_second_factor
from saas import tenancy


class Command(BaseCommand):
    help = "Seals every provider key and second factor anew, under the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.operator():
            org_ids = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
        keys = sum(self._reseal_organization(org_id) for org_id in org_ids)
        factors = sum(reseal_second_factor(one) for one in Authenticator.objects.order_by("pk").iterator())
        self.stdout.write(f"Sealed anew: {keys} provider keys, {factors} second factors.")

    def _reseal_organization(self, org_id: int) -> int:
        """One short transaction an organization, so that a large Darkroom is not locked meanwhile."""
        with tenancy.tenant(org_id):
            org = Organization.objects.get(pk=org_id)
            rows = org.connections.select_for_update(of=("self",)).select_related("org")
            hooks = org.webhooks.select_for_update(of=("self",))
            return sum(connections.reseal(row) for row in rows) + sum(webhooks.reseal(hook) for hook in hooks)
