from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.models import Organization
from saas.database import tenancy
from studio.engine import nightly


class Command(BaseCommand):
    help = "Compare counters, holds, ledger and runs. Add what was paid but not recorded; change nothing else."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--org", help="The address of one organization; without it, all of them.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = nightly.one(_id_of(options["org"])) if options["org"] else nightly.all_organizations()
        for finding in found:
            self.stdout.write(str(finding))
        if found:
            raise CommandError(f"{len(found)} differences.")
        self.stdout.write("Everything agrees.")


def _id_of(slug: str) -> int:
    with tenancy.operator():
        found = Organization.objects.filter(slug=slug, deleted_at=None).values_list("pk", flat=True).first()
    if found is None:
        raise CommandError(f"There is no organization at /o/{slug}/.")
    return found
