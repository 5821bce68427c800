"""Indoors: things on a table, a face, a poster, pure shapes."""
# ruff: noqa: E501 - outlines are long, and have many coordinates

import math

from studio.sandbox.paint import motifs
from studio.sandbox.paint.canvas import Canvas, disc
from studio.sandbox.paint.lines import blob, petal, smooth


def still(canvas: Canvas) -> None:
    w, h, palette = canvas.width, canvas.height, canvas.palette
    chance = canvas.dice.of("still")
    wall, table = palette.far.lit(0.06), palette.accent.toned(0.75).lit(0.04)
    canvas.sheet(f"M-20 -20H{w + 20:.0f}V{h + 20:.0f}H-20Z", wall.lit(0.04), wall.lit(-0.05), shade=(0.35, 0.0), lift=0)
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
    p, chance = canvas.palette, canvas.dice.of("vase")
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
            blob(canvas.dice.of(f"fruit{index}"), x + side, foot - size, size, 0.05, 8),
            fill.lit(0.05),
            fill.lit(-0.08),
            shade=(0.0, 0.6),
            lift=5,
        )
        canvas.draw(
            f'<path d="M{x + side:.0f} {foot - size * 1.9:.0f}q6 -22 18 -30" fill="none" stroke="{p.ink.hex}" stroke-width="7" stroke-linecap="round"/>'
            f'<path d="{petal(x + side + 6, foot - size * 2, 46, 16, -0.35)}" fill="{p.near.hex}"/>'
        )


def portrait(canvas: Canvas) -> None:
    """A face as Matisse might have cut it."""
    w, h, p, chance = canvas.width, canvas.height, canvas.palette, canvas.dice.of("portrait")
    x, y, unit = w * 0.5, h * 0.44, min(w, h) / 1000
    canvas.sheet(f"M-20 -20H{w + 20:.0f}V{h + 20:.0f}H-20Z", p.glow, p.far, shade=(0.0, 0.3), lift=0)
    for index in range(5):
        far = canvas.dice.of(f"back{index}")
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


def poster(canvas: Canvas) -> None:
    w, h, p, chance = canvas.width, canvas.height, canvas.palette, canvas.dice.of("poster")
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
    lead = canvas.dice.of("abstract")
    for index in range(9 + 2 * canvas.detail):
        chance = canvas.dice.of(f"shape{index}")
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
