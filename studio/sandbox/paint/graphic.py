"""Draw a poster, or pure shapes."""
# ruff: noqa: E501 - outlines are long, and have many coordinates

import math

from studio.sandbox.paint import motifs
from studio.sandbox.paint.canvas import Canvas, disc
from studio.sandbox.paint.lines import blob, petal


def poster(canvas: Canvas) -> None:
    w, h, p, chance = canvas.width, canvas.height, canvas.palette, canvas.dice.random_for("poster")
    x, y = w / 2, h * 0.5
    ground, rays = (p.accent, p.accent.lit(0.06)) if not p.is_dark else (p.near, p.near.lit(0.06))
    canvas.sheet(f"M-20 -20H{w + 20:.0f}V{h + 20:.0f}H-20Z", ground, shade=(0.0, 0.3), lift=0)
    reach, count = math.hypot(w, h), 18
    beams = "".join(
        f"M{x:.0f} {y:.0f}L{x + reach * math.cos(a):.0f} {y + reach * math.sin(a):.0f}L{x + reach * math.cos(a + 0.17):.0f} {y + reach * math.sin(a + 0.17):.0f}Z"
        for a in (math.tau * beam / count for beam in range(count))
    )
    canvas.draw(f'<path d="{beams}" fill="{rays.hex}"/>')
    for radius, fill in ((400, p.paper), (356, p.second), (300, p.light)):
        canvas.circle(x, y, radius, fill, shade=(0.0, 0.25), lift=6)
    wished = [name for name in canvas.wish.motifs if name in motifs.MOTIFS]
    name = (
        wished[0] if wished else chance.choice(["fox", "rocket", "cat", "balloon", "whale", "heart", "robot", "boat"])
    )
    contrast = p if not p.is_dark else p.__class__(**{**vars(p), "is_dark": False})
    canvas.place(motifs.MOTIFS[name](contrast), x, y + 165, 3.1)
    frame = f"M30 30H{w - 30:.0f}V{h - 30:.0f}H30ZM46 46V{h - 46:.0f}H{w - 46:.0f}V46Z"
    canvas.draw(f'<path d="{frame}" fill="{p.paper.hex}" fill-rule="evenodd"/>')


def abstract(canvas: Canvas) -> None:
    w, h, p = canvas.width, canvas.height, canvas.palette
    canvas.sheet(f"M-20 -20H{w + 20:.0f}V{h + 20:.0f}H-20Z", p.paper.lit(-0.03), shade=(0.0, 0.12), lift=0)
    inks = [p.accent, p.far, p.near, p.second, p.light, p.sky, p.accent.turned(30), p.glow]
    lead = canvas.dice.random_for("abstract")
    for index in range(9 + 2 * canvas.detail):
        chance = canvas.dice.random_for(f"shape{index}")
        x, y, size = (
            chance.uniform(0.08, 0.92) * w,
            chance.uniform(0.08, 0.92) * h,
            chance.uniform(90, 300) * (1 - index * 0.04),
        )
        fill = inks[index % len(inks)]
        canvas.sheet(
            _cutting(chance.choice(["blob", "disc", "arch", "leaf", "blob", "bar"]), chance, x, y, size),
            fill.lit(0.03),
            fill,
            shade=(0.0, 0.5),
            lift=6,
        )
    x, y = lead.uniform(0.3, 0.7) * w, lead.uniform(0.3, 0.7) * h
    for line in range(5):
        canvas.draw(
            f'<path d="M{x - 260:.0f} {y + line * 30:.0f}q65 -60 130 0t130 0t130 0t130 0" fill="none" stroke="{p.ink.hex}" stroke-width="7" stroke-linecap="round"/>'
        )
    dots = "".join(disc(w * 0.12 + (dot % 6) * 34, h * 0.8 + (dot // 6) * 34, 7) for dot in range(24))
    canvas.draw(f'<path d="{dots}" fill="{p.ink.hex}"/>')


def _cutting(kind: str, chance: object, x: float, y: float, size: float) -> str:
    if kind == "disc":
        return disc(x, y, size * 0.7)
    if kind == "arch":
        r = size * 0.6
        return f"M{x - r:.0f} {y + size:.0f}V{y:.0f}a{r:.0f} {r:.0f} 0 0 1 {2 * r:.0f} 0V{y + size:.0f}h{-r * 0.6:.0f}V{y:.0f}a{r * 0.4:.0f} {r * 0.4:.0f} 0 0 0 {-r * 0.8:.0f} 0V{y + size:.0f}Z"
    if kind == "leaf":
        return "".join(
            petal(x, y + size - step * size * 0.34, size * 0.8, size * 0.22, -math.pi / 2 + side * 0.95)
            for step in range(5)
            for side in (-1, 1)
        )
    if kind == "bar":
        return f"M{x - size:.0f} {y:.0f}l{size * 2:.0f} {-size * 0.4:.0f}l20 90l{-size * 2:.0f} {size * 0.4:.0f}Z"
    return blob(chance, x, y, size, 0.36)  # type: ignore[arg-type] # a Random
