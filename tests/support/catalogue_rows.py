"""The catalogue as the migrations write it, without a database."""

from datetime import UTC, datetime
from importlib import import_module
from typing import Any

from studio.catalogue import image_models
from studio.catalogue.image_models import Catalogue
from studio.models import ImageModel

ROWS: list[dict[str, Any]] = import_module("studio.migrations.0002_image_models").MODELS
TODAY = datetime(2026, 11, 21, 12, tzinfo=UTC)


def row(like: str = "gpt-image-2", **changes: Any) -> ImageModel:
    return ImageModel(**{**next(fields for fields in ROWS if fields["name"] == like), **changes})


def shipped() -> Catalogue:
    return image_models.pick(tuple(ImageModel(**fields) for fields in ROWS), TODAY)
