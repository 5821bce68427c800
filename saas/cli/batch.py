"""Make pictures for the prompts of a CSV, many rows at once. The result of each row is written as it ends, so that a
batch can be stopped and started again: rows that have their pictures are skipped."""

import csv
import hashlib
import json
import os
import sys
import threading
import uuid
from argparse import Namespace
from collections import Counter
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from saas.cli.client import Client
from saas.cli.developing import PARAMETERS, RunResult, develop
from saas.cli.errors import CommandFailed
from saas.cli.progress import Progress

WHOLE = ("n", "compression", "partial_images")
RESULTS, IDENTITY = "results.csv", ".darkroom-batch"
COLUMNS = ["row", "prompt", "state", "run", "files", "error"]
BAR = 40


def run(options: Namespace, client: Client) -> int:
    rows = read_rows(Path(options.file))
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    tried, done = _history(out / RESULTS)
    todo = [number for number in range(len(rows)) if number not in done]
    batch, bar = _identity(out), Bar(len(rows), len(done), is_quiet=options.json)
    failed = 0
    with Results(out / RESULTS) as results, ThreadPoolExecutor(options.concurrency) as pool:
        waiting = {
            pool.submit(_one, client, rows[number], number, out, f"{batch}:{tried[number]}"): number for number in todo
        }
        try:
            for future in as_completed(waiting):
                number, outcome = waiting[future], future.result()
                failed += outcome.exit_code
                results.write(number, rows[number]["prompt"], outcome)
                bar.advance(has_failed=bool(outcome.exit_code))
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    bar.end()
    sort_results(out / RESULTS)
    told = {"rows": len(rows), "made": len(rows) - failed, "failed": failed, "results": str(out / RESULTS)}
    print(json.dumps(told) if options.json else f"{told['made']} of {told['rows']} rows. See {told['results']}.")
    return 1 if failed else 0


def _one(client: Client, row: dict[str, Any], number: int, out: Path, batch: str) -> RunResult:
    key = hashlib.sha256(f"{batch}:{number}:{json.dumps(row, sort_keys=True)}".encode()).hexdigest()
    quiet = Progress(int(row.get("n", 1)), is_quiet=True)
    try:
        asked = {name: value for name, value in row.items() if name != "name"}
        name = str(row.get("name") or f"{number + 1:04}")
        return develop(client, asked, out=out, name=name, progress=quiet, request_key=key)
    except CommandFailed as failure:
        return RunResult(state="failed", errors=[failure.sentence])


def read_rows(file: Path) -> list[dict[str, Any]]:
    try:
        with file.open(newline="", encoding="utf-8-sig") as text:
            found = list(csv.DictReader(text))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandFailed(2, f"{file} cannot be read: {error}.") from error
    known = {"prompt", "name", *PARAMETERS, *WHOLE}
    columns = set(found[0]) if found else set()
    if "prompt" not in columns or columns - known:
        raise CommandFailed(2, f"{file} needs a column “prompt” and may have {', '.join(sorted(known - {'prompt'}))}.")
    return [_row(row, file) for row in found]


def _row(row: dict[str, str], file: Path) -> dict[str, Any]:
    said: dict[str, Any] = {name: value for name, value in row.items() if value}
    try:
        return said | {name: int(said[name]) for name in WHOLE if name in said}
    except ValueError:
        raise CommandFailed(2, f"{file} has a row in which {', '.join(WHOLE)} are not whole numbers.") from None


def _history(results: Path) -> tuple[Counter[int], set[int]]:
    """Return how often each row has ended, and which rows have their pictures. A row that ended without is sent with a
    new request key; a row that never ended is sent with the same key again, and so finds its run."""
    if not results.exists():
        return Counter(), set()
    with results.open(newline="", encoding="utf-8") as text:
        rows = [(int(row["row"]) - 1, row["state"]) for row in csv.DictReader(text)]
    return Counter(number for number, _ in rows), {number for number, state in rows if state == "succeeded"}


def rows_with_pictures(out: Path) -> set[int]:
    return _history(out / RESULTS)[1]


def sort_results(file: Path) -> None:
    """Bring the results into the order of the sheet. They were written as they came, to be on the disk at once."""
    with file.open(newline="", encoding="utf-8") as text:
        head, *rows = csv.reader(text)
    sorted_file = file.with_suffix(".sorting")
    with sorted_file.open("w", newline="", encoding="utf-8") as text:
        csv.writer(text).writerows([head, *sorted(rows, key=lambda row: int(row[0]))])
    sorted_file.replace(file)


def _identity(out: Path) -> str:
    """Return the id of the batch in this folder, new at first: the same prompts in another folder are made again."""
    file = out / IDENTITY
    if not file.exists():
        file.write_text(uuid.uuid4().hex, encoding="utf-8")
    return file.read_text(encoding="utf-8").strip()


class Results:
    """The file of results. Each row is on the disk before the bar counts it."""

    def __init__(self, file: Path) -> None:
        is_new = not file.exists()
        self.file = file.open("a", newline="", encoding="utf-8")
        self.writer = csv.writer(self.file)
        if is_new:
            self.writer.writerow(COLUMNS)

    def write(self, number: int, prompt: str, outcome: RunResult) -> None:
        files = " ".join(outcome.files)
        self.writer.writerow([number + 1, prompt, outcome.state, outcome.run, files, " ".join(outcome.errors)])
        self.file.flush()
        os.fsync(self.file.fileno())

    def __enter__(self) -> "Results":
        return self

    def __exit__(self, *_: object) -> None:
        self.file.close()


class Bar:
    def __init__(self, total: int, done: int, *, is_quiet: bool) -> None:
        self.total, self.done, self.failed = total, done, 0
        self.draws = sys.stderr.isatty() and not is_quiet
        self._lock = threading.Lock()
        self._draw()

    def advance(self, *, has_failed: bool) -> None:
        with self._lock:
            self.done, self.failed = self.done + 1, self.failed + has_failed
            self._draw()

    def end(self) -> None:
        if self.draws:
            sys.stderr.write("\n")

    def _draw(self) -> None:
        if not self.draws:
            return
        filled = BAR * self.done // max(self.total, 1)
        failed = f"   {self.failed} failed" if self.failed else ""
        sys.stderr.write(f"\r\033[K  {'█' * filled}{'░' * (BAR - filled)}   {self.done} of {self.total}{failed}")
        sys.stderr.flush()
