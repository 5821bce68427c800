from typing import Any

from django.core.management.base import BaseCommand, CommandError

from studio.gallery import purge


class Command(BaseCommand):
    help = (
        "Apply every organization's retention rule and delete what has been in the bin for thirty days. "
        "Workers do this every hour."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        left = purge.tidy()
        said = [f"{left.files} files that storage did not delete"] if left.files else []
        said += [f"{left.organizations} organizations that could not be tidied"] if left.organizations else []
        if said:
            raise CommandError(f"Left for the next time: {' and '.join(said)}. See the log for the reasons.")
