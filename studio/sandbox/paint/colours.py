"""Mix colours in OKLCH, where equal steps look equal, and write them as sRGB."""

import math
from typing import NamedTuple

OPAQUE_BITS = 255


class Colour(NamedTuple):
    """A colour in OKLCH: lightness 0 to 1, chroma 0 to about 0.3, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    @property
    def hex(self) -> str:
        return "#" + "".join(f"{value:02x}" for value in self.rgb)

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Return the nearest colour of this hue and lightness that a screen can show, by reducing chroma."""
        chroma = self.chroma
        while True:
            channels = _linear(self.lightness, chroma, self.hue)
            if chroma < 0.005 or all(-0.002 <= value <= 1.002 for value in channels):  # noqa: PLR2004
                red, green, blue = (_byte(value) for value in channels)
                return red, green, blue
            chroma -= 0.008

    def lit(self, lightness: float) -> "Colour":
        return self._replace(lightness=min(0.99, max(0.02, self.lightness + lightness)))

    def turned(self, degrees: float) -> "Colour":
        return self._replace(hue=(self.hue + degrees) % 360)

    def toned(self, factor: float) -> "Colour":
        return self._replace(chroma=self.chroma * factor)

    def towards(self, other: "Colour", share: float) -> "Colour":
        """Mix with a share of another colour, going the shorter way round the colour wheel."""
        turn = (other.hue - self.hue + 180) % 360 - 180
        return Colour(
            self.lightness + (other.lightness - self.lightness) * share,
            self.chroma + (other.chroma - self.chroma) * share,
            (self.hue + turn * share) % 360,
        )


def _linear(lightness: float, chroma: float, hue: float) -> tuple[float, float, float]:
    a, b = chroma * math.cos(math.radians(hue)), chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _byte(linear: float) -> int:
    value = min(1.0, max(0.0, linear))
    curved = 12.92 * value if value <= 0.0031308 else 1.055 * value ** (1 / 2.4) - 0.055  # noqa: PLR2004
    return round(curved * OPAQUE_BITS)
