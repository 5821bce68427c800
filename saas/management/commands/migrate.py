import time
from collections.abc import Mapping
from typing import Any

from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import DEFAULT_DB_ALIAS, OperationalError

from saas.database import history, schema_file, waits
from saas.database.transactions import patient

PAUSES_SECONDS = (1, 2, 4, 8)  # statements that waited behind the last try run meanwhile; the last pause is repeated
LOCKED = (
    "A table of the next migration has been in use for {minutes:.0f} minutes, by a transaction that does not end, such "
    "as a backup or a forgotten psql. What was migrated before is kept; wait for that transaction or end it, and run "
    "migrate again. See docs/upgrading.md."
)


class Command(migrate.Command):
    """Django's migrate, which makes the tables of a new database from schema.sql and runs only newer migrations. It
    waits a few seconds for a lock, because all other statements on the table wait behind it. Then it lets them pass,
    and goes on where it was."""

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
                if _is_for_everything(options):
                    self._begin(options["verbosity"])
                super().handle(*args, **options)
        except OperationalError as error:
            if waits.state_of(error) not in waits.PASSING:
                raise
            return False
        return True

    def _begin(self, verbosity: int) -> None:
        """Make the tables of a new database, and refuse those from before the first release."""
        if history.read().is_too_old:
            raise CommandError(history.TOO_OLD)
        if schema_file.load() and verbosity:
            self.stdout.write("Made the tables of a new database.")


def _is_for_everything(options: Mapping[str, Any]) -> bool:
    """Return whether all migrations are to be run, and not some of them, or none."""
    partly = ("app_label", "plan", "check_unapplied", "fake", "fake_initial", "prune")
    return options["database"] == DEFAULT_DB_ALIAS and not any(options[name] for name in partly)
