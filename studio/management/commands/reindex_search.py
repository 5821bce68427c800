from typing import Any

from django.core.management.base import BaseCommand

from studio.gallery import reindex


class Command(BaseCommand):
    help = (
        "Makes the entries of search anew that were made with another key than the first of ENCRYPTION_KEYS. "
        "Workers do it every hour by themselves."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Made anew: {reindex.reindex()} entries of search.")
