"""Pixels. What lies farther from the paint than the feather is the input, bit for bit, whatever came back."""

import random
from typing import Any

import pytest
import pyvips

from studio.imaging import compositing, straying
from studio.imaging.compositing import CannotCompose
from tests.support.picture_bytes import opened, painting, plain, saved

pytestmark = pytest.mark.usefixtures("unshared")

WIDTH, HEIGHT = 240, 160


def mask(hole: tuple[int, int, int], width: int = WIDTH, height: int = HEIGHT) -> bytes:
    """Clear in a circle of (x, y, radius)."""
    alpha = (distance_from(hole, width, height) > 0).cast("uchar")
    black = (alpha * 0).cast("uchar")
    return saved(black.bandjoin([black, black, alpha]).copy(interpretation="srgb"), ".png")


def noise(seed: int, width: int = WIDTH, height: int = HEIGHT, bands: int = 3) -> Any:
    values = random.Random(seed).randbytes(width * height * bands)  # noqa: S311 no secret
    image = pyvips.Image.new_from_memory(values, width, height, bands, "uchar")
    return image.copy(interpretation="srgb").copy_memory()


def distance_from(hole: tuple[int, int, int], width: int = WIDTH, height: int = HEIGHT) -> Any:
    """Of each pixel to the nearest painted one, from above: at most one pixel more than it is."""
    x, y, radius = hole
    xyz = pyvips.Image.xyz(width, height)
    return ((xyz[0] - x) ** 2 + (xyz[1] - y) ** 2) ** 0.5 - radius


def worst(one: Any, other: Any, where: Any) -> float:
    """The largest difference of any band of any pixel there."""
    difference = (one.cast("int") - other.cast("int")).abs()
    return float(where.ifthenelse(difference, 0).max())


@pytest.mark.parametrize("feather", [0, 1, 7, 16, 40, 64])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_beyond_the_feather_every_pixel_is_the_inputs_own(feather: int, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 no secret
    hole = (dice.randrange(60, 180), dice.randrange(50, 110), dice.randrange(4, 40))
    base, result = noise(seed), noise(seed + 100)
    made = opened(compositing.compose(saved(base, ".png"), saved(result, ".png"), mask(hole), feather))
    distance = distance_from(hole)
    assert (made.width, made.height, made.bands) == (WIDTH, HEIGHT, 3)
    assert worst(made, base, distance > feather + 1) == 0
    assert worst(made, result, distance < -1) == 0
    if feather >= 16:
        assert worst(made, result, (distance > 2) & (distance < feather / 2)) > 0, "it fades"


def test_without_feather_there_is_no_third_colour() -> None:
    base, result = noise(1), noise(2)
    hole = (120, 80, 30)
    alpha = opened(mask(hole))[3]
    made = opened(compositing.compose(saved(base, ".png"), saved(result, ".png"), mask(hole), 0))
    assert worst(made, base, alpha == 255) == 0
    assert worst(made, result, alpha == 0) == 0


def test_the_feather_falls_steadily_outwards() -> None:
    fade = compositing.weight(mask((120, 80, 30)), 40)
    values = [fade(120 + 30 + step, 80)[0] for step in range(42)]
    assert values[0] == 255
    assert values == sorted(values, reverse=True)
    assert 0 < values[14] < 255
    assert values[41] == 0


def test_a_result_of_another_size_is_scaled_to_the_input() -> None:
    base = noise(1)
    result = saved(painting(WIDTH * 2, HEIGHT * 2), ".png")
    made = opened(compositing.compose(saved(base, ".png"), result, mask((120, 80, 30)), 8))
    assert (made.width, made.height) == (WIDTH, HEIGHT)
    assert worst(made, base, distance_from((120, 80, 30)) > 9) == 0


def test_a_result_of_another_shape_is_refused_in_words() -> None:
    with pytest.raises(CannotCompose, match="a different shape from 240 by 160"):
        compositing.compose(saved(noise(1), ".png"), plain(".png", 160, 160), mask((9, 9, 5)), 8)


@pytest.mark.parametrize("form", [".jpg", ".webp"])
def test_a_lossy_input_is_kept_as_it_is_decoded(form: str) -> None:
    base = plain(form, WIDTH, HEIGHT)
    made = opened(compositing.compose(base, saved(noise(5), ".png"), mask((120, 80, 20)), 4))
    assert worst(made, opened(base), distance_from((120, 80, 20)) > 5) == 0


def test_transparency_of_the_input_is_kept_too() -> None:
    base = noise(3, bands=4)
    made = opened(compositing.compose(saved(base, ".png"), saved(noise(4), ".png"), mask((120, 80, 20)), 4))
    assert made.bands == 4
    assert worst(made, base, distance_from((120, 80, 20)) > 5) == 0
    assert made(120, 80)[3] == 255


def test_a_broken_result_is_refused_and_raises_nothing_else() -> None:
    whole = saved(noise(1), ".png")
    for result in (b"", b"no picture", whole[: len(whole) // 2]):
        with pytest.raises(CannotCompose):
            compositing.compose(whole, result, mask((9, 9, 5)), 8)
        with pytest.raises(CannotCompose):
            straying.measure(whole, result, mask((9, 9, 5)), 8)


def test_a_model_that_kept_everything_strayed_nowhere() -> None:
    base = saved(painting(WIDTH, HEIGHT), ".png")
    changed = saved(painting(WIDTH, HEIGHT).invert(), ".png")
    hole = (120, 80, 30)
    obedient = compositing.compose(base, changed, mask(hole), 0)
    found = straying.measure(base, obedient, mask(hole), 8)
    assert found.changed_ppm == 0
    assert opened(found.heat)[3].max() == 0


def test_the_share_that_changed_is_of_what_was_to_be_kept() -> None:
    base = painting(WIDTH, HEIGHT)
    white = pyvips.Image.black(60, HEIGHT, bands=3) + 255
    result = base.insert(white.cast("uchar"), WIDTH - 60, 0)
    hole = (40, 80, 10)
    found = straying.measure(saved(base, ".png"), saved(result, ".png"), mask(hole), 0)
    assert found.changed_ppm == pytest.approx(250_000, abs=12_000)
    heat = opened(found.heat)
    assert heat(WIDTH - 30, 80)[3] > 100
    assert heat(100, 80)[3] == 0


def test_scaling_alone_is_no_straying() -> None:
    base = painting(WIDTH * 2, HEIGHT * 2)
    smaller = saved(base.resize(0.5), ".png")
    found = straying.measure(saved(base, ".png"), smaller, mask((80, 80, 30), width=WIDTH * 2, height=HEIGHT * 2), 8)
    assert found.changed_ppm == 0


def test_where_everything_was_to_be_redrawn_nothing_can_stray() -> None:
    base, clear = saved(noise(1), ".png"), mask((120, 80, 400))
    found = straying.measure(base, saved(noise(2), ".png"), clear, 8)
    assert found.changed_ppm is None
    assert opened(found.heat)[3].max() == 0
