"""Which sizes a model can make, and the nearest one to a size that it cannot."""

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
        """Why this size cannot be made, in words that follow "because"; empty where it can."""
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
        """For each width that can be, the heights next to the one asked for."""
        step = self.multiple_of
        for width in range(step, self.edge_max + 1, step):
            lowest = _up(max(-(-width // self.ratio_max), -(-self.pixels_min // width)), step)
            highest = _down(min(width * self.ratio_max, self.pixels_max // width, self.edge_max), step)
            if lowest <= highest:
                for height in (_down(size.height, step), _up(size.height, step)):
                    yield Size(width, min(max(height, lowest), highest))


@dataclass(frozen=True, slots=True)
class FixedSizes:
    """These and no others."""

    sizes: tuple[Size, ...]
    allows_auto: bool = True

    def faults(self, size: Size) -> list[str]:
        return [] if size in self.sizes else ["this model makes only " + ", ".join(map(str, self.sizes))]

    def nearby(self, size: Size) -> Iterator[Size]:
        yield from self.sizes


SizeRule = FreeSizes | FixedSizes


def is_legal(width: int, height: int, rule: SizeRule) -> bool:
    return not rule.faults(Size(width, height))


def nearest(width: int, height: int, rule: SizeRule) -> Size:
    """The legal size for which the side that has to change most changes by the smallest factor, then the other side.
    A small square becomes a square, a wide banner stays as wide as it may be. Of equals the one with more pixels."""
    asked = Size(width, height)
    return min(rule.nearby(asked), key=lambda size: (*factors(size, asked), -size.pixels, -size.width))


def factors(size: Size, asked: Size) -> tuple[float, float]:
    """By how much the sides differ, the larger difference first; 1.0 is no difference."""
    one = max(size.width, asked.width) / min(size.width, asked.width)
    other = max(size.height, asked.height) / min(size.height, asked.height)
    return (one, other) if one >= other else (other, one)


def fits(size: Size, other: Size) -> bool:
    """Whether one is the other at another scale, give or take what a provider's steps of sizes cost."""
    one, two = size.width * other.height, other.width * size.height
    return max(one, two) <= min(one, two) * STRETCH_MAX


def of_shape(width: int, height: int, rule: SizeRule) -> Size:
    """The legal size of the same shape that is nearest; where there is none (a fixed list), the nearest of any."""
    asked, best = Size(width, height), nearest(width, height, rule)
    lower, higher = sorted((best.width / width, best.height / height))
    scale = higher if lower >= 1 else lower  # what is too small grows, what is too large shrinks, on both sides
    for percent in (0, *(sign * step for step in range(1, 31) for sign in (1, -1))):
        factor = scale * (1 + percent / 100)
        found = nearest(round(width * factor), round(height * factor), rule)
        if fits(found, asked):
            return found
    return best


def read_rule(data: Mapping[str, Any]) -> SizeRule:
    """The rule that a catalogue row keeps as JSON."""
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
