"""Compute the bars of a chart as numbers for a template: the server draws it, without a script. Places along the width
are percent, heights are whole units, so that text in the drawing is never stretched."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from billing.spans import ONE_DAY, following
from billing.usage import Layer

HEIGHT = 160
HEADROOM = 20  # above the highest line, for its figure
FILLED = 0.74  # of each bar's share of the width
WIDEST = 9.0  # percent, so that a few bars are not too wide
MOST_BARS = 62  # with more days, several share a bar
MOST_SERIES = 6  # all others together are one more
MOST_LABELS = 5
LEAST_HEIGHT = 2  # so that every amount can be seen


@dataclass(frozen=True, slots=True)
class Piece:
    series: int
    y: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    first: date
    last: date
    total: int
    pieces: tuple[Piece, ...]

    @property
    def is_one_day(self) -> bool:
        return self.first == self.last


@dataclass(frozen=True, slots=True)
class Tick:
    y: int
    amount: int


@dataclass(frozen=True, slots=True)
class Label:
    x: str
    anchor: str
    day: date


@dataclass(frozen=True, slots=True)
class Chart:
    bars: tuple[Bar, ...]
    bar_width: str
    ticks: tuple[Tick, ...]
    labels: tuple[Label, ...]
    base: int = HEADROOM + HEIGHT


def days_a_bar(count_days: int) -> int:
    return -(-count_days // MOST_BARS)


def stack(days: Sequence[date], layers: Sequence[Layer], *, in_images: bool) -> Chart:
    """Stack the layers of each bar, the first series at the foot."""
    size = days_a_bar(len(days))
    groups = [days[start : start + size] for start in range(0, len(days), size)]
    heights: list[dict[int, int]] = [{} for _ in groups]
    for layer in layers:
        heights[layer.bar][layer.series] = layer.images if in_images else layer.micros
    return _drawn([(group[0], group[-1]) for group in groups], heights)


def stack_months(amounts: Sequence[tuple[date, int]]) -> Chart:
    """Draw one bar for each month, the oldest first."""
    ends = [(first, following(first) - ONE_DAY) for first, _ in amounts]
    return _drawn(ends, [{0: amount} for _, amount in amounts])


def nice(most: int) -> int:
    """Return a round number that no bar exceeds; even, so that its half can be shown."""
    step = 1
    while True:
        for tenths in (20, 30, 40, 50, 60, 80, 100):
            top = tenths * step // 10
            if top >= most and top % 2 == 0:
                return top
        step *= 10


def _drawn(ends: Sequence[tuple[date, date]], heights: Sequence[dict[int, int]]) -> Chart:
    top = nice(max((sum(held.values()) for held in heights), default=0))
    share = 100 / max(1, len(ends))
    width = min(share * FILLED, WIDEST)
    middle: Callable[[int], float] = lambda number: (number + 0.5) * share  # noqa: E731
    bars = tuple(
        Bar(f"{middle(number) - width / 2:.3f}", *ends[number], sum(held.values()), _pieces(held, top))
        for number, held in enumerate(heights)
    )
    return Chart(bars, f"{width:.3f}", _ticks(top), _labels([first for first, _ in ends], middle))


def _pieces(held: dict[int, int], top: int) -> tuple[Piece, ...]:
    pieces, y = [], HEADROOM + HEIGHT
    for series, amount in sorted(held.items()):
        if amount <= 0:
            continue  # a sum that corrections made negative has no height
        height = max(LEAST_HEIGHT, round(amount * HEIGHT / top))
        y -= height
        pieces.append(Piece(series, max(0, y), height))
    return tuple(pieces)


def _ticks(top: int) -> tuple[Tick, ...]:
    """Draw a tick at the round number and one at its half."""
    return tuple(Tick(HEADROOM + HEIGHT - HEIGHT * part // 2, top * part // 2) for part in (2, 1) if top * part >= 2)  # noqa: PLR2004


def _labels(firsts: Sequence[date], middle: Callable[[int], float]) -> tuple[Label, ...]:
    """Label a few days along the foot, the first and the last among them."""
    count = min(MOST_LABELS, len(firsts))
    places = sorted({round(number * (len(firsts) - 1) / max(1, count - 1)) for number in range(count)})
    few = len(firsts) <= MOST_LABELS
    labels = []
    for place in places:
        anchor = "middle" if few else {places[0]: "start", places[-1]: "end"}.get(place, "middle")
        x = {"start": 0.0, "end": 100.0}.get(anchor, middle(place))
        labels.append(Label(f"{x:.3f}", anchor, firsts[place]))
    return tuple(labels)
