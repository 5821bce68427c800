"""Measure how quick a signed-in page is: .venv/bin/python -m bench.page [--requests N]

A real Darkroom answers over HTTP, one request after the other, on a connection that stays open. /healthz in the same
run is the floor: what the web server itself takes. The SQL statements of each page are counted in-process; BEGIN and
COMMIT are left out.
"""

import argparse
import http.client
import json
import re
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from bench.start import ROOT, darkroom, free_port, wait_until_ready

PAGES = ["/healthz", "/o/demo/", "/o/demo/team/", "/o/demo/keys/", "/o/demo/connections/", "/o/demo/audit/"]
AIM_MILLISECONDS = 12.0
AIM_STATEMENTS = 6
WARM_UP = 20

COUNT = """
import json
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from accounts.models import User
client = Client(headers={"host": "127.0.0.1"})
client.force_login(User.objects.get(email="demo@darkroom.invalid"))
counts = {}
for page in %r:
    client.get(page)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(page).status_code == 200, page
    counts[page] = sum(query['sql'] not in ('BEGIN', 'COMMIT') for query in queries)
print(json.dumps(counts))
"""


class Browser:
    """A browser that keeps its connection and its cookies. `address` is what a proxy would tell of it."""

    def __init__(self, port: int, *, address: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.cookies: dict[str, str] = {}
        self.address = address

    def ask(self, method: str, path: str, form: dict[str, str] | None = None) -> tuple[int, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if self.address:
            headers["X-Forwarded-For"] = self.address
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, urlencode(form) if form is not None else None, headers)
        answer = self.connection.getresponse()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer.status, answer.read().decode()

    def sign_in(self, email: str, password: str) -> None:
        _, page = self.ask("GET", "/accounts/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        assert token is not None
        status, _ = self.ask(
            "POST", "/accounts/login/", {"login": email, "password": password, "csrfmiddlewaretoken": token[1]}
        )
        assert status == http.client.FOUND, status


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=200)
    requests = parser.parse_args().requests
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch:
        Path(scratch).chmod(0o711)
        data, port = Path(scratch) / "data", free_port()
        with darkroom(data, port) as process:
            wait_until_ready(process, port)
            demo = json.loads(manage(data, "demo", "--json"))
            browser = Browser(port)
            browser.sign_in(demo["email"], demo["password"])
            times = {page: measure(browser, page, requests) for page in PAGES}
            counts = json.loads(manage(data, "shell", "--no-imports", "-c", COUNT % (PAGES[1:],)).splitlines()[-1])
    print_table(times, counts)


def manage(data: Path, *arguments: str) -> str:
    command: list[str | Path] = [ROOT / "bin" / "manage", "--data", data, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def measure(browser: Browser, page: str, requests: int) -> list[float]:
    times = []
    for number in range(WARM_UP + requests):
        began = time.perf_counter()
        status, _ = browser.ask("GET", page)
        assert status == http.client.OK, (page, status)
        if number >= WARM_UP:
            times.append((time.perf_counter() - began) * 1000)
    return times


def print_table(times: dict[str, list[float]], counts: dict[str, int]) -> None:
    print(f"{'page':<24}{'p50 ms':>8}{'p95 ms':>8}{'SQL':>6}")
    for page, taken in times.items():
        p95 = statistics.quantiles(taken, n=20)[-1]
        print(f"{page:<24}{statistics.median(taken):>8.1f}{p95:>8.1f}{counts.get(page, ''):>6}")
    print(f"aims: p50 under {AIM_MILLISECONDS:.0f} ms, at most {AIM_STATEMENTS} SQL statements")


if __name__ == "__main__":
    main()
