"""Draw a city, space or flowers."""
# ruff: noqa: E501, PLR0917 - outlines are long, and have many coordinates

import math

from studio.sandbox.paint import front, motifs, sky
from studio.sandbox.paint.canvas import Canvas
from studio.sandbox.paint.colours import Colour
from studio.sandbox.paint.lines import blob, hills, petal, ridge


def city(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    sky.sky(canvas, h * 0.75)
    for index in range(4):
        share = index / 3
        chance = canvas.dice.random_for(f"row{index}")
        colour = palette.sheet(0.12 + 0.85 * share)
        outline, windows, x = "", "", -30.0
        while x < w + 30:
            wide = chance.uniform(46, 96) * (0.8 + 0.5 * share)
            top = h * (0.74 - 0.1 * share) - h * chance.uniform(0.06, 0.44) * (1 - 0.35 * share) + h * 0.16 * share
            outline += _tower(x, top, wide, h, chance.choice(["flat", "step", "spire", "slant", "flat"]))
            windows += _windows(x, top, wide, h, canvas, index)
            x += wide + chance.choice([0, 0, 8, 20])
        fill = colour.lit(0.04)
        canvas.sheet(outline, fill, colour.towards(palette.glow, 0.28 * (1 - share)), shade=(0.05, 0.3), lift=5)
        canvas.draw(f'<path d="{windows}" fill="{palette.light.hex}" fill-opacity="{0.35 + 0.5 * share:.2f}"/>')
    front.finish(canvas, h * 0.97)


def _tower(x: float, top: float, wide: float, bottom: float, crown: str) -> str:
    right, middle = x + wide, x + wide / 2
    heads = {
        "flat": f"L{x:.0f} {top:.0f}H{right:.0f}",
        "step": f"V{top:.0f}H{x + wide * 0.2:.0f}V{top - 26:.0f}H{right - wide * 0.2:.0f}V{top:.0f}H{right:.0f}",
        "spire": f"V{top:.0f}L{middle - 3:.0f} {top - 30:.0f}V{top - 90:.0f}H{middle + 3:.0f}V{top - 30:.0f}L{right:.0f} {top:.0f}",
        "slant": f"V{top:.0f}L{right:.0f} {top - wide * 0.5:.0f}",
    }
    return f"M{x:.0f} {bottom + 20:.0f}{heads[crown]}V{bottom + 20:.0f}Z"


def _windows(x: float, top: float, wide: float, bottom: float, canvas: Canvas, row: int) -> str:
    chance = canvas.dice.random_for(f"windows{row}:{x:.0f}")
    step = 19 + row * 3
    lit = 0.5 if canvas.palette.is_dark else 0.3
    spots = []
    columns = max(1, int((wide - 12) / step))
    for line in range(int((bottom - top) / (step * 1.25))):
        for column in range(columns):
            if chance.random() < lit:
                left = x + (wide - columns * step) / 2 + column * step + 4
                spots.append(f"M{left:.0f} {top + 14 + line * step * 1.25:.0f}h{step - 9}v{step - 6}h{9 - step}Z")
    return "".join(spots)


def space(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    deep = palette.sky._replace(lightness=0.22)
    canvas.sheet(
        f"M-20 -20H{w + 20:.0f}V{h + 20:.0f}H-20Z", deep.lit(-0.06), deep.lit(0.12).turned(25), shade=(0.0, 0.4), lift=0
    )
    for index in range(3):
        chance = canvas.dice.random_for(f"nebula{index}")
        x, y, size = chance.random() * w, chance.random() * h, chance.uniform(300, 560)
        tint = (palette.accent, palette.second, palette.glow)[index]
        canvas.draw(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{size:.0f}" fill="{canvas.halo(tint, 0.4)}"/>')
    sky.stars(canvas, h)
    chance = canvas.dice.random_for("planet")
    x, y, size = w * chance.uniform(0.36, 0.64), h * chance.uniform(0.4, 0.58), chance.uniform(190, 265)
    _planet(canvas, x, y, size)
    for index in range(2):
        small = canvas.dice.random_for(f"moon{index}")
        angle, out = small.uniform(0, 6.28), size * small.uniform(1.75, 2.2)
        canvas.circle(
            x + math.cos(angle) * out,
            y + math.sin(angle) * out * 0.7,
            small.uniform(22, 62),
            palette.second,
            shade=(0.0, 0.7),
        )
    if "rocket" in canvas.wish.motifs or chance.random() < 0.5:  # noqa: PLR2004
        canvas.place(motifs.rocket(palette), w * 0.24, h * 0.74, 1.7, turn=38)
    front.finish(canvas, h * 0.95, skip=("rocket", "lighthouse", "house"))


def _planet(canvas: Canvas, x: float, y: float, size: float) -> None:
    palette, chance = canvas.palette, canvas.dice.random_for("bands")
    ring = f'fill="none" stroke="{palette.light.hex}" stroke-width="{size * 0.12:.0f}" stroke-opacity="0.85"'
    tilt = f'transform="rotate(-18 {x:.0f} {y:.0f})"'
    canvas.draw(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{size * 1.5:.0f}" fill="{canvas.halo(palette.accent, 0.5)}"/>')
    canvas.draw(f'<ellipse cx="{x:.0f}" cy="{y:.0f}" rx="{size * 1.65:.0f}" ry="{size * 0.36:.0f}" {ring} {tilt}/>')
    canvas.circle(x, y, size, palette.accent, shade=(0.0, 0.75))
    for band in range(4):
        rise = size * (-0.55 + band * 0.34 + chance.uniform(-0.06, 0.06))
        half = math.sqrt(size**2 - rise**2)
        canvas.draw(
            f'<path {tilt} d="M{x - half:.0f} {y + rise:.0f}A{size:.0f} {size:.0f} 0 0 0 {x - half * 0.97:.0f} {y + rise + size * 0.1:.0f}'
            f'H{x + half * 0.97:.0f}A{size:.0f} {size:.0f} 0 0 0 {x + half:.0f} {y + rise:.0f}Z" '
            f'fill="{(palette.second if band % 2 else palette.accent.lit(-0.1)).hex}" fill-opacity="0.7"/>'
        )
    arc = f"M{x - size * 1.65:.0f} {y:.0f}A{size * 1.65:.0f} {size * 0.36:.0f} 0 0 0 {x + size * 1.65:.0f} {y:.0f}"
    canvas.draw(f'<path d="{arc}" {ring} {tilt}/>')


def flowers(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    sky.sky(canvas, h * 0.85)
    for index in range(3):
        line = hills(canvas.dice.random_for(f"meadow{index}"), h * (0.66 + 0.12 * index), h * 0.04)
        colour = palette.sheet(0.3 + 0.3 * index)
        canvas.sheet(ridge(line, w, h, 50), colour.lit(0.04), colour, shade=(0.0, 0.45))
    count = max(4, round(6 * w / 1000)) + canvas.detail
    heads = [
        palette.accent,
        palette.second,
        palette.accent.turned(35),
        palette.light,
        palette.accent.lit(0.1).turned(-25),
    ]
    order = sorted(range(count), key=lambda item: canvas.dice.random_for(f"tall{item}").random())
    for item in order:
        chance = canvas.dice.random_for(f"flower{item}")
        x = w * (item + 0.5 + chance.uniform(-0.3, 0.3)) / count
        y = h * chance.uniform(0.26, 0.66)
        _flower(canvas, x, y, chance.uniform(66, 128), heads[item % len(heads)].hex, item)
    front.finish(canvas, h * 0.97)


def _flower(canvas: Canvas, x: float, y: float, size: float, fill: str, item: int) -> None:
    chance, palette, h = canvas.dice.random_for(f"petals{item}"), canvas.palette, canvas.height
    bend, foot = chance.uniform(-50, 50), x + chance.uniform(-50, 50)
    stem = palette.near.towards(Colour(0.42, 0.11, 150), 0.7).hex
    canvas.draw(
        f'<path d="M{foot:.0f} {h + 10:.0f}Q{x + bend:.0f} {(h + y) / 2:.0f} {x:.0f} {y:.0f}" fill="none" stroke="{stem}" stroke-width="9"/>'
        f'<path d="{petal((foot + x) / 2 + bend / 2, (h + y) / 2 + 20, size * 1.1, size * 0.3, -0.6)}" fill="{stem}"/>'
        f'<path d="{petal((foot + x) / 2 + bend / 2, (h + y) / 2 + 60, size, size * 0.3, math.pi + 0.5)}" fill="{palette.near.towards(Colour(0.50, 0.12, 145), 0.7).hex}"/>'
    )
    leaves, turn = chance.choice([5, 6, 8, 9]), chance.random()
    outline = "".join(
        petal(x, y, size, size * 0.42 * 6 / leaves, turn + math.tau * leaf / leaves) for leaf in range(leaves)
    )
    canvas.cast(outline, 7)
    canvas.draw(f'<path d="{outline}" fill="{fill}"/>')
    canvas.shades.append(f'<path d="{outline}" fill="#1a1a1a"/>')
    inner = "".join(
        petal(x, y, size * 0.55, size * 0.14, turn + math.tau * (leaf + 0.5) / leaves) for leaf in range(leaves)
    )
    canvas.draw(f'<path d="{inner}" fill="{palette.ink.hex}" fill-opacity="0.16"/>')
    canvas.draw(f'<path d="{blob(chance, x, y, size * 0.26, 0.1)}" fill="{palette.light.hex}"/>')
    dots = "".join(
        f'<circle cx="{x + math.cos(a) * size * 0.13:.1f}" cy="{y + math.sin(a) * size * 0.13:.1f}" r="3.2"/>'
        for a in range(6)
    )
    canvas.draw(f'<g fill="{palette.ink.hex}" fill-opacity="0.6">{dots}</g>')
