"""Turn what was chosen at the photobooth into the values of a request: one photo, and one picture in each style."""

from dataclasses import replace
from math import log

from django.http import QueryDict

from studio.imaging.sizes import Size
from studio.models import ImageModel, Input
from studio.prompt.prompt_form import PromptForm, fitted

PROJECT = "Photobooth"  # so that costs are summed under this name
PORTRAIT = Size(2, 3)  # before there is a photo, as the camera takes it
AUTO = "auto"


def values_of(chosen: QueryDict, *, photo: Input | None, model: ImageModel) -> PromptForm:
    """Return the values of a set: the styles, quality and words that were chosen, the photo, and its shape."""
    posted = PromptForm.posted(chosen)
    values = PromptForm(
        prompt=posted.prompt,
        style=posted.style,
        quality=posted.quality,
        visibility=posted.visibility,
        reference=(str(photo.code),) if photo else (),
        size=size_for(photo, model),
        n="1",
        project=PROJECT,
    )
    return replace(fitted(values, model), n="1")


def size_for(photo: Input | None, model: ImageModel) -> str:
    """Return the model's own size that is nearest to the photo's shape, and of these the smallest."""
    shape = Size(photo.width, photo.height) if photo else PORTRAIT
    offered = [Size.read(preset["size"]) for preset in model.size_presets if preset["size"] != AUTO]
    return str(min(offered, key=lambda size: (round(_difference(size, shape), 3), size.pixels))) if offered else AUTO


def _difference(size: Size, other: Size) -> float:
    return abs(log(size.width / size.height) - log(other.width / other.height))
