"""Measure what 100,000 pictures leave in the hot tables: .venv/bin/python -m bench.bloat [--pictures N]

Each picture goes its way through the database: submitted with its hold, claimed, sent, one partial, the final with its
settlement, reported to its caller. At every twentieth picture, a person signs in and out. Two hundred tickets wait in
the line all the time, so that a claim has something to choose from.

The statements are the product's own, in its own transactions. In each organization, one picture is made by the
product's functions (only the files are left out) and recorded by `bench.recording`; all others replay the record with
ids and codes of their own, by psycopg without Django, so that only the database is measured. Beside each claim that
is timed, an empty transaction is timed too, which tells how busy the machine was.

PostgreSQL is a new one with the embedded size's settings, except `fsync`, which bloat does not depend on; with
DATABASE_URL, a database beside the named one is used.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from saas.embedded.folder import DataFolder
from saas.embedded.postgres import Postgres

if TYPE_CHECKING:
    from bench.lives import Lives

ORGANIZATIONS = 20
WAITING = 200  # tickets in the line, all the time
TIMED_EACH = 2000  # pictures at the start and at the end whose claims are timed
REPORTS = (0.1, 0.5, 1.0)
TABLES = """
SELECT relname, n_live_tup, n_dead_tup, pg_table_size(relid), pg_indexes_size(relid), n_tup_upd, n_tup_hot_upd,
    n_tup_del, autovacuum_count
FROM pg_stat_user_tables WHERE n_tup_ins + n_tup_upd > 100 AND relname ~ '^(studio|accounts|billing|django_session)'
ORDER BY pg_total_relation_size(relid) DESC
"""


@dataclass
class Times:
    """The times of each phase's pictures, in milliseconds."""

    claims: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    empties: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    def print(self) -> None:
        for phase in self.claims:
            claims, empties = self.claims[phase], self.empties[phase]
            print(
                f"{phase}: {len(claims):,} claims {_percentiles(claims)}; empty transactions {_percentiles(empties)}",
                flush=True,
            )


def _percentiles(found: list[float]) -> str:
    hundredths = statistics.quantiles(found, n=100)
    return f"{hundredths[49]:.2f} ms p50, {hundredths[94]:.2f} ms p95"


class Driver:
    """The threads that replay lives until there are as many pictures as were asked for."""

    def __init__(self, lives: "Lives", pictures: int) -> None:
        self._lives, self._pictures = lives, pictures
        self._guard, self._begun, self.done = threading.Lock(), 0, 0
        self.times = Times()
        self.fault: BaseException | None = None

    def run(self, threads: int) -> None:
        with self._lives.hand() as hand:
            for _ in range(WAITING):
                self._begun += 1
                hand.submit(self._begun)
        working = [threading.Thread(target=self._work) for _ in range(threads)]
        for thread in working:
            thread.start()
        reports = [round(share * self._pictures) for share in REPORTS]
        began, reported = time.monotonic(), 0
        while any(thread.is_alive() for thread in working):
            time.sleep(0.5)
            if reported < len(reports) - 1 and self.done >= reports[reported]:
                report(self._lives, self.done, time.monotonic() - began)
                reported += 1
        if self.fault is not None:
            raise self.fault
        report(self._lives, self.done, time.monotonic() - began)

    def _work(self) -> None:
        try:
            with self._lives.hand() as hand:
                while (number := self._next()) is not None:
                    if number <= self._pictures - WAITING:
                        hand.submit(number + WAITING)
                    took = hand.live()
                    if (phase := self._phase(number)) is not None:
                        self.times.claims[phase].append(took)
                        self.times.empties[phase].append(hand.empty())
                    if number % 20 == 0:
                        hand.sign_in_and_out()
                    with self._guard:
                        self.done += 1
        except BaseException as error:
            self.fault = error

    def _next(self) -> int | None:
        with self._guard:
            if self.fault is not None or self._begun - WAITING >= self._pictures:
                return None
            self._begun += 1
            return self._begun - WAITING

    def _phase(self, number: int) -> str | None:
        if number <= TIMED_EACH:
            return "the first"
        last = self._pictures - WAITING  # after it no ticket joins the line, which grows short
        return "the last" if last - TIMED_EACH < number <= last else None


def report(lives: "Lives", done: int, seconds: float) -> None:
    print(f"\nafter {done:,} pictures ({done / seconds:.0f} a second):")
    print("| table | rows | dead | table | indexes | bytes a row | updates | of them HOT | deletions | vacuums |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, live, dead, table, indexes, updates, hot, deletions, vacuums in lives.ask(TABLES):
        a_row = f"{(table + indexes) / live:,.0f}" if live else ""
        share = f"{hot / updates:.0%}" if updates else ""
        print(
            f"| {name} | {live:,} | {dead:,} | {table / 1e6:.1f} MB | {indexes / 1e6:.1f} MB | {a_row} | {updates:,} "
            f"| {share} | {deletions:,} | {vacuums} |",
            flush=True,
        )


@contextmanager
def database() -> Iterator[None]:
    if "DATABASE_URL" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch:
        Path(scratch).chmod(0o711)  # PostgreSQL's own user passes through
        folder = DataFolder.at(Path(scratch) / "data")
        postgres = Postgres(folder, {"fsync": "off"})
        folder.prepare()
        postgres.begin()
        try:
            postgres.wait()
            os.environ["DATABASE_URL"] = postgres.url
            yield
        finally:
            postgres.leave()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=100_000)
    parser.add_argument("--threads", type=int, default=3)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # through the blocks that stop PostgreSQL
    with database(), prepared() as lives:
        driver = Driver(lives, options.pictures)
        driver.run(options.threads)
        driver.times.print()


def prepared() -> "AbstractContextManager[Lives]":
    """Set up Django and prepare the lives. DATABASE_URL must be set before, which is why the imports are here."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    import django

    django.setup()
    from bench.lives import Lives

    return Lives.prepared(ORGANIZATIONS)


if __name__ == "__main__":
    main()
