from argparse import ArgumentParser
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organization
from saas.database import tenancy
from studio.files import inventory
from studio.files.inventory import Difference

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Compare the rows with the files in storage, both ways, and report. Delete nothing without --delete, "
        "and then only files that no row names and that are at least a day old."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--org", help="the slug of one organization; otherwise all")
        parser.add_argument("--delete", action="store_true", help="delete the files that no row names")

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.operator():
            found = Organization.objects.order_by("pk")
            orgs = list(found.filter(slug=options["org"]) if options["org"] else found)
        if not orgs:
            raise CommandError("There is no such organization.")
        missing = left = 0
        for org in orgs:
            difference = self._compare(org)
            missing += len(difference.missing)
            if options["delete"]:
                left += self._delete(difference.litter)
            else:
                self._list("would be deleted", difference.litter)
        if left:
            raise CommandError(f"{left} files are left that storage did not delete.", returncode=2)
        if missing:
            raise CommandError(f"{missing} files are missing.", returncode=2)

    def _compare(self, org: Organization) -> Difference:
        found = inventory.compare(org)
        self.stdout.write(
            f"{org.slug}: {found.names} named, {found.files} stored, "
            f"{len(found.missing)} missing, {len(found.litter)} that no row names"
        )
        self._list("missing", found.missing)
        return found

    def _delete(self, names: list[str]) -> int:
        """Delete these files. Return how many storage did not delete."""
        left = []
        for name in names:
            try:
                default_storage.delete(name)
            except Exception as error:  # each storage backend raises its own types
                left.append(f"{name} ({type(error).__name__})")
        self._list("deleted", sorted(set(names) - {each.partition(" ")[0] for each in left}))
        self._list("not deleted", left)
        return len(left)

    def _list(self, what: str, names: list[str]) -> None:
        for name in names[:SHOWN]:
            self.stdout.write(f"  {what}: {name}")
        if len(names) > SHOWN:
            self.stdout.write(f"  … and {len(names) - SHOWN} more")
