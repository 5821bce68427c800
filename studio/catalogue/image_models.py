"""Look up the image models and what each accepts. The rows are read often and rarely change, so each process caches
them for some seconds."""

import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar

from django.conf import settings

from accounts.models import Organization
from studio.models import ImageModel

REMEMBER_SECONDS = 5.0


class UnknownModel(Exception):
    """No model of this name is available at this moment."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The models that are available at one moment, the default first."""

    models: tuple[ImageModel, ...]
    preferred: str = ""  # the organization's choice

    def model(self, name: str) -> ImageModel:
        """Return the model of this name, or the one of which it names a snapshot. Raise UnknownModel."""
        for model in self.models:
            if name == model.name or name in model.dated_names:
                return model
        raise UnknownModel(name)

    @property
    def default(self) -> ImageModel:
        """Return the model of requests that name none: the one that the organization, or else the operator, has set,
        while it is available."""
        if not self.models:
            raise UnknownModel("There are no models.")
        by_name = {model.name: model for model in self.models}
        chosen = by_name.get(self.preferred) or by_name.get(settings.IMAGE_MODEL)
        return chosen or next((model for model in self.models if model.is_default), self.models[0])

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(model.name for model in self.models)


def at(moment: datetime, *, org: Organization | None = None) -> Catalogue:
    """Return the models available at a moment, with the default of an organization. Each process queries the database
    at most every few seconds."""
    found = pick(_Memory.rows(), moment)
    return replace(found, preferred=org.default_model) if org is not None and org.default_model else found


def pick(rows: tuple[ImageModel, ...], moment: datetime) -> Catalogue:
    """Select the rows available at a moment. Of two with the same name, the one that began last counts."""
    newest: dict[str, ImageModel] = {}
    for row in rows:
        held = newest.get(row.name)
        if row.is_available(moment) and (held is None or row.available_from > held.available_from):
            newest[row.name] = row
    return Catalogue(tuple(row for row in rows if newest.get(row.name) is row))


def forget() -> None:
    """Empty the cache of this process, after a change to the rows."""
    _Memory.held = (), 0.0


class _Memory:
    """The cached rows. The tuple is replaced and never changed, so threads need no lock; two that query at once get the
    same rows."""

    held: ClassVar[tuple[tuple[ImageModel, ...], float]] = (), 0.0

    @classmethod
    def rows(cls) -> tuple[ImageModel, ...]:
        rows, until = cls.held
        if time.monotonic() >= until or not rows:
            rows = tuple(ImageModel.objects.all())
            cls.held = rows, time.monotonic() + REMEMBER_SECONDS
        return rows
