"""Mix nine inks that belong together, for the time of day or year and for the colours that the prompt names."""

from dataclasses import dataclass

from studio.sandbox.paint.colours import Colour
from studio.sandbox.paint.seeds import Dice
from studio.sandbox.paint.words import Wish

C = Colour


@dataclass(frozen=True)
class Palette:
    sky: Colour  # above
    glow: Colour  # at the horizon
    light: Colour  # sun, moon, lit windows
    far: Colour  # the farthest sheet of paper
    near: Colour  # the nearest
    accent: Colour
    second: Colour
    paper: Colour
    ink: Colour
    is_dark: bool = False

    def sheet(self, share: float) -> Colour:
        """Return the colour of a sheet by aerial perspective: 0 is far and pale, 1 is near and deep."""
        return self.far.towards(self.near, share)


# Several for each time, so that the pictures of one prompt differ.
INKS: dict[str, list[Palette]] = {
    "day": [
        Palette(C(0.80, 0.09, 225), C(0.95, 0.05, 95), C(0.93, 0.13, 92), C(0.83, 0.07, 200), C(0.42, 0.10, 165),
                C(0.68, 0.19, 35), C(0.86, 0.15, 88), C(0.97, 0.02, 90), C(0.28, 0.06, 240)),
        Palette(C(0.83, 0.08, 195), C(0.96, 0.04, 110), C(0.97, 0.09, 100), C(0.86, 0.08, 150), C(0.45, 0.11, 150),
                C(0.70, 0.18, 20), C(0.82, 0.14, 75), C(0.97, 0.02, 95), C(0.27, 0.05, 200)),
        Palette(C(0.75, 0.10, 240), C(0.93, 0.05, 70), C(0.90, 0.14, 80), C(0.80, 0.08, 230), C(0.38, 0.11, 255),
                C(0.72, 0.17, 45), C(0.80, 0.12, 10), C(0.97, 0.015, 80), C(0.25, 0.07, 265)),
    ],
    "dawn": [
        Palette(C(0.84, 0.07, 300), C(0.95, 0.06, 60), C(0.95, 0.09, 75), C(0.88, 0.06, 350), C(0.48, 0.10, 295),
                C(0.75, 0.14, 20), C(0.90, 0.09, 95), C(0.97, 0.02, 60), C(0.32, 0.08, 295)),
        Palette(C(0.86, 0.06, 200), C(0.95, 0.06, 40), C(0.96, 0.08, 55), C(0.88, 0.05, 180), C(0.45, 0.08, 200),
                C(0.76, 0.14, 30), C(0.85, 0.09, 340), C(0.97, 0.02, 50), C(0.30, 0.06, 215)),
    ],
    "sunset": [
        Palette(C(0.55, 0.14, 330), C(0.86, 0.15, 68), C(0.93, 0.14, 88), C(0.76, 0.15, 45), C(0.27, 0.10, 320),
                C(0.66, 0.22, 28), C(0.86, 0.15, 80), C(0.96, 0.03, 75), C(0.22, 0.08, 310), is_dark=True),
        Palette(C(0.70, 0.15, 30), C(0.91, 0.12, 85), C(0.96, 0.11, 95), C(0.78, 0.14, 50), C(0.30, 0.09, 20),
                C(0.62, 0.20, 25), C(0.50, 0.10, 200), C(0.96, 0.03, 80), C(0.22, 0.06, 15)),
        Palette(C(0.50, 0.13, 280), C(0.80, 0.15, 25), C(0.92, 0.13, 80), C(0.68, 0.15, 5), C(0.24, 0.09, 280),
                C(0.75, 0.18, 50), C(0.84, 0.14, 75), C(0.96, 0.02, 40), C(0.20, 0.07, 280), is_dark=True),
    ],
    "night": [
        Palette(C(0.22, 0.08, 270), C(0.48, 0.12, 260), C(0.95, 0.07, 95), C(0.44, 0.10, 255), C(0.15, 0.05, 265),
                C(0.76, 0.16, 60), C(0.68, 0.12, 200), C(0.93, 0.03, 90), C(0.12, 0.04, 265), is_dark=True),
        Palette(C(0.24, 0.07, 220), C(0.56, 0.11, 190), C(0.96, 0.05, 110), C(0.46, 0.09, 200), C(0.16, 0.04, 225),
                C(0.74, 0.18, 40), C(0.80, 0.13, 150), C(0.94, 0.02, 110), C(0.13, 0.03, 225), is_dark=True),
        Palette(C(0.24, 0.09, 300), C(0.56, 0.15, 330), C(0.95, 0.07, 80), C(0.46, 0.13, 315), C(0.16, 0.06, 295),
                C(0.78, 0.16, 70), C(0.72, 0.14, 350), C(0.94, 0.02, 60), C(0.13, 0.05, 295), is_dark=True),
    ],
    "winter": [
        Palette(C(0.78, 0.06, 240), C(0.95, 0.03, 50), C(0.95, 0.07, 70), C(0.88, 0.04, 235), C(0.45, 0.08, 245),
                C(0.64, 0.20, 28), C(0.55, 0.10, 165), C(0.985, 0.008, 240), C(0.26, 0.06, 250)),
        Palette(C(0.62, 0.09, 265), C(0.90, 0.06, 10), C(0.97, 0.05, 90), C(0.85, 0.05, 270), C(0.36, 0.08, 262),
                C(0.70, 0.17, 50), C(0.50, 0.10, 190), C(0.98, 0.01, 270), C(0.22, 0.06, 265)),
    ],
}  # fmt: skip


def mix(wish: Wish, dice: Dice) -> Palette:
    chance = dice.random_for("palette")
    palette = chance.choice(INKS[wish.time])
    sway = chance.uniform(-9, 9)
    inks = {name: getattr(palette, name).turned(sway) for name in ("sky", "glow", "far", "near", "accent", "second")}
    if wish.hues:
        inks |= _named(palette, wish.hues)
    return Palette(light=palette.light, paper=palette.paper, ink=palette.ink, is_dark=palette.is_dark, **inks)


def _named(palette: Palette, hues: tuple[int, ...]) -> dict[str, Colour]:
    """Return inks led by the first named colour: it fills the sheets, its neighbours the sky. The accent is the second
    named colour, or the first if there is no second; then the ink `second` is about opposite."""
    lead, other = hues[0], hues[1] if len(hues) > 1 else (hues[0] + 165) % 360
    strong = Colour(max(0.58, min(0.78, palette.accent.lightness)), 0.19, other)
    return {
        "sky": palette.sky._replace(hue=(lead + 28) % 360, chroma=max(palette.sky.chroma, 0.09)),
        "glow": palette.glow._replace(hue=(lead - 22) % 360, chroma=max(palette.glow.chroma, 0.06)),
        "far": palette.far._replace(hue=(lead - 10) % 360, chroma=max(palette.far.chroma, 0.11)),
        "near": palette.near._replace(hue=(lead + 12) % 360, chroma=max(palette.near.chroma, 0.11)),
        "accent": strong if len(hues) > 1 else Colour(0.66, 0.20, lead),
        "second": Colour(0.84, 0.13, (other + 25) % 360),
    }
