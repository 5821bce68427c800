"""Draw what stands in front: grass in the corners, and the motifs that the prompt names."""
# ruff: noqa: E501 - outlines are long, and have many coordinates

import math

from studio.sandbox.paint import motifs, weather
from studio.sandbox.paint.canvas import Canvas, disc
from studio.sandbox.paint.lines import petal

STANDING = ("house", "tree", "lighthouse", "fire", "fox", "cat", "robot", "rocket", "heart")
HALF = 0.5
BIG = {"fox": 2.3, "cat": 2.3, "robot": 2.2, "heart": 2.0, "rocket": 2.0, "lighthouse": 1.9, "fire": 1.5}


def sprigs(canvas: Canvas) -> None:
    """Draw grass and leaves close by in both corners, to frame the view."""
    chance, palette, h = canvas.dice.random_for("sprigs"), canvas.palette, canvas.height
    for side in (0, 1):
        for index in range(5 + 2 * canvas.detail):
            x = abs(side * canvas.width - chance.uniform(-20, 300))
            tall, lean = chance.uniform(90, 250), chance.uniform(-0.35, 0.35)
            fill = palette.near.lit(-0.06 + 0.04 * (index % 3)).hex
            top = (x + math.sin(lean) * tall, h - tall)
            canvas.draw(
                f'<path d="M{x:.0f} {h + 10:.0f}Q{x:.0f} {h - tall * 0.5:.0f} {top[0]:.0f} {top[1]:.0f}" fill="none" stroke="{fill}" stroke-width="5"/>'
            )
            if index % 3 == 0:
                canvas.draw(
                    f'<circle cx="{top[0]:.0f}" cy="{top[1]:.0f}" r="{chance.uniform(9, 15):.0f}" fill="{(palette.accent, palette.second, palette.light)[index // 3 % 3].hex}"/>'
                )
            else:
                leaves = "".join(
                    petal(x + math.sin(lean) * tall * up * up, h - tall * up, 54, 11, lean - math.pi / 2 + turn)
                    for up in (0.4, 0.6, 0.8, 0.97)
                    for turn in (-0.75, 0.75)
                )
                canvas.draw(f'<path d="{leaves}" fill="{fill}"/>')


def finish(canvas: Canvas, ground: float, skip: tuple[str, ...] = ()) -> None:
    """Draw the named motifs that stand in front, then balloons, then the weather."""
    chance, wish = canvas.dice.random_for("finish"), canvas.wish
    standing = [name for name in STANDING if name in wish.motifs and name not in skip]
    for index, name in enumerate(standing):
        x = canvas.width * ((index + 1) / (len(standing) + 1) + chance.uniform(-0.08, 0.08))
        scale = BIG.get(name, 1.7)
        canvas.draw(f'<path d="{disc(x, ground - 2, 40 * scale)}" transform="translate(0 {ground * 0.9:.0f}) scale(1 0.1)" '
                    f'fill="{canvas.palette.ink.hex}" fill-opacity="0.28"/>')  # fmt: skip
        canvas.place(motifs.MOTIFS[name](canvas.palette), x, ground, scale, flip=chance.random() < HALF)
    if "balloon" in wish.motifs:
        for size in (1.9, 1.0, 0.7):
            x, y = chance.uniform(0.15, 0.85) * canvas.width, canvas.height * chance.uniform(0.28, 0.5)
            canvas.place(motifs.balloon(canvas.palette), x, y, size)
    weather.falling(canvas)
