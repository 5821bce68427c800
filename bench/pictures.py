"""Measure how quickly pictures are examined, normalised and made small: .venv/bin/python -m bench.pictures [--rounds N]

The pictures are like those that providers and phones make: soft shapes with grain. Times are of one thread; CPU is what
the process spent, which other programs on the machine disturb less than the clock.
"""

import argparse
import os
import resource
import statistics
import sys
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import django
import pyvips

from studio.imaging import decode_turns, inspection, previews

AIM_PREVIEW_MILLISECONDS = 45.0
GRAIN = 5.0
AIM_PREVIEW_BYTES = 48_000


@cache
def painted(width: int, height: int) -> Any:
    clouds = [pyvips.Image.perlin(width, height, cell_size=height // (5 + band), seed=band) for band in range(3)]
    grain = [pyvips.Image.gaussnoise(width, height, mean=0, sigma=GRAIN, seed=band) for band in range(3)]
    image = clouds[0].bandjoin(clouds[1:]) * 110 + 128 + grain[0].bandjoin(grain[1:])
    return image.cast("uchar").copy(interpretation="srgb").copy_memory()


@cache
def file(width: int, height: int, form: str) -> bytes:
    data: bytes = painted(width, height).write_to_buffer(form)
    return data


def photo() -> bytes:
    """Make a photo of twelve million pixels, as from a phone that was held upright."""
    image = painted(4032, 3024).copy()
    image.set_type(pyvips.GValue.gint_type, "orientation", 6)
    data: bytes = image.write_to_buffer(".jpg[Q=90]")
    return data


def cases() -> list[tuple[str, Callable[[], object]]]:
    png, jpeg, webp = (file(1024, 1024, form) for form in (".png", ".jpg[Q=90]", ".webp[Q=90]"))
    large, turned = file(3840, 2160, ".png"), photo()
    return [
        ("preview 1024² PNG", lambda: previews.preview(png)),
        ("preview 1024² JPEG", lambda: previews.preview(jpeg)),
        ("preview 1024² WebP", lambda: previews.preview(webp)),
        ("preview + thumbnail 1024² PNG", lambda: previews.preview_and_thumbnail(png)),
        ("preview 3840x2160 PNG", lambda: previews.preview(large)),
        ("measure 3840x2160 PNG", lambda: previews.measure(large)),
        ("examine 12 MP phone JPEG", lambda: inspection.examine(turned)),
        ("normalise 1024² PNG, words only", lambda: inspection.normalise(inspection.examine(png))),
        ("normalise 12 MP phone JPEG, turned", lambda: inspection.normalise(inspection.examine(turned))),
        *asking(),
    ]


def asking() -> list[tuple[str, Callable[[], object]]]:
    """Return the cases that need the models, and with them Django, but no database."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from studio.catalogue import specs
    from studio.imaging import sizes
    from tests.support.catalogue_rows import row, shipped

    rule, models = row().sizes, shipped()
    asked = {"prompt": "A pear", "size": "1920x1088", "quality": "high", "n": 4, "partial_images": 3}
    return [
        ("read a spec", lambda: specs.read_spec(asked, models=models)),
        ("nearest size", lambda: sizes.nearest(1920, 1080, rule)),
    ]


def measured(call: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    wall, cpu = [], []
    call()
    for _ in range(rounds):
        began, spent = time.perf_counter(), time.process_time()
        call()
        wall.append((time.perf_counter() - began) * 1000)
        cpu.append((time.process_time() - spent) * 1000)
    return wall, cpu


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    print(f"{'':<36}{'p50 ms':>9}{'p95 ms':>9}{'CPU p50':>9}")
    for name, call in cases():
        with decode_turns.unshared():
            wall, cpu = measured(call, rounds)
        p95 = statistics.quantiles(wall, n=20)[-1]
        print(f"{name:<36}{statistics.median(wall):>9.2f}{p95:>9.2f}{statistics.median(cpu):>9.2f}")
    sent = len(previews.preview(file(1024, 1024, ".png")))
    print(f"a 1024² PNG of {len(file(1024, 1024, '.png')):,} bytes has a preview of {sent:,} bytes")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1024)
    print(f"most memory: {peak:,.0f} MB")
    print(f"aims: preview of a 1024² PNG within {AIM_PREVIEW_MILLISECONDS:.0f} ms and {AIM_PREVIEW_BYTES:,} bytes")


if __name__ == "__main__":
    main()
