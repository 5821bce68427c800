from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import Refused
from accounts.models import Organization
from accounts.people import organizations
from saas.database import tenancy


class Command(BaseCommand):
    help = (
        "Limit how many pictures of one organization are made at once. Waiting pictures keep their place in the queue."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("org", help="The address of the organization.")
        chosen = parser.add_mutually_exclusive_group(required=True)
        chosen.add_argument("most", nargs="?", type=int, help="The limit for all of its connections together.")
        chosen.add_argument("--usual", action="store_true", help="Go back to ORGANIZATION_CALLS_AT_ONCE.")

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.operator():
            org = Organization.objects.filter(slug=options["org"], deleted_at=None).first()
        if org is None:
            raise CommandError(f"There is no organization at /o/{options['org']}/.")
        try:
            organizations.limit_calls(org=org, by=None, most=options["most"])
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        with tenancy.tenant(org.pk):
            org.refresh_from_db()
        self.stdout.write(f"{org.name}: {org.most_calls_at_once} at once.")
