"""Compare the migrations that a database has with those that this version knows. Only names are compared, because
Django's migration graph is slow to load."""

import pkgutil
from dataclasses import dataclass
from importlib import import_module

from django.apps import apps
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder

Migration = tuple[str, str]  # app, name
FIRST = ("accounts", "0001_tables")
TOO_OLD = (
    "This data was made by a Darkroom from before 0.2.0, which this one cannot upgrade: keep that Darkroom for it, or "
    "begin with an empty data folder or database."
)
TOO_NEW = "This data was made by a newer version of Darkroom; this version does not know {app}.{name}."


@dataclass(frozen=True)
class History:
    known: set[Migration]
    applied: set[Migration]

    @property
    def has_begun(self) -> bool:
        return bool(self.applied)

    @property
    def has_news(self) -> bool:
        return bool(self.known - self.applied)

    @property
    def is_too_old(self) -> bool:
        """Return whether the tables were made by migrations that 0.2.0 has replaced."""
        return bool(self._unknown) and FIRST not in self.applied

    @property
    def refusal(self) -> str:
        """Return why this version cannot use the tables, or nothing if it can."""
        if self.is_too_old:
            return TOO_OLD
        if self._unknown:
            app, name = max(self._unknown)
            return TOO_NEW.format(app=app, name=name)
        return ""

    @property
    def _unknown(self) -> set[Migration]:
        return self.applied - self.known


def read() -> History:
    known = {(app.label, name) for app in apps.get_app_configs() for name in _names(f"{app.name}.migrations")}
    return History(known, set(MigrationRecorder(connection).applied_migrations()))


def _names(package: str) -> list[str]:
    try:
        folder = import_module(package).__path__
    except ModuleNotFoundError:
        return []
    return [found.name for found in pkgutil.iter_modules(folder) if found.name[0] not in "_~"]
