import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import Refused
from studio.privacy import identity, people
from studio.privacy.belongings import UNDELETED, UNFINISHED


class Command(BaseCommand):
    help = (
        "Erase a person: what was theirs alone is deleted, what they made for a team stays without a name. Without "
        "--yes, only show what would be done. If interrupted, run it again: it continues."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--yes", action="store_true", help="Erase. This cannot be undone.")
        parser.add_argument(
            "--organization",
            action="append",
            default=[],
            metavar="SLUG=EMAIL",
            help="What happens to an organization that has no other owner: the member who will own it, or “erase”.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["yes"]:
                self._erase(options["email"], _read(options["organization"]))
            else:
                self._preview(options["email"])
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal

    def _preview(self, email: str) -> None:
        found = people.preview(email)
        person = identity.find(email)
        self.stdout.write("This would be erased, changed or deleted:")
        self.stdout.write("\n".join(found.lines()))
        if alone := people.owned_alone(person):
            self.stdout.write(people.NoOwner(alone).sentence)
        if person.user is None:
            self.stdout.write("No account has this address.")
        self.stdout.write("Nothing is done yet. Use --yes to do it. This cannot be undone.")

    def _erase(self, email: str, owned: dict[str, str]) -> None:
        receipt = people.erase(email, owned=owned)
        self.stdout.write(json.dumps(receipt.to_json(), indent=2))
        if left := receipt.stays[UNFINISHED]:
            raise CommandError(
                f"{left} runs or prompts of this person are still being made. They are being stopped. "
                "Run this again in a minute.",
                returncode=2,
            )
        if left := receipt.stays[UNDELETED]:
            raise CommandError(f"{left} files are left that storage did not delete. Run `tidy` until none are left.")


def _read(said: list[str]) -> dict[str, str]:
    """Read SLUG=EMAIL pairs. Raise Refused if one is not written like that."""
    pairs = [word.partition("=") for word in said]
    if any(not slug or not answer for slug, _, answer in pairs):
        raise Refused("--organization is written SLUG=EMAIL or SLUG=erase.")
    return {slug.strip(): answer.strip() for slug, _, answer in pairs}
