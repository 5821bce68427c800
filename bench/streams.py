"""Measure what many streams at once take, in both sizes: .venv/bin/python -m bench.streams [--sizes embedded scaled]

Leaves: from a person's click until the provider has the request, one click after the other. Memory: the largest growth
of the processes that hold the streams, for each stream in flight (1024² PNG, two partials and a final that all come at
once for all of them). In flight: the most runs at once at which 19 of 20 frames are less than a second late, when each
stream brings a frame every `--delay` seconds and the runs begin spread over that time.
"""

import argparse
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.request import urlopen

from bench.frames import OWN_UPSTREAM
from bench.sizes import Size, embedded, program, scaled
from bench.start import proportional_megabytes
from bench.watching import Cell, Watcher

AIM_LEAVES_MILLISECONDS = {"embedded": 25, "scaled out": 40}
AIM_MEGABYTES = 12
LATE_SECONDS = 1.0
STEPS = (8, 16, 32, 48, 64, 96, 128)
REST_SECONDS = 1.5  # so that each click finds Darkroom idle
SETTLE_SECONDS = 3.0
TABLES = ("memory", "leaves", "flight")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["embedded", "scaled"], choices=["embedded", "scaled"])
    parser.add_argument("--tables", nargs="+", default=[*TABLES], choices=TABLES)
    parser.add_argument("--upstream", default=OWN_UPSTREAM, metavar="COMMAND")
    parser.add_argument("--clicks", type=int, default=40)
    parser.add_argument("--streams", type=int, default=64)
    parser.add_argument("--delay", type=float, default=5.0, help="seconds between two frames of a stream")
    parser.add_argument("--seconds", type=float, default=12.0, help="for each step of what is in flight")
    options = parser.parse_args()
    with ExitStack() as stack:
        upstream_url, _ = stack.enter_context(program(options.upstream, FAKE_DELAY=str(options.delay)))
        for make in (size for size in (embedded, scaled) if size.__name__ in options.sizes):
            scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="darkroom-bench-")))
            scratch.chmod(0o711)
            with make(scratch) as size:
                watcher = Watcher(size, upstream_url)
                if "memory" in options.tables:
                    memory(size, watcher, options.streams, options.delay)
                if "leaves" in options.tables:
                    leaves(size, watcher, upstream_url, options.clicks)
                if "flight" in options.tables:
                    in_flight(size, watcher, options)


def leaves(size: Size, watcher: Watcher, upstream_url: str, clicks: int) -> None:
    taken = []
    for _ in range(clicks):
        cell = Cell()
        watcher.ask(cell, delay_seconds=0)
        time.sleep(REST_SECONDS)
        ((prompt, asked_at),) = cell.asked.items()
        with urlopen(f"{upstream_url}/__requests") as answer:  # noqa: S310 our own
            arrived = {one["fields"]["prompt"]: one["at"] for one in json.load(answer)}
        if prompt in arrived:
            taken.append((arrived[prompt] - asked_at) * 1000)
    p95 = statistics.quantiles(taken, n=20)[-1]
    aim = AIM_LEAVES_MILLISECONDS[size.name]
    print(f"{size.name}: click to request, {len(taken)} of {clicks}: {statistics.median(taken):.0f} ms p50, ", end="")
    print(f"{p95:.0f} ms p95 (aim {aim} ms p50)", flush=True)


def memory(size: Size, watcher: Watcher, streams: int, delay_seconds: float) -> None:
    time.sleep(SETTLE_SECONDS)
    idle = megabytes(size)
    with watched(size) as seen:
        for _ in range(2):  # the first time is not always the worst
            cell = watcher.watch(streams, 0, delay_seconds)
    time.sleep(SETTLE_SECONDS)
    grown = (max(seen) - idle) / streams
    print(f"{size.name}: {cell.streams} streams at once: {idle:.0f} MB idle, {max(seen):.0f} MB at most, ", end="")
    print(f"{grown:.1f} MB a stream (aim {AIM_MEGABYTES} MB), {megabytes(size):.0f} MB afterwards", flush=True)


def in_flight(size: Size, watcher: Watcher, options: argparse.Namespace) -> None:
    os.sync()  # so that the writes of what was measured before do not disturb
    best = 0
    for at_once in STEPS:
        cell = watcher.watch(at_once, options.seconds, options.delay, spread_seconds=options.delay)
        watcher.look_at_pictures(cell)
        p95 = statistics.quantiles(cell.lags("partial") + cell.lags("final"), n=20)[-1]
        print(f"{size.name}: {at_once} in flight, a frame every {options.delay} s: {p95 * 1000:.0f} ms p95", flush=True)
        if p95 > LATE_SECONDS:
            break
        best = at_once
    print(f"{size.name}: {best} in flight with frames less than a second late", flush=True)


@contextmanager
def watched(size: Size) -> Iterator[list[float]]:
    seen, is_over = [megabytes(size)], threading.Event()

    def look() -> None:
        while not is_over.wait(0.05):
            seen.append(megabytes(size))

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield seen
    finally:
        is_over.set()
        looking.join()


def megabytes(size: Size) -> float:
    return sum(proportional_megabytes(each) for each in size.working)


if __name__ == "__main__":
    main()
