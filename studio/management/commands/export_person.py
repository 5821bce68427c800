import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import Refused
from studio.privacy import person_export


class Command(BaseCommand):
    help = (
        "Write what is stored about a person into a ZIP, with the pictures that they made and uploaded. Without --yes, "
        "only show what would be in it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="Write it.")
        parser.add_argument(
            "--to",
            type=Path,
            default=Path("person.zip"),
            metavar="FILE",
            help="The ZIP to write. It must not exist yet.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if not options["yes"]:
                found = person_export.preview(options["email"])
                self.stdout.write("This would be written:")
                self.stdout.write("\n".join(found.lines()))
                self.stdout.write(f"Nothing is written yet. Use --yes to write it to {options['to']}.")
                return
            receipt = person_export.write(options["email"], options["to"])
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(json.dumps(receipt.to_json(), indent=2))
