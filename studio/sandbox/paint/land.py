"""Draw rolling land: hills or dunes. Far sheets are pale, near ones deep."""
# ruff: noqa: E501 - outlines are long, and have many coordinates

import math

from studio.sandbox.paint import front, motifs, sky
from studio.sandbox.paint.canvas import Canvas
from studio.sandbox.paint.lines import Line, ridge
from studio.sandbox.paint.lines import hills as hill_line

HALF = 0.5
CREST = 0.62  # of a dune, from its foot


def hills(canvas: Canvas) -> None:
    horizon = canvas.height * 0.62
    sky.sky(canvas, horizon)
    _rolling(canvas, horizon, 5)
    front.finish(canvas, canvas.height * 0.86)


def _rolling(canvas: Canvas, horizon: float, count: int) -> None:
    w, h = canvas.width, canvas.height
    for index in range(count):
        share = index / (count - 1)
        chance = canvas.dice.random_for(f"hill{index}")
        base = horizon + (h * 0.9 - horizon) * share**1.15
        line = hill_line(chance, base, h * (0.075 + 0.035 * share))
        colour = canvas.palette.sheet(share)
        outline = ridge(line, w, h, 48 + 12 * canvas.detail)
        canvas.sheet(outline, colour.lit(0.05), colour.lit(-0.04), shade=(0.02, 0.34 + 0.25 * share))
        if 0 < index < count - 1:
            _orchard(canvas, index, line, share)
        if index == count - 2:
            _furrows(canvas, line)
    front.sprigs(canvas)


def _furrows(canvas: Canvas, line: Line) -> None:
    """Draw a ploughed field: the crest repeated downwards, fainter each time."""
    colour = canvas.palette.second.hex
    for row in range(1, 6):
        points = "L".join(
            f"{canvas.width * step / 40:.0f} {line(step / 40) + row * (9 + 4 * row):.1f}" for step in range(41)
        )
        canvas.draw(
            f'<path d="M{points}" fill="none" stroke="{colour}" stroke-width="2.6" stroke-opacity="{0.5 - row * 0.07:.2f}"/>'
        )


def _orchard(canvas: Canvas, index: int, line: Line, share: float) -> None:
    """Draw a few trees on the crest, smaller if it is farther."""
    chance = canvas.dice.random_for(f"orchard{index}")
    cut = motifs.pine(canvas.palette) if chance.random() < 0.5 else motifs.tree(canvas.palette)  # noqa: PLR2004
    middle = chance.uniform(0.1, 0.9)
    for _ in range(2 + canvas.detail + index):
        spot = min(0.98, max(0.02, middle + chance.gauss(0, 0.09)))
        y = line(spot)
        canvas.place(cut, spot * canvas.width, y + 5, (0.22 + 0.36 * share) * chance.uniform(0.8, 1.2))


def desert(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    horizon = h * 0.60
    sky.sky(canvas, horizon)
    for index in range(5):
        share = index / 4
        chance = canvas.dice.random_for(f"dune{index}")
        shift, long = chance.random(), 0.6 + 0.5 * share
        base = horizon + (h * 0.92 - horizon) * share

        def line(
            place: float, shift: float = shift, long: float = long, base: float = base, share: float = share
        ) -> float:
            turn = (place / long + shift) % 1
            rise = turn / CREST if turn < CREST else (1 - turn) / (1 - CREST)
            return base - h * (0.05 + 0.06 * share) * math.pow(rise, 1.3)

        colour = palette.sheet(share * 0.8).towards(palette.accent, 0.25)
        canvas.sheet(ridge(line, w, h, 90), colour.lit(0.05), colour.lit(-0.03), shade=(0.0, 0.55))
    spot = canvas.dice.random_for("cactus")
    for _ in range(2 + canvas.detail):
        canvas.place(_cactus(canvas), spot.uniform(0.05, 0.95) * w, h * spot.uniform(0.8, 0.95), spot.uniform(0.7, 1.5))
    front.finish(canvas, h * 0.93)


def _cactus(canvas: Canvas) -> str:
    green = canvas.palette.near.lit(0.04).hex
    return (
        f'<path d="M0 0V-96M0 -34H-26V-66M0 -48H24V-82" fill="none" stroke="{green}" stroke-width="15" '
        f'stroke-linecap="round" stroke-linejoin="round"/>'
    )
