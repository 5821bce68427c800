"""Draw a face."""
# ruff: noqa: E501 - outlines are long, and have many coordinates

from studio.sandbox.paint.canvas import Canvas
from studio.sandbox.paint.lines import blob, smooth


def portrait(canvas: Canvas) -> None:
    """Draw a face in the manner of Matisse's paper cuts."""
    w, h, p, chance = canvas.width, canvas.height, canvas.palette, canvas.dice.random_for("portrait")
    x, y, unit = w * 0.5, h * 0.44, min(w, h) / 1000
    canvas.sheet(f"M-20 -20H{w + 20:.0f}V{h + 20:.0f}H-20Z", p.glow, p.far, shade=(0.0, 0.3), lift=0)
    for index in range(5):
        far = canvas.dice.random_for(f"back{index}")
        canvas.sheet(
            blob(far, far.random() * w, far.random() * h, far.uniform(140, 280), 0.4),
            (p.second, p.light, p.far, p.sky, p.accent)[index].toned(0.85),
            shade=(0.0, 0.35),
            lift=4,
        )
    hair = (p.ink, p.accent.lit(-0.16), p.near)[chance.randrange(3)]
    skin = (p.light.toned(0.55).lit(-0.04), p.accent.toned(0.5).lit(0.08), p.accent.toned(0.45).lit(-0.2))[
        chance.randrange(3)
    ]
    u = unit
    canvas.sheet(blob(chance, x, y - 20 * u, 292 * u, 0.10, 9), hair, shade=(0.0, 0.25), lift=8)
    if chance.random() < 0.5:  # noqa: PLR2004
        canvas.sheet(
            f"M{x - 280 * u:.0f} {y - 30 * u:.0f}Q{x - 330 * u:.0f} {y + 330 * u:.0f} {x - 220 * u:.0f} {y + 400 * u:.0f}H{x + 220 * u:.0f}Q{x + 330 * u:.0f} {y + 330 * u:.0f} {x + 280 * u:.0f} {y - 30 * u:.0f}Z",
            hair,
            shade=(0.0, 0.3),
        )
    canvas.sheet(
        f"M{x - 430 * u:.0f} {h + 20:.0f}Q{x - 400 * u:.0f} {y + 380 * u:.0f} {x - 90 * u:.0f} {y + 330 * u:.0f}H{x + 90 * u:.0f}Q{x + 400 * u:.0f} {y + 380 * u:.0f} {x + 430 * u:.0f} {h + 20:.0f}Z",
        p.near.lit(0.14),
        p.near,
        shade=(0.0, 0.4),
        lift=7,
    )
    canvas.sheet(
        f"M{x - 78 * u:.0f} {y + 140 * u:.0f}V{y + 350 * u:.0f}Q{x:.0f} {y + 440 * u:.0f} {x + 78 * u:.0f} {y + 350 * u:.0f}V{y + 140 * u:.0f}Z",
        skin.lit(-0.08),
        shade=(0.4, 0.1),
        lift=0,
    )
    canvas.sheet(
        smooth(
            [
                (x, y - 225 * u),
                (x + 150 * u, y - 160 * u),
                (x + 192 * u, y + 10 * u),
                (x + 120 * u, y + 190 * u),
                (x, y + 262 * u),
                (x - 120 * u, y + 190 * u),
                (x - 192 * u, y + 10 * u),
                (x - 150 * u, y - 160 * u),
            ]
        ),
        skin,
        shade=(0.0, 0.3),
        lift=5,
    )
    _features(canvas, x, y, u, skin.lit(-0.12).toned(1.4).hex)
    canvas.sheet(
        f"M{x - 205 * u:.0f} {y - 40 * u:.0f}Q{x - 190 * u:.0f} {y - 285 * u:.0f} {x + 20 * u:.0f} {y - 275 * u:.0f}Q{x + 215 * u:.0f} {y - 265 * u:.0f} {x + 205 * u:.0f} {y - 30 * u:.0f}Q{x + 150 * u:.0f} {y - 180 * u:.0f} {x - 30 * u:.0f} {y - 178 * u:.0f}Q{x - 160 * u:.0f} {y - 170 * u:.0f} {x - 205 * u:.0f} {y - 40 * u:.0f}Z",
        hair.lit(0.03),
        shade=(0.0, 0.3),
        lift=4,
    )
    for side in (-1, 1):
        canvas.circle(x + side * 204 * u, y + 112 * u, 21 * u, p.light, lift=3)


def _features(canvas: Canvas, x: float, y: float, u: float, blush: str) -> None:
    p = canvas.palette
    ink = p.ink.hex
    for side in (-1, 1):
        ex, ey = x + side * 80 * u, y - 8 * u
        canvas.draw(
            f'<circle cx="{x + side * 112 * u:.0f}" cy="{y + 92 * u:.0f}" r="{44 * u:.0f}" fill="{p.accent.hex}" fill-opacity="0.34"/>'
            f'<path d="M{ex - 48 * u:.0f} {ey:.0f}Q{ex:.0f} {ey - 44 * u:.0f} {ex + 48 * u:.0f} {ey:.0f}Q{ex:.0f} {ey + 32 * u:.0f} {ex - 48 * u:.0f} {ey:.0f}Z" fill="{p.paper.hex}"/>'
            f'<circle cx="{ex:.0f}" cy="{ey - 4 * u:.0f}" r="{19 * u:.0f}" fill="{p.second.lit(-0.3).hex}"/><circle cx="{ex:.0f}" cy="{ey - 4 * u:.0f}" r="{9 * u:.0f}" fill="{ink}"/>'
            f'<path d="M{ex - 50 * u:.0f} {ey:.0f}Q{ex:.0f} {ey - 48 * u:.0f} {ex + 50 * u:.0f} {ey:.0f}M{ex - 46 * u:.0f} {ey - 58 * u:.0f}Q{ex:.0f} {ey - 92 * u:.0f} {ex + 48 * u:.0f} {ey - 56 * u:.0f}" fill="none" stroke="{ink}" stroke-width="{10 * u:.1f}" stroke-linecap="round"/>'
        )
    canvas.draw(
        f'<path d="M{x + 4 * u:.0f} {y - 20 * u:.0f}Q{x - 40 * u:.0f} {y + 88 * u:.0f} {x - 22 * u:.0f} {y + 96 * u:.0f}Q{x:.0f} {y + 108 * u:.0f} {x + 24 * u:.0f} {y + 96 * u:.0f}" fill="none" stroke="{blush}" stroke-width="{10 * u:.1f}" stroke-linecap="round"/>'
        f'<path d="M{x - 62 * u:.0f} {y + 160 * u:.0f}Q{x - 22 * u:.0f} {y + 134 * u:.0f} {x:.0f} {y + 148 * u:.0f}Q{x + 22 * u:.0f} {y + 134 * u:.0f} {x + 62 * u:.0f} {y + 160 * u:.0f}Q{x:.0f} {y + 214 * u:.0f} {x - 62 * u:.0f} {y + 160 * u:.0f}Z" fill="{p.accent.hex}"/>'
        f'<path d="M{x - 60 * u:.0f} {y + 160 * u:.0f}Q{x:.0f} {y + 180 * u:.0f} {x + 60 * u:.0f} {y + 160 * u:.0f}" fill="none" stroke="{p.accent.lit(-0.2).hex}" stroke-width="{6 * u:.1f}"/>'
    )
