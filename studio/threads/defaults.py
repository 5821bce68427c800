"""Choose what a turn does not say: the model, size and quality of the picture that it starts from, so that one can
answer with a few words and get a picture of the same kind."""

from typing import Any

from studio.catalogue.image_models import Catalogue, UnknownModel
from studio.catalogue.specs import AUTO
from studio.imaging.sizes import of_shape
from studio.models import ImageModel
from studio.threads.base import Base


def settings_for(base: Base, models: Catalogue, *, model: str = "") -> dict[str, Any]:
    """Return model, size and quality for a turn. `model` is the one that was asked for, if any."""
    chosen = model_for(base, models, asked=model)
    found: dict[str, Any] = {"model": model or chosen.name}
    if size := size_for(base, chosen):
        found["size"] = size
    quality = base.run.asked.get("quality") if base.run else (base.source.quality if base.source else None)
    if quality in chosen.qualities:
        found["quality"] = quality
    return found


def model_for(base: Base, models: Catalogue, *, asked: str = "") -> ImageModel:
    """Return the model that was asked for, else the parent's while it is available, else the default. Where there is a
    picture to edit, one that can."""
    made_by = base.run or base.source
    for name in (asked, made_by.model if made_by else ""):
        try:
            found = models.model(name)
        except UnknownModel:
            continue
        if found.can_edit or base.is_fresh or name == asked:
            return found
    if models.default.can_edit or base.is_fresh:
        return models.default
    return next((one for one in models.models if one.can_edit), models.default)


def size_for(base: Base, model: ImageModel) -> str:
    """Return the base's size or, where the model cannot make it, the nearest one of its shape."""
    if base.size is None:
        return str(base.run.asked.get("size", "")) if base.run else ""
    return str(of_shape(*base.size, model.sizes))


def resized_from(base_size: tuple[int, int] | None, asked: dict[str, Any]) -> str:
    """Return the size of the picture that a turn started from, if the turn asked for another one."""
    said = f"{base_size[0]}x{base_size[1]}" if base_size else ""
    return said if said and asked.get("size") not in {said, AUTO, None} else ""
