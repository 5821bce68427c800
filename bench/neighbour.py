"""Measure what one tenant's storm costs another: .venv/bin/python -m bench.neighbour [--seconds 15] [--runs 30000]

Ann opens a page, submits a run, asks the gateway for a picture and asks for a mail, again and again, one after the
other. Mallory meanwhile does, in turn, all the harm that a tenant may do. Just before each storm, a calm of the same
length is measured, so a factor compares what happened within a minute on the same machine. The provider is
`bench.upstream`, which costs next to nothing, or a server that sends its answers a few bytes at a time.
"""

import argparse
import http.client
import multiprocessing
import re
import statistics
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from bench.neighbour_world import PATIENCE_SECONDS, PICTURE, RUN, World, post, world
from bench.page import Browser
from bench.storms import STORMS, Storm

WORST_FACTOR = 2.0

Times = dict[str, list[float]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=15.0)
    parser.add_argument("--runs", type=int, default=30_000, help="in the gallery that is searched")
    parser.add_argument("--only", nargs="*", default=[""], help="storms whose names have one of these in them")
    parser.add_argument("--asks", nargs="*", default=list(ASKS), choices=ASKS, help="what Ann does")
    options = parser.parse_args()
    chosen = {name: storm for name, storm in STORMS.items() if any(words in name for words in options.only)}
    rows = []
    with world(options.runs) as here:
        probe(here, options.asks, options.seconds / 3)  # warms up what only the first ones need
        for name, storm in chosen.items():
            calm = probe(here, options.asks, options.seconds)
            with blowing(here, storm):
                rows.append((name, calm, probe(here, options.asks, options.seconds)))
    print_table(options.asks, rows)


def probe(here: World, asks: list[str], seconds: float) -> Times:
    """Time each of Ann's requests in turn; a failed one counts as PATIENCE_SECONDS, the longest that she would wait."""
    times: Times = defaultdict(list)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for name in asks:
            times[name].append(timed(partial(ASKS[name], here)))
    return times


def timed(act: Callable[[], bool]) -> float:
    began = time.perf_counter()
    try:
        went_well = act()
    except (OSError, http.client.HTTPException):
        went_well = False
    return (time.perf_counter() - began) * 1000 if went_well else PATIENCE_SECONDS * 1000


def page(here: World) -> bool:
    return here.ann.ask("GET", "/o/ann/gallery/")[0] == http.client.OK


def submit(here: World) -> bool:
    return post(here, here.key("ann"), "/api/v1/runs", RUN)[0] == http.client.CREATED


def picture(here: World) -> bool:
    return post(here, here.key("ann"), "/v1/images/generations", PICTURE)[0] == http.client.OK


def mail(here: World) -> bool:
    here.post_office.to += 1
    to = f"ann{here.post_office.to}@example.com"
    browser = Browser(here.port, address=f"10.0.{here.post_office.to // 250}.{here.post_office.to % 250}")
    _, form = browser.ask("GET", "/accounts/password/reset/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
    assert token is not None
    browser.ask("POST", "/accounts/password/reset/", {"csrfmiddlewaretoken": token[1], "email": to})
    return here.post_office.has_come(to)


ASKS = {"page": page, "submit": submit, "picture": picture, "mail": mail}


@contextmanager
def blowing(here: World, storm: Storm) -> Iterator[None]:
    """Run the storm in a process of its own, not in the interpreter that times Ann. Afterwards wait, so that its load
    has ended before Ann is measured again."""
    here.stopped.clear()
    process = multiprocessing.get_context("fork").Process(target=storm, args=(here,), daemon=True)
    process.start()
    time.sleep(2.0)  # until the storm has begun
    try:
        yield
    finally:
        here.stopped.set()
        process.join(PATIENCE_SECONDS)
        process.kill()
        time.sleep(3.0)


def print_table(asks: list[str], rows: list[tuple[str, Times, Times]]) -> None:
    print("| storm | " + " | ".join(f"{ask} p50 / p95 ms (to calm)" for ask in asks) + " |")
    print("|---|" + "---|" * len(asks))
    for name, before, during in rows:
        cells = []
        for ask in asks:
            p50, p95 = statistics.median(during[ask]), high(during[ask])
            factor = p50 / statistics.median(before[ask])
            cells.append(f"{p50:,.0f} / {p95:,.0f} ({factor:.1f}, p95 {p95 / high(before[ask]):.1f})")
        print(f"| {name} | " + " | ".join(cells) + " |")
    print(f"aim: no factor of a median above {WORST_FACTOR:.0f}")


def high(times: list[float]) -> float:
    return statistics.quantiles(times, n=20)[-1] if len(times) > 1 else times[0]


if __name__ == "__main__":
    main()
