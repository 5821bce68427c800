"""Draw a rainbow, northern lights, rain and snow."""

from studio.sandbox.paint.canvas import Canvas, disc
from studio.sandbox.paint.colours import Colour
from studio.sandbox.paint.lines import noise

CURTAIN = (Colour(0.85, 0.19, 155), Colour(0.80, 0.15, 190), Colour(0.70, 0.19, 320))


def aurora(canvas: Canvas, horizon: float) -> None:
    """Draw curtains of light: rays that stand on a wavering line and fade upwards."""
    for index, colour in enumerate(CURTAIN):
        line = noise(canvas.dice.random_for(f"aurora{index}"), 3)
        glow = noise(canvas.dice.random_for(f"glow{index}"), 5, rough=0.8)
        count = 60 + 20 * canvas.detail
        fill = canvas.rise(colour)
        for ray in range(count):
            share = ray / count
            foot = horizon * (0.52 + 0.14 * index) + horizon * 0.16 * line(share)
            tall = horizon * (0.38 + 0.16 * glow(share))
            strength = 0.42 + 0.26 * glow(1 - share)
            canvas.draw(
                f'<rect x="{share * canvas.width:.1f}" y="{foot - tall:.1f}" width="{canvas.width / count + 1:.1f}" '
                f'height="{tall:.1f}" fill="{fill}" fill-opacity="{strength:.2f}"/>'
            )


def rainbow(canvas: Canvas, horizon: float) -> None:
    for band in range(6):
        radius = canvas.width * 0.44 - band * 17
        hue = Colour(0.78, 0.15, 25 + band * 52)
        canvas.draw(
            f'<circle cx="{canvas.width * 0.5:.0f}" cy="{horizon:.0f}" r="{radius:.0f}" fill="none" '
            f'stroke="{hue.hex}" stroke-width="17.5" stroke-opacity="0.8"/>'
        )


def falling(canvas: Canvas) -> None:
    """Draw rain and snow in front of everything."""
    chance, wish = canvas.dice.random_for("weather"), canvas.wish
    if "rain" in wish.motifs:
        for _ in range(90 + 40 * canvas.detail):
            x, y, long = chance.uniform(-50, canvas.width), chance.uniform(-50, canvas.height), chance.uniform(22, 60)
            canvas.draw(
                f'<path d="M{x:.0f} {y:.0f}l{-long * 0.28:.0f} {long:.0f}" stroke="{canvas.palette.paper.hex}" '
                f'stroke-width="2.4" stroke-opacity="0.5" stroke-linecap="round"/>'
            )
    if "snow" in wish.motifs:
        flakes = "".join(
            disc(chance.uniform(0, canvas.width), chance.uniform(0, canvas.height), chance.choice([2.5, 4, 4, 6, 9]))
            for _ in range(80 + 40 * canvas.detail)
        )
        canvas.draw(f'<path d="{flakes}" fill="{canvas.palette.paper.hex}" fill-opacity="0.9"/>')
