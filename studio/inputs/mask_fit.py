"""Check a stored mask against Image 1, and Image 1's shape against the size asked for. This happens before anything is
sent and paid for: the provider would refuse the request later, or the composite could not be made.

The bytes of a mask are checked at upload, by `studio.imaging.inspection.check_mask`."""

from collections.abc import Sequence

from studio.catalogue.fields import Fault
from studio.catalogue.specs import AUTO, Spec
from studio.imaging.inspection import Sides
from studio.imaging.sizes import Size, fits, of_shape
from studio.models import ImageModel, Input


def mask_faults(mask: Input | None, references: Sequence[Sides]) -> list[Fault]:
    """Return why this mask does not fit Image 1: it is not a mask, or it has another size. A mask without any reference
    is refused by `studio.catalogue.operations`."""
    if mask is None or not references:
        return []
    if not mask.is_mask:
        return [Fault("mask", "no_mask", "That picture is not a mask. Add the mask again.")]
    first = references[0]
    if (mask.width, mask.height) == (first.width, first.height):
        return []
    sentence = (
        f"The mask was made for a picture of {mask.width} by {mask.height} pixels, and Image 1 is {first.width} by "
        f"{first.height}. Remove the mask, or put its picture first."
    )
    return [Fault("mask", "mask_size", sentence)]


def keep_rest_faults(spec: Spec, references: Sequence[Input], model: ImageModel) -> list[Fault]:
    """Return why the rest of Image 1 cannot be kept at the size asked for: a result of another shape does not cover
    it pixel by pixel."""
    if not (spec.keep_rest and references) or spec.size == AUTO:
        return []
    first = Size(references[0].width, references[0].height)
    if fits(Size.read(spec.size), first):
        return []
    best = str(of_shape(first.width, first.height, model.sizes))
    sentence = (
        f"Image 1 is {first.width} by {first.height} pixels, a different shape from {spec.size}, so the area outside "
        f"the mask could not be kept exactly. Choose {best}."
    )
    return [Fault("size", "another_shape", sentence, best)]
