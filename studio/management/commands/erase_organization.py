import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import Refused
from studio.privacy import organizations


class Command(BaseCommand):
    help = (
        "Erase an organization for good: rows, files, name. Without --yes, only show what would be erased. If "
        "interrupted, run it again: it continues."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("org", help="The address of the organization, or its code.")
        parser.add_argument("--yes", action="store_true", help="Erase it. This cannot be undone.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            org = organizations.find(options["org"])
            organizations.refuse_held(org)
            if options["yes"]:
                self.stdout.write(json.dumps(organizations.erase(org).to_json(), indent=2))
                return
            found = organizations.preview(org)
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"Of {org.name} ({org.slug}) this would be erased:")
        self.stdout.write("\n".join(found.lines()))
        self.stdout.write("Nothing is erased yet. Use --yes to erase it. This cannot be undone.")
