from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand

from accounts import mail_outbox
from accounts.connections import registry
from accounts.models import Organization
from accounts.signin.adapters import reseal_second_factor
from accounts.webhooks import endpoints
from saas.database import tenancy


class Command(BaseCommand):
    help = "Encrypt every provider key, second factor and waiting mail again, with the first of ENCRYPTION_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.operator():
            org_ids = list(Organization.objects.order_by("pk").values_list("pk", flat=True))
        keys = sum(self._reseal_organization(org_id) for org_id in org_ids)
        factors = sum(reseal_second_factor(one) for one in Authenticator.objects.order_by("pk").iterator())
        self.stdout.write(
            f"Encrypted again: {keys} provider keys, {factors} second factors, {mail_outbox.reseal()} mails."
        )

    def _reseal_organization(self, org_id: int) -> int:
        """Reseal one organization in one short transaction, so that a large Darkroom is never locked for long. Return
        how many rows changed."""
        with tenancy.tenant(org_id):
            org = Organization.objects.get(pk=org_id)
            rows = org.connections.select_for_update(of=("self",)).select_related("org")
            hooks = org.webhooks.select_for_update(of=("self",))
            return sum(registry.reseal(row) for row in rows) + sum(endpoints.reseal(hook) for hook in hooks)
