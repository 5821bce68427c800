"""Measure what the gateway adds to an OpenAI-like API: .venv/bin/python -m bench.gateway [--target NAME=URL[,KEY]]

Measured are whole pictures of about two megabytes (1024² PNG), one at a time and several at once, and the lag of each
streamed frame. Beside Darkroom, the upstream is called directly and through other gateways (`--target`; they call the
upstream that the command in `--upstream` starts). All are called in turns, in the same run, by the same client; figures
are medians over the rounds. Darkroom stores and records each picture, holds money for it, and paints its previews.
"""

import argparse
import asyncio
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bench.page import manage
from bench.sizes import embedded, program
from bench.upstream import STAMP_AT, sent_at

OWN_UPSTREAM = "python -m bench.upstream --port {port}"
POINT = Path(__file__).parent.parent / "tests/studio/gateway/point_at_upstream.py"
B64 = b'"b64_json":"'
LONGEST_HEAD = 128 * 1024 * 1024
AIM_ADDED_MILLISECONDS, AIM_PER_SECOND, AIM_LAG_MILLISECONDS = 22.0, 40.0, 60.0


@dataclass
class Target:
    name: str
    url: str
    key: str = "none"
    pid: int = 0


@dataclass
class Cell:
    milliseconds: list[float] = field(default_factory=list)
    lags: list[float] = field(default_factory=list)
    errors: int = 0
    seconds: float = 0.0
    cpu_milliseconds: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.milliseconds) / self.seconds if self.seconds else 0.0


class Line:
    """A connection that stays open, and is read without a library."""

    def __init__(self, target: Target) -> None:
        self.target, self.parts = target, urlsplit(target.url)
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    async def ask(self, cell: Cell, body: dict[str, object]) -> None:
        began = time.perf_counter()
        try:
            status = await self._ask(json.dumps(body).encode(), cell)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            status, self.reader = 0, None
        if status == 200:
            cell.milliseconds.append((time.perf_counter() - began) * 1000)
        else:
            cell.errors += 1

    async def _ask(self, body: bytes, cell: Cell) -> int:
        if self.reader is None or self.writer is None or self.reader.at_eof():
            self.reader, self.writer = await asyncio.open_connection(
                self.parts.hostname, self.parts.port, limit=LONGEST_HEAD
            )
        head = (
            f"POST {self.parts.path}/images/generations HTTP/1.1\r\nHost: {self.parts.netloc}\r\n"
            f"Authorization: Bearer {self.target.key}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.writer.write(head.encode() + body)
        answer = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        status = int(answer.split(b" ", 2)[1])
        await self._read(self.reader, answer, cell)
        return status

    async def _read(self, reader: asyncio.StreamReader, head: bytes, cell: Cell) -> None:
        if b"content-length: " in head:
            await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
            return
        frame = bytearray()
        while size := int(await reader.readline(), 16):
            frame += await reader.readexactly(size)
            await reader.readexactly(2)
            if frame.endswith(b"\n\n"):
                _note_lag(bytes(frame[: 64 * 1024]), cell)
                frame.clear()
        await reader.readexactly(2)


def _note_lag(frame: bytes, cell: Cell) -> None:
    at = frame.find(B64)
    if at >= 0:
        with suppress(ValueError):
            encoded = frame[at + len(B64) : at + len(B64) + STAMP_AT.stop]
            cell.lags.append((time.time() - sent_at(encoded)) * 1000)


async def one_by_one(targets: list[Target], samples: int) -> dict[str, Cell]:
    cells: dict[str, Cell] = defaultdict(Cell)
    lines = {target.name: Line(target) for target in targets}
    for _ in range(samples):
        for target in targets:
            await asyncio.sleep(0.05)
            await lines[target.name].ask(cells[target.name], {"prompt": "a lamp", "model": "gpt-image-2"})
    return cells


async def at_once(target: Target, count: int, seconds: float) -> Cell:
    cell, until = Cell(), time.perf_counter() + seconds

    async def worker() -> None:
        line = Line(target)
        while time.perf_counter() < until:
            await line.ask(cell, {"prompt": "a lamp", "model": "gpt-image-2"})

    began, spent = time.perf_counter(), cpu_milliseconds(target.pid)
    await asyncio.gather(*(worker() for _ in range(count)))
    cell.seconds = time.perf_counter() - began
    cell.cpu_milliseconds = cpu_milliseconds(target.pid) - spent
    return cell


async def streams(target: Target, count: int, delay: float) -> Cell:
    cell = Cell()
    asked = {"prompt": f"a lamp delay={delay}", "model": "gpt-image-2", "stream": True, "partial_images": 2}
    await asyncio.gather(*(Line(target).ask(cell, dict(asked)) for _ in range(count)))
    return cell


def cpu_milliseconds(pid: int) -> float:
    """Return the CPU time of the process, which other programs on the machine disturb less than the clock."""
    if not pid:
        return 0.0
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def memory_megabytes(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text()
    return int(text.partition("VmRSS:")[2].split()[0]) / 1024


def median(values: list[float]) -> float:
    return statistics.median(values) if values else float("nan")


def p95(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.95)] if values else float("nan")


def all_targets(stack: ExitStack, options: argparse.Namespace) -> Iterator[Target]:
    upstream, _ = stack.enter_context(program(options.upstream))
    yield Target("direct", f"{upstream}/v1")
    scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="darkroom-bench-")))
    limits = {"API_CALLS_A_MINUTE": "1000000", "PROVIDER_ALLOWED_HOSTS": urlsplit(upstream).netloc}
    size = stack.enter_context(embedded(scratch, **limits))
    with known(limits):
        manage(scratch / "data", "demo", "--json")
        key = manage(scratch / "data", "shell", "-c", POINT.read_text().replace("UPSTREAM", f"{upstream}/v1")).split()[
            -1
        ]
    yield Target("darkroom", f"{size.url}/v1", key, size.working[0])
    for told in options.target:
        name, _, rest = told.partition("=")
        url, _, key = rest.partition(",")
        yield Target(name, url, key or "none")


