import time
from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError

from saas.database import waits
from saas.database.transactions import patient

PAUSES_SECONDS = (1, 2, 4, 8)  # statements that waited behind the last try run meanwhile; the last pause is repeated
LOCKED = (
    "A table of the next migration has been in use for {minutes:.0f} minutes, by a transaction that does not end, such "
    "as a backup or a forgotten psql. What was migrated before is kept; wait for that transaction or end it, and run "
    "migrate again. See docs/upgrading.md."
)


class Command(migrate.Command):
    """Django's migrate, which waits only a few seconds for a lock, because all other statements on the table wait
    behind it. Then it lets them pass, and goes on where it was."""

    def handle(self, *args: Any, **options: Any) -> None:
        ends_at, tries = time.monotonic() + waits.MIGRATE_SECONDS, 0
        while not self._is_done(*args, **options):
            pause = PAUSES_SECONDS[min(tries, len(PAUSES_SECONDS) - 1)]
            if time.monotonic() + pause > ends_at:
                raise CommandError(LOCKED.format(minutes=waits.MIGRATE_SECONDS / 60))
            if options["verbosity"]:
                self.stdout.write(f" a table is in use; trying again in {pause} s")
            time.sleep(pause)
            tries += 1

    def _is_done(self, *args: Any, **options: Any) -> bool:
        """Return False if a lock was in the way. A migration in one transaction has left nothing behind then; any other
        can be run again."""
        try:
            with patient(lock_seconds=waits.MIGRATE_LOCK_SECONDS):
                super().handle(*args, **options)
        except OperationalError as error:
            if waits.state_of(error) not in waits.PASSING:
                raise
            return False
        return True
