"""Measure a ZIP of many pictures, as a browser fetches it: .venv/bin/python -m bench.archive [--pictures 2000]

Measured are the time to the first byte, the speed of the rest, and the memory that the whole program takes for it: its
resident size before and its peak while it sends. The pictures are rows of one file of 1.6 MB, which is read from
storage again for each.
"""

import argparse
import http.client
import json
import re
import tempfile
import time
from pathlib import Path
from urllib.parse import urlencode

from bench.page import Browser, manage
from bench.start import darkroom, free_port, wait_until_ready

AIM_MEGABYTES = 100.0
MEGABYTE = 1_000_000
FILE_BYTES = 1_600_000

MAKE = """
import json, os
from accounts.models import Membership, User
from saas.database import tenancy
from studio.files import storage as files
from studio.models import Output, Run, Slot
user = User.objects.get(email="demo@darkroom.invalid")
with tenancy.person(user.pk):
    org = Membership.objects.select_related("org").get(user=user, org__slug="demo").org
with tenancy.tenant(org.pk):
    name = files.save(f"{org.code}/bench/picture.png", os.urandom(%r))
    of_run = {"kind": "generate", "model": "m", "prompt": "x", "asked": {}, "count": 1, "state": "succeeded"}
    run = Run.objects.create(org=org, maker=user, **of_run)
    slots = Slot.objects.bulk_create(Slot(org=org, run=run, index=n, state="succeeded") for n in range(%r))
    named = {"file": name, "preview": name, "thumbnail": name, "format": "png", "width": 9, "height": 9}
    made = Output.objects.bulk_create(
        Output(org=org, run=run, slot=slot, maker=user, kind="generate", model="m", size_bytes=%r, sha256="", **named)
        for slot in slots
    )
print(json.dumps([str(output.code) for output in made]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=2000)
    pictures = parser.parse_args().pictures
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch:
        Path(scratch).chmod(0o711)
        data, port = Path(scratch) / "data", free_port()
        with darkroom(data, port) as process:
            wait_until_ready(process, port)
            demo = json.loads(manage(data, "demo", "--json"))
            told = manage(data, "shell", "--no-imports", "-c", MAKE % (FILE_BYTES, pictures, FILE_BYTES))
            browser = Browser(port)
            browser.sign_in(demo["email"], demo["password"])
            codes: list[str] = json.loads(told.splitlines()[-1])
            fetch(browser, codes[:20])  # warms up what only the first one needs
            before = _megabytes(process.pid, "VmRSS")
            Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # resets the peak
            first, seconds, size = fetch(browser, codes)
            peak = _megabytes(process.pid, "VmHWM")
    print(f"{pictures} pictures, {size / MEGABYTE:,.0f} MB: first byte after {first * 1000:.0f} ms,")
    print(f"{size / MEGABYTE / seconds:,.0f} MB/s; memory {before:.0f} MB before, {peak:.0f} MB at most: "
          f"{peak - before:.0f} MB for it (aim: {AIM_MEGABYTES:.0f})")  # fmt: skip


def fetch(browser: Browser, codes: list[str]) -> tuple[float, float, int]:
    """Fetch the ZIP. Return the seconds to the first byte, the seconds in all, and the bytes."""
    _, page = browser.ask("GET", "/o/demo/gallery/")
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token is not None
    form = urlencode([("csrfmiddlewaretoken", token[1]), *(("picture", code) for code in codes)])
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    headers = {"Cookie": cookies, "Content-Type": "application/x-www-form-urlencoded"}
    began = time.perf_counter()
    browser.connection.request("POST", "/o/demo/gallery/download/", form, headers)
    answer = browser.connection.getresponse()
    assert answer.status == http.client.OK, answer.status
    size = len(answer.read(1))
    first = time.perf_counter() - began
    while chunk := answer.read(256 * 1024):
        size += len(chunk)
    return first, time.perf_counter() - began, size


def _megabytes(pid: int, name: str) -> float:
    found = re.search(rf"^{name}:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    return int(found[1]) / 1024 if found else 0.0


if __name__ == "__main__":
    main()
