"""Measure how quick a large gallery is: .venv/bin/python -m bench.gallery [--runs 1000000] [--org 100000]

A Darkroom of its own is filled (see bench/gallery_seed.py), then asked over HTTP as by a browser, with both walls on.
In the same run, the process that counts each page's statements also sends the gallery's own queries by themselves,
behind the walls too (bare), and calls the program's code, which makes objects of the rows (code). Milliseconds, p95.

With --data it is filled in that folder and stays; a folder that is filled already is measured at once.
"""

import argparse
import json
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.page import Browser, manage
from bench.start import darkroom, free_port, wait_until_ready
from saas.embedded import identity
from saas.embedded.folder import DataFolder

AIM_MILLISECONDS = 60.0
WARM_UP = 5
DEEP_PAGES = 500

INSIDE = """
import json, statistics, time
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from accounts.models import Membership, User
from saas.database import tenancy
from studio.gallery import tiles as gallery
from studio.gallery.filters import Filters
rounds, deep, asked = %r, %r, %r
user = User.objects.get(email="demo@darkroom.invalid")
with tenancy.person(user.pk):
    member = Membership.objects.select_related("org", "user").get(user=user, org__slug="demo")
def p95(times): return statistics.quantiles(times, n=20)[-1]
def timed(act):
    times = []
    for number in range(rounds + 3):
        with tenancy.tenant(member.org_id):
            began = time.perf_counter()
            act()
            times.append((time.perf_counter() - began) * 1000)
    return p95(times[3:])
with tenancy.tenant(member.org_id):
    everything = gallery.pictures(member, Filters()).order_by("-pk").values_list("pk", flat=True)
    deep_id = list(everything[: deep * gallery.PAGE_SIZE])[-1]
    deep_code = str(member.org.outputs.get(pk=deep_id).code)
client = Client(headers={"host": "127.0.0.1"})
client.force_login(user)
found = {}
for name, query in asked.items():
    before = deep_code if "DEEP" in query else ""
    filters = Filters.read(dict(part.split("=") for part in query.split("&") if "=" in part and "before" not in part))
    with tenancy.tenant(member.org_id), CaptureQueriesContext(connection) as queries:
        wall = gallery.page(member, filters, before=before)
    asked_for = [each["sql"].replace("%%", "%%%%") for each in queries]
    def bare():
        with connection.cursor() as cursor:
            for sql in asked_for:
                cursor.execute(sql)
                cursor.fetchall()
    page = "/o/demo/gallery/?" + query.replace("DEEP", deep_code)
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200
    statements = sum(each["sql"] not in ("BEGIN", "COMMIT") for each in queries)
    through_code = timed(lambda: gallery.page(member, filters, before=before))
    found[name] = {"bare": timed(bare), "code": through_code, "sql": statements, "pictures": len(wall.pictures)}
print(json.dumps({"deep": deep_code, "asked": found}))
"""

SEED = """
import json
from bench.gallery_seed import seed
print(json.dumps(seed(runs=%r, of_one=%r, others=%r, server=%r)))
"""


FILLED = """
import json
from studio.models import SearchEntry
print(json.dumps(SearchEntry.objects.count() > 1000))
"""


def _day(ago: int) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(time.time() - ago * 86400))


QUERIES = {
    "first page": "",
    "one person": "by=me",
    "model and quality": "model=gpt-image-2.6-flare&quality=high",
    "three stars": "stars=3",
    "what it cost": "cost_from=0.5&cost_to=2",
    "a month, a year ago": f"since={_day(395)}&until={_day(365)}",
    "a rare word": "q=xylophone",
    "a common word": "q=light",
    "rare and common": "q=light+xylophone",
    "word and filters": "q=light&kind=edit&quality=low",
    f"page {DEEP_PAGES} deep": "before=DEEP",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--org", type=int, default=100_000, help="how many of them in the organization that is asked")
    parser.add_argument("--others", type=int, default=300, help="how many organizations share the rest")
    parser.add_argument("--requests", type=int, default=60)
    parser.add_argument("--data", type=Path, help="a folder that stays")
    parser.add_argument("--only-fill", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch:
        Path(scratch).chmod(0o711)
        data, port = options.data or Path(scratch) / "data", free_port()
        with darkroom(data, port) as process:
            wait_until_ready(process, port)
            demo = json.loads(manage(data, "demo", "--json"))
            fill(data, options)
            if not options.only_fill:
                print_table(*ask(data, port, demo, options.requests))


def fill(data: Path, options: argparse.Namespace) -> None:
    if _inside(data, FILLED):
        return
    server = identity.url(DataFolder.at(data), role=identity.SUPERUSER)
    made = _inside(data, SEED % (options.runs, options.org, options.others, server))
    print(f"{made['runs']:,} runs in {made['seconds']} s, {options.org:,} of them in the organization asked")


def ask(data: Path, port: int, demo: dict[str, str], requests: int) -> tuple[dict[str, float], dict[str, Any]]:
    inside = _inside(data, INSIDE % (requests, DEEP_PAGES, QUERIES))
    browser = Browser(port)
    browser.sign_in(demo["email"], demo["password"])
    pages = {name: measure(browser, query.replace("DEEP", inside["deep"]), requests) for name, query in QUERIES.items()}
    return pages, inside


def _inside(data: Path, program: str) -> Any:
    told: Any = json.loads(manage(data, "shell", "--no-imports", "-c", program).splitlines()[-1])
    return told


def measure(browser: Browser, query: str, requests: int) -> float:
    times = []
    for number in range(WARM_UP + requests):
        began = time.perf_counter()
        status, _ = browser.ask("GET", f"/o/demo/gallery/?{query}")
        assert status == 200, (query, status)
        if number >= WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
    return statistics.quantiles(times, n=20)[-1]


def print_table(pages: dict[str, float], inside: dict[str, Any]) -> None:
    print(f"{'asked for':<22}{'page':>8}{'code':>8}{'bare':>8}{'SQL':>5}{'pictures':>10}")
    for name, each in inside["asked"].items():
        page = f"{pages[name]:.1f}" if name in pages else "-"
        print(f"{name:<22}{page:>8}{each['code']:>8.1f}{each['bare']:>8.1f}{each['sql']:>5}{each['pictures']:>10}")
    print(f"aim: each page under {AIM_MILLISECONDS:.0f} ms, code under 3 times bare, deep at most 1.5 times the first")


if __name__ == "__main__":
    main()
