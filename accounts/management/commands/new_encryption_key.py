from typing import Any

from django.core.management.base import BaseCommand

from saas.crypto import sealing


class Command(BaseCommand):
    help = "Print a new key for ENCRYPTION_KEYS."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(sealing.generate_key())
