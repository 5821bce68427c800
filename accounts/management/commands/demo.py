import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from accounts import demo
from accounts.people import organizations


class Command(BaseCommand):
    help = "Create or find the demo organization and print how to sign in. Only in the embedded size."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.IS_EMBEDDED:
            raise CommandError("The demo needs the embedded size; this Darkroom uses an external database.")
        try:
            made = demo.make()
        except organizations.SlugTaken as refusal:
            raise CommandError("Another organization already has the address “demo”.") from refusal
        if options["json"]:
            self.stdout.write(json.dumps(made))
            return
        self.stdout.write(f"Open      {made['url']}/accounts/login/")
        self.stdout.write(f"E-mail    {made['email']}")
        self.stdout.write(f"Password  {made['password']}")
        self.stdout.write(f"API key   {made['api_key']}")
        for prefix in made["revoked"]:
            self.stdout.write(f"Revoked   the key {prefix}…, which an earlier demo made")
        if made["password_changed"]:
            self.stdout.write("The earlier password does not work any more.")
