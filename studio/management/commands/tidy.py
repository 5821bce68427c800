from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studio.gallery import purge


class Command(BaseCommand):
    help = (
        "Applies every organization's retention rule and deletes what has been in the bin for thirty days. "
        "Workers do it every hour by themselves."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        left = purge.tidy()
        said = [f"{left.files} files that storage did not delete"] if left.files else []
        said += [f"{left.organizations} organizations that were not tidied"] if left.organizations else []
        if said:
            raise CommandError(f"Left for the next time: {' and '.join(said)}. The log says why.")
