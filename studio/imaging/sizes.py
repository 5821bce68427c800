"""Say which sizes a model can make, and find the nearest one to a size that it cannot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Self

STRETCH_MAX = 1.03


class Size(NamedTuple):
    width: int
    height: int

    @classmethod
    def read(cls, text: str) -> Self:
        width, _, height = text.partition("x")
        return cls(int(width), int(height))

    @property
    def pixels(self) -> int:
        return self.width * self.height

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class FreeSizes:
    """Any width and height within limits."""

    multiple_of: int
    pixels_min: int
    pixels_max: int
    edge_max: int
    ratio_max: int  # of the long edge to the short one
    allows_auto: bool = True

    def faults(self, size: Size) -> list[str]:
        """Return why this size cannot be made, in words that follow "because". Return an empty list if it can."""
        short, long = sorted(size)
        found = []
        if short % self.multiple_of or long % self.multiple_of:
            found.append(f"both sides must be divisible by {self.multiple_of}")
        if long > self.edge_max:
            found.append(f"no side may be longer than {self.edge_max:,} pixels")
        if long > short * self.ratio_max:
            found.append(f"one side may be at most {self.ratio_max} times as long as the other")
        if size.pixels < self.pixels_min:
            found.append(f"it has fewer than {self.pixels_min:,} pixels")
        if size.pixels > self.pixels_max:
            found.append(f"it has more than {self.pixels_max:,} pixels")
        return found

    def nearby(self, size: Size) -> Iterator[Size]:
        """Yield, for each legal width, the legal heights next to the one asked for."""
        step = self.multiple_of
        for width in range(step, self.edge_max + 1, step):
            lowest = _up(max(-(-width // self.ratio_max), -(-self.pixels_min // width)), step)
            highest = _down(min(width * self.ratio_max, self.pixels_max // width, self.edge_max), step)
            if lowest <= highest:
                for height in (_down(size.height, step), _up(size.height, step)):
                    yield Size(width, min(max(height, lowest), highest))


@dataclass(frozen=True, slots=True)
class FixedSizes:
    """A fixed list of sizes."""

    sizes: tuple[Size, ...]
    allows_auto: bool = True

    def faults(self, size: Size) -> list[str]:
        return [] if size in self.sizes else ["this model makes only " + ", ".join(map(str, self.sizes))]

    def nearby(self, size: Size) -> Iterator[Size]:
        yield from self.sizes


SizeRule = FreeSizes | FixedSizes


def nearest(width: int, height: int, rule: SizeRule) -> Size:
    """Return the legal size whose most changed side changes by the smallest factor; then the other side counts, then
    more pixels. So a small square stays a square, and a wide banner stays as wide as possible."""
    asked = Size(width, height)
    return min(rule.nearby(asked), key=lambda size: (*factors(size, asked), -size.pixels, -size.width))


def factors(size: Size, asked: Size) -> tuple[float, float]:
    """Return the factors by which the sides differ, the larger first. 1.0 means equal."""
    one = max(size.width, asked.width) / min(size.width, asked.width)
    other = max(size.height, asked.height) / min(size.height, asked.height)
    return (one, other) if one >= other else (other, one)


def fits(size: Size, other: Size) -> bool:
    """Return whether both have the same shape, within STRETCH_MAX: providers make only certain sizes."""
    one, two = size.width * other.height, other.width * size.height
    return max(one, two) <= min(one, two) * STRETCH_MAX


def of_shape(width: int, height: int, rule: SizeRule) -> Size:
    """Return the nearest legal size of the same shape or, if there is none (a fixed list), the nearest of any shape."""
    asked, best = Size(width, height), nearest(width, height, rule)
    lower, higher = sorted((best.width / width, best.height / height))
    scale = higher if lower >= 1 else lower  # a picture that is too small grows on both sides, one too large shrinks
    for percent in (0, *(sign * step for step in range(1, 31) for sign in (1, -1))):
        factor = scale * (1 + percent / 100)
        found = nearest(round(width * factor), round(height * factor), rule)
        if fits(found, asked):
            return found
    return best


def read_rule(data: Mapping[str, Any]) -> SizeRule:
    """Read the size rule that a catalogue row keeps as JSON."""
    fields = {name: value for name, value in data.items() if name != "kind"}
    if data["kind"] == "free":
        return FreeSizes(**fields)
    if data["kind"] == "fixed":
        return FixedSizes(tuple(map(Size.read, fields.pop("sizes"))), **fields)
    raise ValueError(f"A size rule of the kind {data['kind']!r} is not known.")


def _down(value: int, step: int) -> int:
    return value // step * step


def _up(value: int, step: int) -> int:
    return -(-value // step) * step
