"""The colours of each look, measured: WCAG 2.2 AA for text (4.5) and for what must be found (3.0)."""

import math
import re
from pathlib import Path

import pytest

LOOKS = Path(__file__).parents[3] / "saas/static/darkroom/css/looks"
COLOUR = re.compile(r"--([\w-]+): oklch\(([\d.]+) ([\d.]+) ([\d.]+)\);")
NUMBER = re.compile(r"--(face-light|face-chroma): ([\d.]+);")
Colour = tuple[float, float, float]

GROUNDS = ("paper", "surface", "raised", "sunken")
TONES = ("good", "warn", "danger", "info")
FACE_HUES = (25, 50, 60, 80, 115, 150, 180, 210, 240, 270, 300, 335)


def tokens(look: str) -> dict[str, Colour]:
    text = (LOOKS / f"{look}.css").read_text()
    return {name: (float(a), float(b), float(c)) for name, a, b, c in COLOUR.findall(text)}


def linear(colour: Colour) -> Colour:
    """An OKLCH colour in linear sRGB, clipped as a screen clips it."""
    light, chroma, hue = colour
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (light - 0.0894841775 * a - 1.2914855480 * b) ** 3
    red = 4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short
    green = -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short
    blue = -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short
    return clip(red), clip(green), clip(blue)


def clip(part: float) -> float:
    return min(max(part, 0), 1)


def luminance(rgb: Colour) -> float:
    red, green, blue = rgb
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def whitened(part: float, share: float) -> float:
    """A linear part under a veil of white, mixed as screens mix: in encoded sRGB."""
    encoded = 12.92 * part if part <= 0.0031308 else 1.055 * part ** (1 / 2.4) - 0.055
    mixed = encoded * (1 - share) + share
    return float(((mixed + 0.055) / 1.055) ** 2.4)


def contrast(one: Colour, other: Colour, veil: float = 0) -> float:
    """Between two OKLCH colours; a veil lies over the second one."""
    red, green, blue = (whitened(part, veil) if veil else part for part in linear(other))
    darker, lighter = sorted((luminance(linear(one)), luminance((red, green, blue))))
    return (lighter + 0.05) / (darker + 0.05)


def text_pairs() -> list[tuple[str, str]]:
    inks = [(ink, ground) for ink in ("ink", "ink-soft", "ink-faint") for ground in GROUNDS]
    tones = [(f"{tone}-text", ground) for tone in TONES for ground in (f"{tone}-soft", "paper", "surface", "raised")]
    accents = [("accent-text", ground) for ground in ("paper", "surface", "raised")]
    fills = [("primary-ink", "primary"), ("primary-ink", "primary-hover")]
    return [*inks, *tones, *accents, *fills, ("danger-ink", "danger"), ("danger-ink", "danger-hover")]


def found_pairs() -> list[tuple[str, str]]:
    return [(mark, ground) for mark in ("line-control", "focus", "accent") for ground in ("paper", "surface")]


@pytest.mark.parametrize("look", ["gallery", "darkroom", "crayon"])
def test_text_can_be_read_in_every_look(look: str) -> None:
    found = tokens(look)

    weak = {pair: round(contrast(found[pair[0]], found[pair[1]]), 2) for pair in text_pairs()}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("look", ["gallery", "darkroom", "crayon"])
def test_controls_and_focus_can_be_found_in_every_look(look: str) -> None:
    found = tokens(look)

    weak = {pair: round(contrast(found[pair[0]], found[pair[1]]), 2) for pair in found_pairs()}

    assert {pair: ratio for pair, ratio in weak.items() if ratio < 3} == {}


@pytest.mark.parametrize("look", ["gallery", "darkroom", "crayon"])
def test_initials_can_be_read_on_every_face(look: str) -> None:
    size = {name: float(value) for name, value in NUMBER.findall((LOOKS / f"{look}.css").read_text())}
    ink = tokens(look)["face-ink"]

    ratios = [contrast(ink, (size["face-light"], size["face-chroma"], hue)) for hue in FACE_HUES]

    assert min(ratios) >= 4.5


@pytest.mark.parametrize("fill", ["primary", "primary-hover", "danger", "danger-hover"])
def test_words_on_wax_can_be_read_where_the_paper_shines_through_most(fill: str) -> None:
    found = tokens("crayon")
    texture = re.search(r"--fill-texture: .*?g opacity='([.\d]+)'", (LOOKS / "crayon.css").read_text())
    assert texture

    ratio = contrast(found[f"{fill.partition('-')[0]}-ink"], found[fill], veil=float(texture[1]))

    assert ratio >= 4.5


def test_a_look_is_a_file_of_tokens_and_the_same_tokens_as_the_others() -> None:
    names = {}
    for path in LOOKS.glob("*.css"):
        text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.DOTALL)
        assert text.count("{") == 1
        names[path.stem] = set(re.findall(r"^\s*([\w-]+):", text, flags=re.MULTILINE))

    assert sorted(names) == ["crayon", "darkroom", "gallery"]
    assert names["crayon"] == names["darkroom"] == names["gallery"]
