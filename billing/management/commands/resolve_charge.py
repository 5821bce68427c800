from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts.errors import Refused
from accounts.models import Hold, HoldState, Organization
from billing import charging
from saas.database import tenancy
from saas.text import money


class Command(BaseCommand):
    help = (
        "Resolve an uncertain charge of an organization as the operator; if the operator's key paid, no member can. "
        "Without a charge, list the uncertain ones."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("org", help="The address of the organization.")
        parser.add_argument("charge", nargs="?", help="Its code, as the list shows it.")
        answer = parser.add_mutually_exclusive_group()
        answer.add_argument("--free", action="store_true", help="The provider charged nothing.")
        answer.add_argument("--charged", action="store_true", help="The provider charged what was held.")
        answer.add_argument("--amount", metavar="DOLLARS", help="The provider charged this much.")
        parser.add_argument("--note", default="", help="How you know. Recorded in the ledger and in the audit log.")

    def handle(self, *args: Any, **options: Any) -> None:
        with tenancy.operator():
            org = Organization.objects.filter(slug=options["org"], deleted_at=None).first()
        if org is None:
            raise CommandError(f"There is no organization at /o/{options['org']}/.")
        with tenancy.tenant(org.pk):
            if options["charge"] is None:
                self._list(org)
            else:
                self._resolve(org, options)

    def _list(self, org: Organization) -> None:
        uncertain = org.holds.filter(state=HoldState.UNCERTAIN).order_by("pk")
        for held in uncertain.select_related("user"):
            key = "the operator's key" if held.is_lent else "their own key"
            said = f"{held.code}  ${money.exact(held.micros)} held  {held.created_at:%Y-%m-%d %H:%M} UTC"
            self.stdout.write(f"{said}  {held.user.email}  {key}  run {held.run_code}")
        if not uncertain:
            self.stdout.write(f"{org.name} has no uncertain charge.")

    def _resolve(self, org: Organization, options: dict[str, Any]) -> None:
        is_charged = options["charged"] or options["amount"] is not None
        if not is_charged and not options["free"]:
            raise CommandError("Say --free, --charged or --amount DOLLARS.")
        if not options["note"].strip():
            raise CommandError("Say how you know, with --note.")
        try:
            micros = None if options["amount"] is None else money.parse(options["amount"])
            held = org.holds.select_related("org").get(code=UUID(options["charge"]))
            entry = charging.resolve(held, by=None, is_charged=is_charged, micros=micros, note=options["note"])
        except (Hold.DoesNotExist, ValidationError, ValueError) as error:
            reason = str(error) if isinstance(error, money.NotMoney) else "There is no such charge."
            raise CommandError(reason) from error
        except Refused as refusal:
            raise CommandError(refusal.sentence) from refusal
        self.stdout.write(f"Charged ${money.exact(entry.micros)}." if is_charged else "Not charged.")
