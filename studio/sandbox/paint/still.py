"""Draw a scene indoors: things on a table, and the light on the wall behind them."""
# ruff: noqa: E501 - outlines are long, and have many coordinates

import math

from studio.sandbox.paint.canvas import Canvas
from studio.sandbox.paint.lines import blob, petal


def still(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    chance = canvas.dice.random_for("still")
    wall, table = palette.far.lit(0.06), palette.accent.toned(0.75).lit(0.04)
    canvas.sheet(f"M-20 -20H{w + 20:.0f}V{h + 20:.0f}H-20Z", wall.lit(0.04), wall.lit(-0.05), shade=(0.16, 0.0), lift=0)
    x, y = w * chance.choice([0.3, 0.68]), h * 0.36
    canvas.circle(x, y, min(w, h) * 0.27, palette.light, shade=(0.0, 0.3))
    canvas.draw(
        f'<path d="M{w * 0.05:.0f} -20L{w * 0.5:.0f} {h:.0f}H{w * 0.85:.0f}L{w * 0.3:.0f} -20Z" fill="{palette.paper.hex}" fill-opacity="0.16"/>'
    )
    level = h * 0.70
    canvas.sheet(f"M-20 {level:.0f}H{w + 20:.0f}V{h + 20:.0f}H-20Z", table, table.lit(-0.07), shade=(0.0, 0.45), lift=6)
    wished = [name for name in ("bottle", "mug", "vase", "fruit") if name in canvas.wish.motifs] or ["vase", "fruit"]
    scene = {"bottle": bottle, "mug": mug, "vase": vase, "fruit": fruit}
    things = wished if len(wished) > 1 else [*wished, "fruit" if wished[0] != "fruit" else "mug"]
    for index, name in enumerate(things[:3]):
        place = w * 0.5 + (index - (len(things[:3]) - 1) / 2) * 300 + chance.uniform(-15, 15)
        foot = level + 60 + 40 * index
        shadow = f"M{place - 60:.0f} {foot - 4:.0f}L{place + 330:.0f} {foot + 24:.0f}L{place + 300:.0f} {foot + 62:.0f}L{place - 40:.0f} {foot + 8:.0f}Z"
        canvas.draw(f'<path d="{shadow}" fill="{palette.ink.hex}" fill-opacity="0.22"/>')
        scene[name](canvas, place, foot)


def bottle(canvas: Canvas, x: float, y: float) -> None:
    p = canvas.palette
    glass = p.near.lit(0.12)
    body = f"M{x - 90} {y}V{y - 250}Q{x - 90} {y - 300} {x - 34} {y - 318}V{y - 372}H{x + 34}V{y - 318}Q{x + 90} {y - 300} {x + 90} {y - 250}V{y}Z"
    canvas.sheet(body, glass.lit(0.08), glass.lit(-0.06), shade=(0.0, 0.5), lift=7)
    canvas.sheet(f"M{x - 44} {y - 366}V{y - 432}H{x + 44}V{y - 366}Z", p.ink, shade=(0.0, 0.1), lift=4)
    canvas.draw(
        f'<path d="M{x - 72} {y - 22}V{y - 246}Q{x - 70} {y - 276} {x - 40} {y - 292}V{y - 22}Z" fill="{p.paper.hex}" fill-opacity="0.28"/>'
    )
    canvas.sheet(f"M{x - 62} {y - 60}V{y - 205}H{x + 62}V{y - 60}Z", p.paper, shade=(0.0, 0.2), lift=2)
    canvas.draw(
        f'<circle cx="{x}" cy="{y - 148}" r="34" fill="{p.accent.hex}"/><path d="M{x - 40} {y - 92}h80v7h-80ZM{x - 26} {y - 78}h52v5h-52Z" fill="{p.ink.hex}"/>'
    )


def mug(canvas: Canvas, x: float, y: float) -> None:
    p = canvas.palette
    canvas.draw(
        f'<ellipse cx="{x + 104}" cy="{y - 104}" rx="48" ry="56" fill="none" stroke="{p.second.lit(-0.06).hex}" stroke-width="24"/>'
    )
    canvas.sheet(
        f"M{x - 104} {y - 200}H{x + 104}L{x + 92} {y - 24}Q{x + 90} {y} {x + 62} {y}H{x - 62}Q{x - 90} {y} {x - 92} {y - 24}Z",
        p.second.lit(0.04),
        p.second.lit(-0.05),
        shade=(0.0, 0.4),
        lift=6,
    )
    canvas.draw(
        f'<ellipse cx="{x}" cy="{y - 200}" rx="104" ry="25" fill="{p.second.lit(0.08).hex}"/><ellipse cx="{x}" cy="{y - 197}" rx="90" ry="18" fill="{p.ink.lit(0.08).hex}"/>'
    )
    canvas.draw(
        f'<path d="M{x - 60} {y - 110}q30 -42 60 0t60 0" fill="none" stroke="{p.paper.hex}" stroke-width="13" stroke-linecap="round"/>'
    )
    for side in (-34, 4, 42):
        canvas.draw(
            f'<path d="M{x + side} {y - 232}q-28 -42 0 -78t0 -78" fill="none" stroke="{p.paper.hex}" stroke-width="10" stroke-opacity="0.6" stroke-linecap="round"/>'
        )


def vase(canvas: Canvas, x: float, y: float) -> None:
    p, chance = canvas.palette, canvas.dice.random_for("vase")
    heads = [p.accent, p.light, p.accent.turned(40), p.paper, p.accent.lit(0.08)]
    for stem in range(5):
        lean = (stem - 2) * 74 + chance.uniform(-16, 16)
        top = y - 430 + abs(stem - 2) * 48 + chance.uniform(-24, 24)
        canvas.draw(
            f'<path d="M{x} {y - 210}Q{x + lean * 0.3:.0f} {y - 330} {x + lean:.0f} {top:.0f}" fill="none" stroke="{p.near.hex}" stroke-width="8"/>'
        )
        canvas.draw(
            f'<path d="{petal(x + lean * 0.45, y - 300, 80, 22, -0.5 if lean > 0 else math.pi + 0.5)}" fill="{p.near.lit(0.06).hex}"/>'
        )
        bloom = "".join(petal(x + lean, top, 66, 26, math.tau * leaf / 6 + stem) for leaf in range(6))
        canvas.cast(bloom, 5)
        canvas.draw(
            f'<path d="{bloom}" fill="{heads[stem].hex}"/><circle cx="{x + lean:.0f}" cy="{top:.0f}" r="17" fill="{p.ink.hex}"/>'
        )
    canvas.sheet(
        f"M{x - 42} {y - 232}H{x + 42}C{x + 30} {y - 176} {x + 112} {y - 150} {x + 96} {y - 62}Q{x + 86} {y} {x + 50} {y}H{x - 50}Q{x - 86} {y} {x - 96} {y - 62}C{x - 112} {y - 150} {x - 30} {y - 176} {x - 42} {y - 232}Z",
        p.second,
        p.second.lit(-0.1),
        shade=(0.0, 0.55),
        lift=6,
    )
    canvas.draw(
        f'<path d="M{x - 98} {y - 84}q24 -30 49 0t49 0t49 0t49 0" fill="none" stroke="{p.paper.hex}" stroke-width="10"/>'
    )


def fruit(canvas: Canvas, x: float, y: float) -> None:
    p = canvas.palette
    for index, (side, size, fill) in enumerate(
        ((-62, 78, p.accent), (74, 68, p.light.turned(-12)), (6, 58, p.accent.turned(60)))
    ):
        foot = y + index * 16
        canvas.sheet(
            blob(canvas.dice.random_for(f"fruit{index}"), x + side, foot - size, size, 0.05, 8),
            fill.lit(0.05),
            fill.lit(-0.08),
            shade=(0.0, 0.6),
            lift=5,
        )
        canvas.draw(
            f'<path d="M{x + side:.0f} {foot - size * 1.9:.0f}q6 -22 18 -30" fill="none" stroke="{p.ink.hex}" stroke-width="7" stroke-linecap="round"/>'
            f'<path d="{petal(x + side + 6, foot - size * 2, 46, 16, -0.35)}" fill="{p.near.hex}"/>'
        )
