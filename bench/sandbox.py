"""Measure how fast the sandbox paints on one core, encoding included: .venv/bin/python -m bench.sandbox [--seconds S]

Each picture has words of its own, so nothing but the grain is cached from one to the next. "A second" is one of the
processor's time, so that a busy machine does not change it.
"""

import argparse
import itertools
import os
import time
from collections.abc import Callable, Iterator

from studio.sandbox.paint.picture import Brief
from studio.sandbox.painter import Job, Painting

# fmt: off
PROMPTS = [
    "a quiet valley in the morning", "snowy mountains, blue", "a sailing boat at sunset", "a lighthouse at night",
    "a fox in a forest in autumn", "tokyo at night", "a meadow of red poppies", "a cup of coffee",
    "portrait of a woman", "poster of a cat", "jazz collage", "a rocket and saturn", "desert dunes at dusk",
    "perfume bottle, purple",
]
# fmt: on
AIM_PICTURES_PER_SECOND = 20
AIM_4K_MILLISECONDS = 1000
GENERATED = [
    (1024, 1024, "low", "png"), (1024, 1024, "low", "jpeg"), (1024, 1024, "low", "webp"),
    (1024, 1024, "medium", "png"), (1024, 1024, "high", "png"), (1024, 1024, "max", "png"),
    (1536, 1024, "medium", "png"), (2048, 2048, "medium", "png"),
    (3840, 2160, "low", "png"), (3840, 2160, "high", "png"), (3840, 2160, "max", "png"), (3840, 2160, "max", "webp"),
]  # fmt: skip


def numbered() -> Iterator[str]:
    return (f"{PROMPTS[number % len(PROMPTS)]} {number}" for number in itertools.count())


def measure(paint: Callable[[str], bytes], seconds: float) -> tuple[float, float, float]:
    """Return for one picture: milliseconds of the processor (all threads), milliseconds by the clock, and kilobytes."""
    words = numbered()
    paint(next(words))
    count, weight, started, burnt = 0, 0, time.perf_counter(), time.process_time()
    while count < len(PROMPTS) or time.perf_counter() - started < seconds:
        weight += len(paint(next(words)))
        count += 1
    burnt, elapsed = time.process_time() - burnt, time.perf_counter() - started
    return burnt * 1000 / count, elapsed * 1000 / count, weight / count / 1000


def rows() -> Iterator[tuple[str, Callable[[str], bytes]]]:
    for width, height, quality, form in GENERATED:
        yield (
            f"{width}x{height} {quality} {form}",
            lambda words, width=width, height=height, quality=quality, form=form: Painting(  # type: ignore[misc]
                Job(Brief(words, width, height, quality), form)
            ).final(),
        )
    base = Painting(Job(Brief("a quiet valley", 1024, 1024, "low"))).final()
    painted = Painting(Job(Brief("a quiet valley", 1024, 1024, "low")))
    painted.final()
    yield (
        "1024x1024 low png, edit",
        lambda words: Painting(Job(Brief(words, 1024, 1024, "low"), images=(base,))).final(),
    )
    yield "1024x1024 low png, one partial of 3", lambda words: painted.partial(1, 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.5, help="for each row")
    seconds = parser.parse_args().seconds
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(f"{'what':38}{'CPU ms':>8}{'a second':>10}{'clock ms':>10}{'kB':>8}")
    for name, paint in rows():
        burnt, elapsed, kilobytes = measure(paint, seconds)
        print(f"{name:38}{burnt:8.1f}{1000 / burnt:10.1f}{elapsed:10.1f}{kilobytes:8.0f}")
    print(f"aims: {AIM_PICTURES_PER_SECOND} a second at 1024x1024 low, {AIM_4K_MILLISECONDS} ms at 3840x2160")


if __name__ == "__main__":
    main()
