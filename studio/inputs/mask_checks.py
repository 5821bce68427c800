"""Whether the pictures that were given fit each other and what is asked. Said before anything is sent and paid for: the
provider would refuse it later, or a composite could not be made."""

from collections.abc import Sequence

from studio.asking import SpecError
from studio.models import ImageModel, Input
from studio.sizes import Size, fits, of_shape
from studio.specs import Spec

AUTO = "auto"


def mask_faults(mask: Input | None, references: Sequence[Input]) -> list[SpecError]:
    """A mask lies on the first picture, pixel by pixel. Without any picture, the spec has refused it already."""
    if mask is None or not references:
        return []
    if not mask.is_mask:
        return [SpecError("mask", "no_mask", "That picture is no mask. Give one again.")]
    first = references[0]
    if (mask.width, mask.height) == (first.width, first.height):
        return []
    sentence = (
        f"The mask was made for a picture of {mask.width} by {mask.height} pixels, and Image 1 is {first.width} by "
        f"{first.height}. Remove the mask, or put its picture first."
    )
    return [SpecError("mask", "mask_size", sentence)]


def keeping_faults(spec: Spec, references: Sequence[Input], model: ImageModel) -> list[SpecError]:
    """A result of another shape cannot be laid over the picture that should be kept."""
    if not (spec.keep_rest and references) or spec.size == AUTO:
        return []
    first = Size(references[0].width, references[0].height)
    if fits(Size.read(spec.size), first):
        return []
    best = str(of_shape(first.width, first.height, model.sizes))
    sentence = (
        f"Image 1 is {first.width} by {first.height} pixels, another shape than {spec.size}: nothing outside the mask "
        f"could be kept exactly. Choose {best}."
    )
    return [SpecError("size", "another_shape", sentence, best)]
