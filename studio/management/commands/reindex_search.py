from typing import Any

from django.core.management.base import BaseCommand

from studio.gallery import reindex


class Command(BaseCommand):
    help = (
        "Rebuild the search entries that were made with another key than the first of ENCRYPTION_KEYS. "
        "Workers do this every hour."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Rebuilt {reindex.reindex()} search entries.")
