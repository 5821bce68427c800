from argparse import ArgumentParser
from typing import Any

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError

from accounts.models import Organization
from saas import tenancy
from studio import stock

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Compares the rows with the files in storage, both ways, and reports. Deletes nothing unless it is told to, "
        "and then only files that no row names and that are a day old."
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
        missing = sum(self._compare(org, delete=options["delete"]) for org in orgs)
        if missing:
            raise CommandError(f"{missing} files are missing.", returncode=2)

    def _compare(self, org: Organization, *, delete: bool) -> int:
        with tenancy.tenant(org.pk):
            found = stock.compare(org)
        self.stdout.write(
            f"{org.slug}: {found.names} named, {found.files} stored, "
            f"{len(found.missing)} missing, {len(found.litter)} that no row names"
        )
        self._list("missing", found.missing)
        self._list("deleted" if delete else "would be deleted", found.litter)
        if delete:
            for name in found.litter:
                default_storage.delete(name)
        return len(found.missing)

    def _list(self, what: str, names: list[str]) -> None:
        for name in names[:SHOWN]:
            self.stdout.write(f"  {what}: {name}")
        if len(names) > SHOWN:
            self.stdout.write(f"  … and {len(names) - SHOWN} more")
