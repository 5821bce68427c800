"""Make the tables of a new data folder, migrate those of an older version, and refuse those that this version cannot
use."""

import gc
import sys
from typing import TYPE_CHECKING

from saas.embedded.refusal import Refusal

if TYPE_CHECKING:
    from saas.database.history import History


def provide() -> None:
    """Make all tables if there are none, and run the migrations that they lack."""
    from django.core.management import call_command  # Django is set up by the caller

    from saas.database import schema_file

    history = _usable()
    if not history.has_begun:
        schema_file.load()
        history = _usable()
    if history.has_news:
        print("Upgrading the database …", file=sys.stderr, flush=True)
        call_command("migrate", interactive=False, verbosity=0)
        gc.collect()  # what it leaves must not be set aside with what stays


def provide_first() -> None:
    """Make all tables if there are none. Leave those of an older version to the next start."""
    if not _usable().has_begun:
        provide()


def _usable() -> "History":
    from saas.database import history  # Django is set up by the caller

    found = history.read()
    if found.refusal:
        raise Refusal(found.refusal)
    return found
