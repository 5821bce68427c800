"""Measure how long a frame takes from the provider to a browser: .venv/bin/python -m bench.frames [--peer COMMAND]

The time runs from the moment at which the provider begins to send a frame until a browser's socket has its preview,
with several runs at once, in both sizes. Each run is two partials and a final (1024² PNG), half a second before each.
With --peer, another server is measured in turns with Darkroom, on the same machine and the same upstream: it takes POST
/api/generate, answers with lines of JSON, and gets its port by {port} and its upstream by OPENAI_BASE_URL. `--upstream`
names another upstream that sends what bench/upstream.py sends.
"""

import argparse
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from bench.sizes import embedded, program, scaled
from bench.watching import Cell, PeerWatcher, Target, Watcher

AIM_BYTES_RATIO = 30
OWN_UPSTREAM = "python -m bench.upstream --port {port}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upstream", default=OWN_UPSTREAM, metavar="COMMAND")
    parser.add_argument("--peer", metavar="COMMAND")
    parser.add_argument("--sizes", nargs="+", default=["embedded", "scaled"], choices=["embedded", "scaled"])
    parser.add_argument("--runs", nargs="+", type=int, default=[1, 8, 32], help="at once")
    parser.add_argument("--seconds", type=float, default=8, help="for each cell")
    parser.add_argument("--delay", type=float, default=0.5, help="seconds before each frame")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with ExitStack() as stack:
        targets = list(all_targets(stack, options))
        print_head()
        for at_once in options.runs:
            print_rows(at_once, in_turns(targets, at_once, options))


def all_targets(stack: ExitStack, options: argparse.Namespace) -> Iterator[Target]:
    upstream_url, _ = stack.enter_context(program(options.upstream, FAKE_DELAY=str(options.delay)))
    if options.peer:
        told = {"OPENAI_BASE_URL": f"{upstream_url}/v1", "OPENAI_API_KEY": "sk-bench"}
        peer_url, process = stack.enter_context(program(options.peer, **told))
        yield Target("peer", PeerWatcher(peer_url), [process])
    for make in (size for size in (embedded, scaled) if size.__name__ in options.sizes):
        scratch = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="darkroom-bench-")))
        scratch.chmod(0o711)
        size = stack.enter_context(make(scratch))
        yield Target(size.name, Watcher(size, upstream_url), [*size.working, *size.serving])


def in_turns(targets: list[Target], at_once: int, options: argparse.Namespace) -> dict[str, list[Cell]]:
    """Measure the targets round by round, each time another one first, so that the machine's changes of load hit
    all."""
    measured: dict[str, list[Cell]] = {target.name: [] for target in targets}
    for number in range(options.rounds):
        first = number % len(targets)
        for target in targets[first:] + targets[:first]:
            measured[target.name].append(target.measure(at_once, options.seconds, options.delay))
    return measured


def print_head() -> None:
    columns = ["runs", "where", *("partial p50 ms", "p95", "final p50 ms", "p95")]
    columns += ["frames/s", "CPU ms a frame", "kB a frame", "partial p50 to peer"]
    print(f"| {' | '.join(columns)} |")
    print("|---" * len(columns) + "|")


def print_rows(at_once: int, measured: dict[str, list[Cell]]) -> None:
    peer = [statistics.median(cell.lags("partial")) for cell in measured.get("peer", [])]
    for name, cells in measured.items():
        own = [statistics.median(cell.lags("partial")) for cell in cells]
        ratio = f"{statistics.median(a / b for a, b in zip(own, peer, strict=True)):.1f}" if peer else ""
        columns = [median_and_range(cells, kind, rank) for kind in ("partial", "final") for rank in (50, 95)]
        frames = statistics.median(cell.streams * 3 / cell.seconds for cell in cells)
        burnt = statistics.median(cell.processor_seconds * 1000 / (cell.streams * 3) for cell in cells)
        kilobytes = statistics.mean(frame.size_bytes for cell in cells for frame in cell.frames) / 1000
        print(
            f"| {at_once} | {name} | {' | '.join(columns)} | {frames:.1f} | {burnt:.0f} | {kilobytes:.1f} | {ratio} |",
            flush=True,
        )


def median_and_range(cells: list[Cell], kind: str, rank: int) -> str:
    """Return the median of the rounds, and their range."""
    values = [statistics.quantiles(cell.lags(kind), n=100)[rank - 1] * 1000 for cell in cells]
    return f"{statistics.median(values):.0f} ({min(values):.0f} to {max(values):.0f})"


if __name__ == "__main__":
    main()
