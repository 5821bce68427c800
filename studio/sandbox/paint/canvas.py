"""Lay sheets of cut paper one on another, as two drawings: the inks, and the shade by which grain is sprayed."""
# ruff: noqa: E501 - outlines are long, and have many coordinates

from dataclasses import dataclass, field

from studio.sandbox.paint.colours import Colour
from studio.sandbox.paint.palette import Palette
from studio.sandbox.paint.seeds import Dice
from studio.sandbox.paint.words import Wish

SHORT_EDGE = 1000


@dataclass
class Canvas:
    """A drawing whose short edge is 1000 units, whatever the pixels. `detail` is 0 (low) to 4 (max)."""

    width: float
    height: float
    palette: Palette
    dice: Dice
    wish: Wish
    detail: int = 1
    inks: list[str] = field(default_factory=list)
    shades: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)

    def fade(self, top: Colour, bottom: Colour) -> str:
        """Define a fill that goes from one colour to the other. Return the reference to it."""
        name = f"f{top.hex[1:]}{bottom.hex[1:]}"
        self.definitions[name] = (
            f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{top.hex}"/>'
            f'<stop offset="1" stop-color="{bottom.hex}"/></linearGradient>'
        )
        return f"url(#{name})"

    def rise(self, colour: Colour) -> str:
        """Define a fill that is clear at the top, coloured below and soft at the foot. Return the reference to it."""
        name = f"r{colour.hex[1:]}"
        stops = "".join(
            f'<stop offset="{offset}" stop-color="{colour.hex}" stop-opacity="{opacity}"/>'
            for offset, opacity in ((0, 0), (0.85, 1), (1, 0))
        )
        self.definitions[name] = f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1">{stops}</linearGradient>'
        return f"url(#{name})"

    def halo(self, colour: Colour, strength: float) -> str:
        name = f"h{colour.hex[1:]}{round(strength * 100)}"
        self.definitions[name] = (
            f'<radialGradient id="{name}"><stop offset="0" stop-color="{colour.hex}" stop-opacity="{strength}"/>'
            f'<stop offset="1" stop-color="{colour.hex}" stop-opacity="0"/></radialGradient>'
        )
        return f"url(#{name})"

    def _shade(self, top: float, bottom: float) -> str:
        name = f"s{round(top * 100)}-{round(bottom * 100)}"
        self.definitions[name] = (
            f'<linearGradient id="{name}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="{_grey(top)}"/>'
            f'<stop offset="0.5" stop-color="{_grey(max(0.0, (top + bottom) / 2 - 0.16))}"/>'
            f'<stop offset="1" stop-color="{_grey(bottom)}"/></linearGradient>'
        )
        return f"url(#{name})"

    def sheet(
        self, outline: str, fill: Colour, to: Colour | None = None, *, shade: tuple[float, float] = (0.0, 0.5),
        lift: float = 5.0,
    ) -> None:  # fmt: skip
        """Draw a sheet of paper with a soft shadow on what lies behind it."""
        if lift:
            self.cast(outline, lift)
        paint = self.fade(fill, to) if to else fill.hex
        self.inks.append(f'<path d="{outline}" fill="{paint}"/>')
        self.shades.append(f'<path d="{outline}" fill="{self._shade(*shade)}"/>')

    def cast(self, outline: str, lift: float) -> None:
        dark = self.palette.ink.hex
        steps = 1 + min(self.detail, 2)
        for step in range(steps, 0, -1):
            rise = lift * step / steps * 1.6
            self.inks.append(
                f'<path d="{outline}" transform="translate({-rise * 0.4:.1f} {-rise:.1f})" fill="{dark}" '
                f'fill-opacity="{0.16 / steps:.3f}"/>'
            )

    def draw(self, fragment: str) -> None:
        """Draw small things on a sheet: ink alone, without shade."""
        self.inks.append(fragment)

    def place(self, fragment: str, x: float, y: float, scale: float, *, flip: bool = False, turn: float = 0) -> None:
        side = -scale if flip else scale
        turned = f" rotate({turn:.1f})" if turn else ""
        self.draw(f'<g transform="translate({x:.1f} {y:.1f}) scale({side:.3f} {scale:.3f}){turned}">{fragment}</g>')

    def circle(
        self, x: float, y: float, radius: float, fill: Colour, *, shade: tuple[float, float] = (0.0, 0.4), lift: float = 0
    ) -> None:  # fmt: skip
        self.sheet(disc(x, y, radius), fill, shade=shade, lift=lift)

    def inks_as_svg(self, width: int, height: int) -> bytes:
        return self._svg(self.inks, width, height)

    def shades_as_svg(self, width: int, height: int) -> bytes:
        return self._svg(['<rect width="100%" height="100%"/>', *self.shades], width, height)

    def _svg(self, body: list[str], width: int, height: int) -> bytes:
        definitions = "".join(self.definitions.values())
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" preserveAspectRatio="none" '
            f'viewBox="0 0 {self.width:.2f} {self.height:.2f}"><defs>{definitions}</defs>{"".join(body)}</svg>'
        ).encode()


def disc(x: float, y: float, radius: float) -> str:
    return (
        f"M{x - radius:.1f} {y:.1f}a{radius:.1f} {radius:.1f} 0 1 0 {2 * radius:.1f} 0"
        f"a{radius:.1f} {radius:.1f} 0 1 0 {-2 * radius:.1f} 0Z"
    )


def _grey(value: float) -> str:
    level = round(255 * value)
    return f"#{level:02x}{level:02x}{level:02x}"
