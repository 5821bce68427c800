"""Draw what is above the horizon: the fall of light, sun or moon, stars, clouds, birds."""

import math

from studio.sandbox.paint import weather
from studio.sandbox.paint.canvas import Canvas


def sky(canvas: Canvas, horizon: float) -> tuple[float, float]:
    """Draw the sky. Return where its light stands."""
    palette, wish = canvas.palette, canvas.wish
    w = canvas.width
    canvas.sheet(f"M-20 -20H{w + 20:.0f}V{canvas.height + 20:.0f}H-20Z", palette.sky, shade=(0.26, 0.0), lift=0)
    canvas.draw(f'<rect width="{w:.0f}" height="{horizon + 60:.0f}" fill="{canvas.fade(palette.sky, palette.glow)}"/>')
    if wish.time == "night" or "stars" in wish.motifs:
        stars(canvas, horizon)
    if "aurora" in wish.motifs:
        weather.aurora(canvas, horizon)
    place = light(canvas, horizon)
    if "rainbow" in wish.motifs:
        weather.rainbow(canvas, horizon)
    if wish.time in {"day", "dawn", "winter"} or "clouds" in wish.motifs:
        clouds(canvas, horizon)
    if wish.time != "night" or "birds" in wish.motifs:
        birds(canvas, horizon)
    return place


def light(canvas: Canvas, horizon: float) -> tuple[float, float]:
    chance, palette, wish = canvas.dice.random_for("light"), canvas.palette, canvas.wish
    x = canvas.width * chance.choice([0.3, 0.36, 0.62, 0.7])
    is_moon = "moon" in wish.motifs or (wish.time == "night" and "sun" not in wish.motifs)
    is_low = wish.time == "sunset"
    y = horizon * (chance.uniform(0.66, 0.84) if is_low else chance.uniform(0.30, 0.48))
    radius = chance.uniform(105, 150) if is_low else chance.uniform(62, 100)
    canvas.draw(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius * 4:.0f}" fill="{canvas.halo(palette.light, 0.55)}"/>')
    for ring in range(3, 0, -1):
        canvas.draw(
            f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{radius * (1 + ring * 0.42):.0f}" fill="{palette.light.hex}" '
            f'fill-opacity="0.13"/>'
        )
    face = palette.light if is_moon or palette.is_dark else palette.light.toned(1.25)
    canvas.circle(x, y, radius, face, shade=(0.0, 0.22))
    if is_moon:
        _craters(canvas, x, y, radius)
    elif is_low:
        _stripes(canvas, x, y, radius)
    return x, y


def _craters(canvas: Canvas, x: float, y: float, radius: float) -> None:
    chance = canvas.dice.random_for("craters")
    spot = canvas.palette.light.lit(-0.09).toned(1.2).hex
    for _ in range(6):
        angle, out = chance.uniform(0, 6.3), chance.uniform(0.1, 0.66) * radius
        size = chance.uniform(0.07, 0.19) * radius
        canvas.draw(
            f'<circle cx="{x + math.cos(angle) * out:.1f}" cy="{y + math.sin(angle) * out:.1f}" r="{size:.1f}" '
            f'fill="{spot}" fill-opacity="0.55"/>'
        )


def _stripes(canvas: Canvas, x: float, y: float, radius: float) -> None:
    """Draw bands of haze across the low sun."""
    haze = canvas.palette.glow.hex
    for band in range(3):
        top = y + radius * (0.28 + band * 0.25)
        canvas.draw(
            f'<rect x="{x - radius * 1.1:.0f}" y="{top:.0f}" width="{radius * 2.2:.0f}" '
            f'height="{radius * (0.05 + band * 0.03):.0f}" fill="{haze}" fill-opacity="0.85"/>'
        )


def stars(canvas: Canvas, horizon: float) -> None:
    chance, colour = canvas.dice.random_for("stars"), canvas.palette.light.hex
    for index in range(44 + 26 * canvas.detail):
        x, y = chance.uniform(0, canvas.width), chance.random() ** 1.4 * horizon
        size = chance.choice([1.2, 1.6, 2.2, 3.0])
        if index % 11 == 0:
            canvas.draw(_twinkle(x, y, size * 4.5, colour))
        else:
            glow = chance.uniform(0.4, 1)
            canvas.draw(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{size}" fill="{colour}" fill-opacity="{glow:.2f}"/>')


def _twinkle(x: float, y: float, size: float, colour: str) -> str:
    q = size * 0.12
    return (
        f'<path fill="{colour}" d="M{x:.1f} {y - size:.1f}Q{x + q:.1f} {y - q:.1f} {x + size:.1f} {y:.1f}'
        f"Q{x + q:.1f} {y + q:.1f} {x:.1f} {y + size:.1f}Q{x - q:.1f} {y + q:.1f} {x - size:.1f} {y:.1f}"
        f'Q{x - q:.1f} {y - q:.1f} {x:.1f} {y - size:.1f}Z"/>'
    )


def clouds(canvas: Canvas, horizon: float, count: int = 3) -> None:
    chance, palette = canvas.dice.random_for("clouds"), canvas.palette
    white = palette.paper if not palette.is_dark else palette.glow
    for _ in range(count + canvas.detail // 3):
        x, y = chance.uniform(0.05, 0.95) * canvas.width, chance.uniform(0.10, 0.62) * horizon
        canvas.sheet(_cloud(chance.uniform(90, 190), x, y, chance.random()), white, shade=(0.0, 0.26), lift=3)


def _cloud(breadth: float, x: float, y: float, share: float) -> str:
    """Return a cloud with a flat foot and three bumps."""
    tall = breadth * 0.30
    left, right = x - breadth / 2, x + breadth / 2
    middle = left + breadth * (0.42 + share * 0.16)
    return (
        f"M{left:.1f} {y:.1f}a{tall * 0.5:.1f} {tall * 0.5:.1f} 0 0 1 {tall * 0.45:.1f} {-tall * 0.75:.1f}"
        f"A{tall * 0.75:.1f} {tall * 0.75:.1f} 0 0 1 {middle + tall * 0.5:.1f} {y - tall:.1f}"
        f"A{tall * 0.5:.1f} {tall * 0.5:.1f} 0 0 1 {right - tall * 0.3:.1f} {y - tall * 0.55:.1f}"
        f"A{tall * 0.3:.1f} {tall * 0.3:.1f} 0 0 1 {right:.1f} {y:.1f}Z"
    )


def birds(canvas: Canvas, horizon: float) -> None:
    chance, ink = canvas.dice.random_for("birds"), canvas.palette.ink.hex
    count = 9 if "birds" in canvas.wish.motifs else 3
    lead_x, lead_y = chance.uniform(0.25, 0.75) * canvas.width, chance.uniform(0.2, 0.5) * horizon
    for index in range(count):
        span = chance.uniform(9, 17) * (1.7 if count > 3 else 1)  # noqa: PLR2004
        x = lead_x + (index - count / 2) * 34 * (1 + chance.random())
        y = lead_y + abs(index - count / 2) * 16 + chance.uniform(-12, 12)
        canvas.draw(
            f'<path d="M{x - span:.1f} {y - span * 0.35:.1f}Q{x - span * 0.4:.1f} {y - span * 0.7:.1f} {x:.1f} {y:.1f}'
            f'Q{x + span * 0.4:.1f} {y - span * 0.7:.1f} {x + span:.1f} {y - span * 0.3:.1f}" fill="none" '
            f'stroke="{ink}" stroke-width="{span * 0.2:.1f}" stroke-linecap="round"/>'
        )
