"""The catalogue as the migrations write it, without a database."""

from datetime import UTC, datetime
from typing import Any

from studio.catalogue import image_models
from studio.catalogue.image_models import Catalogue
from studio.first_rows import MODELS
from studio.models import ImageModel

TODAY = datetime(2026, 11, 21, 12, tzinfo=UTC)


def row(like: str = "gpt-image-2", **changes: Any) -> ImageModel:
    return ImageModel(**{**next(fields for fields in MODELS if fields["name"] == like), **changes})


def shipped() -> Catalogue:
    return image_models.pick(tuple(ImageModel(**fields) for fields in MODELS), TODAY)
