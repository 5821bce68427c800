"""A mask says by its transparency where the first picture may change."""

import os
import zlib
from typing import Any

import pytest
import pyvips

from studio.imaging import inspection
from studio.imaging.inspection import Picture, UploadRefused, check_mask, examine
from tests.support import picture_bytes

pytestmark = pytest.mark.usefixtures("unshared")

FIRST = examine(picture_bytes.plain(".jpg"))


def mask(alpha: Any, width: int = 60, height: int = 40, form: str = ".png") -> Picture:
    colours = pyvips.Image.black(width, height, bands=3).copy(interpretation="srgb")
    return examine(picture_bytes.saved(colours.bandjoin(alpha), form))


def hole(level: int = 0) -> Any:
    """Opaque but for one pixel."""
    return (pyvips.Image.black(60, 40) + 255).draw_rect(level, 59, 39, 1, 1, fill=True).cast("uchar")


def code(picture: Picture, first: Picture = FIRST) -> str:
    with pytest.raises(UploadRefused) as refusal:
        check_mask(picture, first)
    assert refusal.value.sentence.endswith(".")
    return refusal.value.code


def test_a_mask_with_one_transparent_pixel_is_taken() -> None:
    check_mask(mask(hole()), FIRST)


def test_a_mask_that_is_transparent_all_over_is_taken() -> None:
    check_mask(mask(0), FIRST)


def test_a_mask_of_sixteen_bits_or_of_grey_or_with_a_palette_is_taken() -> None:
    image = picture_bytes.opened(mask(hole()).data)
    for data in (
        picture_bytes.saved(image.colourspace("rgb16"), ".png"),
        picture_bytes.saved(image.colourspace("b-w"), ".png"),
        picture_bytes.saved(image, ".png[palette]"),
    ):
        check_mask(examine(data), FIRST)


@pytest.mark.parametrize("alpha", [255, 254, 1])
def test_a_mask_without_a_transparent_place_is_empty(alpha: int) -> None:
    assert code(mask(alpha)) == "mask_empty"


def test_a_mask_with_a_faint_place_only_is_empty() -> None:
    assert code(mask(hole(1))) == "mask_empty"


def test_a_mask_must_be_able_to_be_transparent() -> None:
    assert code(examine(picture_bytes.plain(".png"))) == "mask_without_alpha"


@pytest.mark.parametrize("form", [".webp", ".webp[lossless]"])
def test_a_mask_must_be_a_png(form: str) -> None:
    assert code(mask(0, form=form)) == "mask_not_png"
    assert code(examine(picture_bytes.plain(".jpg"))) == "mask_not_png"


@pytest.mark.parametrize(("width", "height"), [(40, 60), (61, 40), (120, 80)])
def test_a_mask_must_have_the_size_of_the_first_picture(width: int, height: int) -> None:
    assert code(mask(0, width, height)) == "mask_size"


def test_sizes_are_compared_upright() -> None:
    turned = examine(picture_bytes.turned(".jpg", 6))
    check_mask(mask(0, 40, 60), turned)
    assert code(mask(0), turned) == "mask_size"


def test_a_mask_may_have_four_megabytes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspection.MASK_LIMIT_BYTES == 4_000_000
    good = mask(hole())
    monkeypatch.setattr(inspection, "MASK_LIMIT_BYTES", len(good.data))
    check_mask(good, FIRST)
    monkeypatch.setattr(inspection, "MASK_LIMIT_BYTES", len(good.data) - 1)
    assert code(good) == "mask_too_big"


def test_a_damaged_mask_is_refused() -> None:
    noise = zlib.compress(os.urandom(40 * 241))
    assert code(examine(picture_bytes.png(60, 40, colour=6, packed=noise[:4000]))) == "corrupt"
