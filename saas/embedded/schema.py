"""Refuse tables that a newer version made, and migrate those that an older version made."""

import pkgutil
from importlib import import_module

from saas.embedded.refusal import Refusal

Migration = tuple[str, str]  # app, name


def has_news() -> bool:
    """Return whether there is something to migrate, and refuse data of a newer version. Only the names of files are
    compared, because Django's migration graph is slow to load."""
    known, applied = _known(), _applied()
    if unknown := sorted(applied - known):
        app, name = unknown[-1]
        raise Refusal(f"This data was made by a newer version of Darkroom; this one does not know {app}.{name}.")
    return bool(known - applied)


def is_begun() -> bool:
    """Return whether these tables have ever been made."""
    return bool(_applied())


def migrate() -> None:
    """Make the tables of a new database, and run what is newer than the file that they are made from."""
    from django.core.management import call_command  # Django is set up by the caller

    from saas.database import schema_file

    if not schema_file.load() or has_news():
        call_command("migrate", interactive=False, verbosity=0)


def _known() -> set[Migration]:
    from django.apps import apps

    return {(app.label, name) for app in apps.get_app_configs() for name in _names(f"{app.name}.migrations")}


def _names(package: str) -> list[str]:
    try:
        folder = import_module(package).__path__
    except ModuleNotFoundError:
        return []
    return [found.name for found in pkgutil.iter_modules(folder) if found.name[0] not in "_~"]


def _applied() -> set[Migration]:
    from django.db import connection
    from django.db.migrations.recorder import MigrationRecorder

    return set(MigrationRecorder(connection).applied_migrations())