@contextmanager
def known(variables: dict[str, str]) -> Iterator[None]:
    """Set the variables that `manage` must know as the server does."""
    os.environ.update(variables)
    try:
        yield
    finally:
        for name in variables:
            os.environ.pop(name, None)


async def measure(targets: list[Target], options: argparse.Namespace) -> None:
    for target in targets:
        await one_by_one([target], 3)  # warm
    await tell_latency(targets, options)
    for count in options.at_once:
        await tell_throughput(targets, count, options)
    for count in options.streams:
        await tell_lags(targets, count, options)


async def tell_latency(targets: list[Target], options: argparse.Namespace) -> None:
    row("whole, one at a time", "p50 ms", "p95 ms", "added p50", "added p95", "errors")
    rounds = [await one_by_one(targets, options.samples) for _ in range(options.rounds)]
    for target in targets:
        pairs = [(cells[target.name], cells["direct"]) for cells in rounds]
        added = [median(own.milliseconds) - median(base.milliseconds) for own, base in pairs]
        slower = [p95(own.milliseconds) - p95(base.milliseconds) for own, base in pairs]
        p50 = median([median(own.milliseconds) for own, _ in pairs])
        slow = median([p95(own.milliseconds) for own, _ in pairs])
        row(target.name, p50, slow, median(added), median(slower), sum(own.errors for own, _ in pairs))


async def tell_throughput(targets: list[Target], count: int, options: argparse.Namespace) -> None:
    row(f"\nwhole, {count} at once", "per s", "via/direct", "p50 ms", "p95 ms", "CPU ms each", "MB", "errors")
    cells: dict[str, list[Cell]] = defaultdict(list)
    for _ in range(options.rounds):
        for target in targets:
            cells[target.name].append(await at_once(target, count, options.seconds))
    for target in targets:
        own, base = cells[target.name], cells["direct"]
        ratio = median([one.per_second / two.per_second for one, two in zip(own, base, strict=True)])
        row(
            target.name,
            median([cell.per_second for cell in own]),
            f"{ratio:.3f}",
            median([median(cell.milliseconds) for cell in own]),
            median([p95(cell.milliseconds) for cell in own]),
            median([cell.cpu_milliseconds / max(len(cell.milliseconds), 1) for cell in own]) if target.pid else "",
            memory_megabytes(target.pid) if target.pid else "",
            sum(cell.errors for cell in own),
        )


async def tell_lags(targets: list[Target], count: int, options: argparse.Namespace) -> None:
    row(f"\nframes of {count} streams", "p50 ms", "p95 ms", "added p50", "frames", "errors")
    cells: dict[str, list[Cell]] = defaultdict(list)
    for _ in range(options.rounds):
        for target in targets:
            cells[target.name].append(await streams(target, count, options.delay))
    base = median([lag for cell in cells["direct"] for lag in cell.lags])
    for target in targets:
        found = [lag for cell in cells[target.name] for lag in cell.lags]
        errors = sum(cell.errors for cell in cells[target.name])
        row(target.name, median(found), p95(found), median(found) - base, len(found), errors)


def row(name: str, *values: object) -> None:
    print(f"{name:<26}" + "".join(f"{one:>12.1f}" if isinstance(one, float) else f"{one!s:>12}" for one in values))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", action="append", default=[], metavar="NAME=URL[,KEY]")
    parser.add_argument("--upstream", default=OWN_UPSTREAM, metavar="COMMAND")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--samples", type=int, default=20, help="calls of each target and round, one at a time")
    parser.add_argument("--seconds", type=float, default=4, help="for each cell of throughput")
    parser.add_argument("--delay", type=float, default=0.5, help="seconds before each frame of a stream")
    parser.add_argument("--at-once", nargs="+", type=int, default=[1, 8, 32, 128])
    parser.add_argument("--streams", nargs="+", type=int, default=[1, 8, 32])
    options = parser.parse_args()
    with ExitStack() as stack:
        asyncio.run(measure(list(all_targets(stack, options)), options))
    print(
        f"aims: {AIM_ADDED_MILLISECONDS:.0f} ms added p50, {AIM_PER_SECOND:.0f} a second at 32, "
        f"{AIM_LAG_MILLISECONDS:.0f} ms added to a frame p50"
    )


if __name__ == "__main__":
    main()
