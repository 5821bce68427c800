"""Make outlines: ridges, waves, blobs, petals. Most are shaped by chance."""
# ruff: noqa: PLR0917 - outlines are long, and have many coordinates

import math
import random
from collections.abc import Callable

Line = Callable[[float], float]


def noise(chance: random.Random, octaves: int = 3, *, rough: float = 0.5) -> Line:
    """Return smooth noise over 0 to 1, of about -1 to 1; the first octave has two bumps."""
    tables = [[chance.uniform(-1, 1) for _ in range(3 + 2 ** (octave + 1))] for octave in range(octaves)]
    total = sum(rough**octave for octave in range(octaves))

    def at(position: float) -> float:
        height = 0.0
        for octave, table in enumerate(tables):
            place = position * 2 ** (octave + 1)
            left = int(place)
            share = (1 - math.cos((place - left) * math.pi)) / 2
            height += rough**octave * (table[left] * (1 - share) + table[left + 1] * share)
        return height / total

    return at


def ridge(line: Line, width: float, bottom: float, points: int) -> str:
    """Return the outline of what lies below a line, across the whole picture and a little more."""
    heights = (f"{-20 + (width + 40) * step / points:.1f} {line(step / points):.1f}" for step in range(points + 1))
    return f"M-20 {bottom + 20:.1f}L" + "L".join(heights) + f"L{width + 20:.1f} {bottom + 20:.1f}Z"


def hills(chance: random.Random, base: float, swing: float, octaves: int = 2) -> Line:
    bumps = noise(chance, octaves, rough=0.35)
    return lambda share: base - swing * bumps(share)


def peaks(chance: random.Random, base: float, swing: float, count: int) -> Line:
    """Return an angular line: straight flanks with a broken edge."""
    tops = sorted((chance.uniform(-0.05, 1.05), chance.uniform(0.55, 1.0)) for _ in range(count))
    edge = noise(chance, 5, rough=0.62)

    def line(share: float) -> float:
        height = max(top - abs(share - place) * 2.4 * (1.25 - top * 0.45) for place, top in tops)
        return base - swing * max(0.05, height) - swing * 0.10 * edge(share)

    return line


def waves(chance: random.Random, base: float, swing: float, length: float) -> Line:
    shift = chance.random()

    def line(share: float) -> float:
        phase = (share / length + shift) % 1
        return base - swing * (1 - math.pow(abs(math.sin(phase * math.pi)), 0.8))

    return line


def blob(chance: random.Random, x: float, y: float, radius: float, wobble: float = 0.25, corners: int = 7) -> str:
    """Return a closed soft shape, as scissors cut it."""
    spots = []
    for corner in range(corners):
        angle = 2 * math.pi * corner / corners
        reach = radius * (1 + chance.uniform(-wobble, wobble))
        spots.append((x + reach * math.cos(angle), y + reach * math.sin(angle)))
    return smooth(spots)


def smooth(spots: list[tuple[float, float]]) -> str:
    """Return a closed curve through all spots."""
    count = len(spots)
    parts = [f"M{spots[0][0]:.1f} {spots[0][1]:.1f}"]
    for index in range(count):
        before, here, there, after = (spots[(index + step) % count] for step in (-1, 0, 1, 2))
        one = (here[0] + (there[0] - before[0]) / 6, here[1] + (there[1] - before[1]) / 6)
        two = (there[0] - (after[0] - here[0]) / 6, there[1] - (after[1] - here[1]) / 6)
        parts.append(f"C{one[0]:.1f} {one[1]:.1f} {two[0]:.1f} {two[1]:.1f} {there[0]:.1f} {there[1]:.1f}")
    return "".join(parts) + "Z"


def petal(x: float, y: float, length: float, breadth: float, angle: float) -> str:
    """Return the outline of a petal, from its foot at `x`, `y` outwards."""
    along, across = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))

    def spot(out: float, side: float) -> str:
        return (
            f"{x + along[0] * out * length + across[0] * side * breadth:.1f} "
            f"{y + along[1] * out * length + across[1] * side * breadth:.1f}"
        )

    return (
        f"M{spot(0, 0)}C{spot(0.25, 0.9)} {spot(0.85, 0.9)} {spot(1, 0)}"
        f"C{spot(0.85, -0.9)} {spot(0.25, -0.9)} {spot(0, 0)}Z"
    )
