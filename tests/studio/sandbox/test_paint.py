"""The painter by itself."""

import ast
from pathlib import Path

import pytest
import pyvips

from studio.imaging.containers import BrokenPicture
from studio.sandbox.paint import editing, loading, words
from studio.sandbox.paint.colours import Colour
from studio.sandbox.paint.picture import SCENES, Brief, paint
from studio.sandbox.paint.seeds import Dice
from studio.sandbox.painter import Job, Painting
from tests.studio.sandbox.calling import distance
from tests.support import picture_bytes

PACKAGE = Path("studio/sandbox")


def sketch(prompt: str, quality: str = "low", *, seed: int = 0, slot: int = 0) -> pyvips.Image:
    return paint(Brief(prompt, 320, 320, quality, seed, slot)).copy_memory()


@pytest.mark.parametrize("scene", SCENES)
def test_every_scene_can_be_painted_at_any_quality_and_shape(scene: str) -> None:
    for width, height, quality in ((640, 224, "low"), (224, 640, "max"), (320, 320, "xhigh")):
        painted = paint(Brief(scene, width, height, quality))
        assert (painted.width, painted.height, painted.bands, painted.format) == (width, height, 3, "uchar")
        assert painted.deviate() > 5


def test_the_same_words_paint_the_same_and_chance_paints_a_sibling() -> None:
    assert distance(sketch("a fox"), sketch("a fox")) == 0
    assert distance(sketch("a fox"), sketch("a fox", slot=1)) > 3
    assert distance(sketch("a fox"), sketch("a fox", seed=1)) > 3


def test_qualities_differ_but_not_in_composition() -> None:
    low, high = sketch("mountains at dawn"), sketch("mountains at dawn", "max")
    assert 0 < distance(low, high) < 15


@pytest.mark.parametrize(
    ("prompt", "scene", "time"),
    [
        ("a lighthouse by the ocean at midnight", "sea", "night"),
        ("Eine Hütte in den Bergen im Winter", "mountains", "winter"),
        ("日落时的海", "sea", "sunset"),
        ("夜晚的城市", "city", "night"),
        ("зимний лес, снег", "forest", "winter"),
        ("un bosque en primavera, bruma, aube", "forest", "dawn"),
        ("product shot of a bottle, summer", "still", "day"),
    ],
)
def test_words_lead_to_places_and_times(prompt: str, scene: str, time: str) -> None:
    wish = words.read_wish(prompt, Dice(prompt))
    assert (wish.scene, wish.time) == (scene, time)


def test_a_colour_that_is_named_is_seen() -> None:
    red, blue = (sketch(f"abstract hills, {name}, day") for name in ("red", "blue"))
    assert red[0].avg() > red[2].avg()
    assert blue[2].avg() > blue[0].avg()


def test_words_that_nobody_knows_lead_somewhere() -> None:
    wish = words.read_wish("xyzzy plugh", Dice("xyzzy plugh"))
    assert wish.is_guessed
    assert wish.scene in SCENES


@pytest.mark.parametrize("colour", [Colour(0.7, 0.4, 30), Colour(0.98, 0.3, 260), Colour(0.05, 0.3, 140)])
def test_colours_that_no_screen_shows_give_way_to_some_that_it_can(colour: Colour) -> None:
    assert all(0 <= channel <= 255 for channel in colour.rgb)
    assert len(colour.hex) == 7


def test_partials_keep_a_transparent_background() -> None:
    painting = Painting(Job(Brief("sticker of a cat", 320, 320, "low", is_transparent=True)))
    partial, final = (picture_bytes.opened(data) for data in (painting.partial(0, 2), painting.final()))
    assert distance(partial[3], final[3]) == 0


def test_svg_stays_shut_for_strangers() -> None:
    sketch("a fox")
    with pytest.raises(BrokenPicture):
        loading.plain(b'<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>')


def test_the_sandbox_knows_nothing_of_the_product() -> None:
    named = set()
    for file in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                named |= {f"{node.module}.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.Import):
                named |= {alias.name for alias in node.names}
    ours = {name for name in named if name.startswith(("studio.", "accounts", "billing", "saas"))}
    assert {name for name in ours if not name.startswith(("studio.sandbox", "studio.openai_wire"))} == {
        "saas.web.bearer",  # reads a header, and knows nothing
        "studio.imaging.containers",
        "studio.imaging.containers.BrokenPicture",
        "studio.imaging.containers.Header",
        "studio.imaging.decode_turns",
        "studio.imaging.vips",
    }
    assert not any(name.startswith(("django.db", "channels", "dramatiq", "openai", "numpy", "PIL")) for name in named)


def test_a_print_is_the_same_picture_larger_and_finer() -> None:
    proof = picture_of("A lighthouse on a cliff at dusk", 320, "low")
    again = f"{editing.AGAIN}, in full detail.\n\nWhat it shows: A lighthouse on a cliff at dusk"
    printed = pyvips.Image.new_from_buffer(
        Painting(Job(Brief(again, 640, 640, "high"), images=(proof,))).final(), ""
    ).copy_memory()
    assert (printed.width, printed.height) == (640, 640)
    before = pyvips.Image.new_from_buffer(proof, "").resize(2)
    assert distance(printed, before) < 4
    other = pyvips.Image.new_from_buffer(
        Painting(Job(Brief("A lighthouse on a cliff at dusk", 640, 640, "high"), images=(proof,))).final(), ""
    )
    assert distance(other, before) > 8


def picture_of(prompt: str, side: int, quality: str) -> bytes:
    return Painting(Job(Brief(prompt, side, side, quality))).final()
