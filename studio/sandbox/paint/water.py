"""Draw the sea, what floats on it, and the rock of a lighthouse."""

import math

from studio.sandbox.paint import front, motifs, sky
from studio.sandbox.paint.canvas import Canvas
from studio.sandbox.paint.lines import hills as hill_line
from studio.sandbox.paint.lines import ridge, waves

HALF = 0.5


def sea(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    horizon = h * 0.52
    x, _ = sky.sky(canvas, horizon)
    island = hill_line(canvas.dice.random_for("island"), horizon + h * 0.015, h * 0.055)
    canvas.sheet(ridge(island, w, horizon, 60), palette.sheet(0.22), shade=(0.0, 0.2), lift=0)
    canvas.sheet(f"M-20 {horizon:.0f}H{w + 20:.0f}V{h + 20:.0f}H-20Z", palette.sheet(0.12), palette.sheet(0.5), lift=0)
    _glitter(canvas, x, horizon)
    for index in range(6):
        share = index / 5
        base = horizon + (h - horizon) * (0.14 + 0.78 * share**1.2)
        line = waves(canvas.dice.random_for(f"wave{index}"), base, 10 + 22 * share, (90 + 150 * share) / w)
        colour = palette.sheet(0.25 + 0.7 * share)
        outline = ridge(line, w, h, 120 + 40 * canvas.detail)
        canvas.sheet(outline, colour.lit(0.05), colour, shade=(0.0, 0.5))
        if index == 2:  # noqa: PLR2004
            _afloat(canvas, base)
    _shore(canvas)
    front.finish(canvas, h * 0.93, skip=("lighthouse", "boat", "whale", "fish"))


def _glitter(canvas: Canvas, x: float, horizon: float) -> None:
    """Draw the reflection of the light on the water."""
    chance, light = canvas.dice.random_for("glitter"), canvas.palette.light.hex
    for row in range(12 + 5 * canvas.detail):
        y = horizon + 6 + (row**1.5) * 5
        breadth = chance.uniform(18, 60) * (1 + row * 0.08)
        place = x + chance.gauss(0, 10 + row * 3)
        canvas.draw(
            f'<rect x="{place - breadth / 2:.0f}" y="{y:.0f}" width="{breadth:.0f}" height="4.5" rx="2.2" '
            f'fill="{light}" fill-opacity="{0.75 - row * 0.02:.2f}"/>'
        )


def _afloat(canvas: Canvas, y: float) -> None:
    chance, wish, w = canvas.dice.random_for("afloat"), canvas.wish, canvas.width
    if "whale" in wish.motifs:
        canvas.place(
            motifs.whale(canvas.palette), w * chance.uniform(0.35, 0.6), y + 14, 2.0, flip=chance.random() < HALF
        )
    if "fish" in wish.motifs:
        canvas.place(motifs.fish(canvas.palette), w * chance.uniform(0.35, 0.6), y - 30, 2.0, turn=-18)
    if "boat" in wish.motifs or not wish.motifs or chance.random() < 0.4:  # noqa: PLR2004
        canvas.place(motifs.boat(canvas.palette), w * chance.uniform(0.2, 0.8), y + 8, chance.uniform(0.9, 1.5))


def _shore(canvas: Canvas) -> None:
    if "lighthouse" not in canvas.wish.motifs:
        return
    w, h, palette = canvas.width, canvas.height, canvas.palette
    is_left = canvas.dice.random_for("shore").random() < HALF
    line = hill_line(canvas.dice.random_for("rock"), 0, h * 0.03, 4)

    def rock(share: float) -> float:
        near = share if is_left else 1 - share
        return h * 0.66 + math.pow(near, 2.2) * h * 0.75 + line(share)

    canvas.sheet(ridge(rock, w, h, 90), palette.sheet(0.9), palette.ink, shade=(0.05, 0.6), lift=8)
    spot = 0.16 if is_left else 0.84
    canvas.place(motifs.lighthouse(palette), spot * w, rock(spot) + 8, 2.3)
