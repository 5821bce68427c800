"""Bars of a chart as numbers for a template: drawn by the server, in whole units, without a script."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from billing.usage import DaySum

HEIGHT = 160
STEP = 100  # of the drawing's width, for each bar
GAP = 22
MOST_BARS = 62  # beyond, several days share one
MOST_SERIES = 6  # the rest is one more
LEAST_HEIGHT = 2  # what there is can be seen


@dataclass(frozen=True, slots=True)
class Piece:
    series: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    x: int
    first: date
    last: date
    total: int
    pieces: tuple[Piece, ...]

    @property
    def is_one_day(self) -> bool:
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class Chart:
    width: int
    bars: tuple[Bar, ...]
    most: int

    @property
    def bar_width(self) -> int:
        return STEP - GAP


def of(days: Sequence[date], sums: Sequence[DaySum], keys: Sequence[str], *, in_images: bool) -> Chart:
    """Stacked: `keys` from the largest, what is not among the first of them lies on top of the others."""
    series = {key: min(number, MOST_SERIES) for number, key in enumerate(keys)}
    groups = _groups(days)
    heights: list[dict[int, int]] = [{} for _ in groups]
    place = {day: number for number, group in enumerate(groups) for day in group}
    for one in sums:
        held = heights[place[one.day]]
        number = series.get(one.key, MOST_SERIES)
        held[number] = held.get(number, 0) + (one.images if in_images else one.micros)
    most = max((sum(held.values()) for held in heights), default=0)
    bars = tuple(_bar(number, group, heights[number], most) for number, group in enumerate(groups))
    return Chart(len(groups) * STEP, bars, most)


def _groups(days: Sequence[date]) -> list[Sequence[date]]:
    size = -(-len(days) // MOST_BARS)
    return [days[start : start + size] for start in range(0, len(days), size)]


def _bar(number: int, days: Sequence[date], held: dict[int, int], most: int) -> Bar:
    pieces, top = [], HEIGHT
    for series, amount in sorted(held.items()):
        if amount <= 0 or most <= 0:
            continue  # a correction that gives back has no height
        height = max(LEAST_HEIGHT, round(amount * HEIGHT / most))
        top -= height
        pieces.append(Piece(series, max(0, top), height))
    return Bar(number * STEP + GAP // 2, days[0], days[-1], sum(held.values()), tuple(pieces))
