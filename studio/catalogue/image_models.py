"""Which models there are, and what each accepts. Asked often, changed seldom: remembered for some seconds."""

import time
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from studio.models import ImageModel

REMEMBER_SECONDS = 5.0


class UnknownModel(Exception):
    """No model of this name at this moment."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models of one moment, the default first."""

    models: tuple[ImageModel, ...]

    def model(self, name: str) -> ImageModel:
        for model in self.models:
            if model.name == name:
                return model
        raise UnknownModel(name)

    @property
    def default(self) -> ImageModel:
        if not self.models:
            raise UnknownModel("There are no models.")
        return next((model for model in self.models if model.is_default), self.models[0])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(model.name for model in self.models)


def at(moment: datetime) -> Catalogue:
    """One query every few seconds and process, whatever the moment."""
    return pick(_Memory.rows(), moment)


def pick(rows: tuple[ImageModel, ...], moment: datetime) -> Catalogue:
    """Of two rows with one name that hold at once, the one that began last counts."""
    newest: dict[str, ImageModel] = {}
    for row in rows:
        held = newest.get(row.name)
        if row.is_available(moment) and (held is None or row.available_from > held.available_from):
            newest[row.name] = row
    return Catalogue(tuple(row for row in rows if newest.get(row.name) is row))


def forget() -> None:
    """Ask the database next time: for whoever has just changed the rows."""
    _Memory.held = (), 0.0


class _Memory:
    """Replaced whole, never changed, so threads need no lock; two that read at once read the same."""

    held: ClassVar[tuple[tuple[ImageModel, ...], float]] = (), 0.0

    @classmethod
    def rows(cls) -> tuple[ImageModel, ...]:
        rows, until = cls.held
        if time.monotonic() >= until or not rows:
            rows = tuple(ImageModel.objects.all())
            cls.held = rows, time.monotonic() + REMEMBER_SECONDS
        return rows
