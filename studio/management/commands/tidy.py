from typing import Any

from django.core.management.base import BaseCommand

from studio import purging


class Command(BaseCommand):
    help = (
        "Applies every organization's retention rule and deletes what has been in the bin for thirty days. "
        "Workers do it every hour by themselves."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        purging.tidy()
