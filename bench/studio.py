"""Measure how quick the studio feels: .venv/bin/python -m bench.studio [--runs N] [--seconds S]

Chromium uses a real Darkroom. The sandbox paints one run, whose files serve for a stream of N runs with four pictures
each. Measured are the pages' weight, what moves while they load, the time from the key to the reserved tiles, scrolling
down all runs, typing while the socket brings 200 events a second, and painting a mask. The machine's load is printed
with the figures, because long tasks are only as short as the processor is free.
"""

import argparse
import base64
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, WebSocketRoute, sync_playwright

from bench.page import manage
from bench.start import darkroom, free_port, wait_until_ready

FLAGS = ["--no-sandbox", "--disable-gpu"]
EVENTS_A_SECOND = 200
TYPED = "a lamp on a table by the window, and rain outside "
PROMPT = "A lighthouse on a cliff at dusk [sandbox delay=0]"

SEED = """
from accounts.models import Organization
from saas.database import tenancy
from studio.models import Output, Partial, Run, Slot
with tenancy.operator():
    org = Organization.objects.get(slug="demo")
with tenancy.tenant(org.pk):
    run = Run.objects.filter(state="succeeded").first()
    made = list(Output.objects.filter(run=run).order_by("pk"))
    def again(row, **changes):
        names = [field.attname for field in row._meta.concrete_fields if field.attname not in {"id", "code"}]
        return type(row)(**{**{name: getattr(row, name) for name in names}, **changes})
    runs = Run.objects.bulk_create(again(run, request_key="") for _ in range(%d))
    slots = Slot.objects.bulk_create(again(output.slot, run_id=each.pk) for each in runs for output in made)
    outputs = (again(made[index %% len(made)], slot_id=slot.pk, run_id=slot.run_id) for index, slot in enumerate(slots))
    Output.objects.bulk_create(outputs)
"""

# Long tasks, layout shift and slow input, as the browser itself reports them.
WATCH = """() => {
  window.seen = { tasks: [], shift: 0, input: [] };
  const watch = (type, act, more) =>
    new PerformanceObserver((list) => list.getEntries().forEach(act)).observe({ type, ...more });
  watch("longtask", (entry) => seen.tasks.push(Math.round(entry.duration)));
  watch("layout-shift", (entry) => { if (!entry.hadRecentInput) seen.shift += entry.value; });
  const key = (entry) => { if (entry.name === "keydown") seen.input.push(Math.round(entry.duration)); };
  watch("event", key, { durationThreshold: 16 });
}"""
WEIGHT = """() => {
  const all = performance.getEntriesByType("resource");
  const own = all.filter((each) => each.name.includes("/static/darkroom/"));
  const kinds = (end) => own.filter((each) => each.name.split("?")[0].endsWith(end));
  const sum = (list) => list.reduce((total, each) => total + each.encodedBodySize, 0);
  return { css: sum(kinds(".css")), js: sum(kinds(".js")), requests: all.length + 1 };
}"""
KEY_TO_TILES = """() => {
  window.taken = new Promise((done) => {
    addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      const began = event.timeStamp;
      const look = () => {
        if (!document.querySelector("[data-stream] [data-placeholder] .tile")) return requestAnimationFrame(look);
        requestAnimationFrame(() => done(performance.now() - began)); // painted
      };
      look();
    }, { capture: true });
  });
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=5.0, help="of typing under events")
    options = parser.parse_args()
    with running() as (data, address, demo), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        rows = measure(browser, data, address, demo, options.runs, options.seconds)
        browser.close()
    print(f"{'what':<52}{'measured':>14}   aim")
    for what, measured, aim in rows:
        print(f"{what:<52}{measured:>14}   {aim}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} processors")


@contextmanager
def running() -> Iterator[tuple[Path, str, dict[str, str]]]:
    with tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch:
        Path(scratch).chmod(0o711)
        data, port = Path(scratch) / "data", free_port()
        with darkroom(data, port) as process:
            wait_until_ready(process, port)
            yield data, f"http://127.0.0.1:{port}", json.loads(manage(data, "demo", "--json"))


Rows = list[tuple[str, str, str]]


def measure(browser: Browser, data: Path, address: str, demo: dict[str, str], runs: int, seconds: float) -> Rows:
    page = signed_in(browser, address, demo)
    rows = [("key on Generate to reserved tiles", f"{key_to_tiles(page):.0f} ms", "under 100 ms")]
    code = page.locator("[data-run]").first.get_attribute("data-run")
    manage(data, "shell", "--no-imports", "-c", SEED % runs)
    rows += weight(page, "studio", "/o/demo/")
    rows += weight(page, "a run's page", f"/o/demo/runs/{code}/")
    rows += scroll(page, runs, "at a person's pace", pixels=100)
    rows += scroll(page, runs, "33 windows a second", pixels=500)
    rows += typing(browser, address, demo, seconds)
    rows += painting(page)
    return rows


def signed_in(browser: Browser, address: str, demo: dict[str, str]) -> Page:
    page = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900}).new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", demo["email"])
    page.fill("[name=password]", demo["password"])
    page.press("[name=password]", "Enter")
    page.wait_for_selector("[data-words]")
    page.wait_for_load_state("networkidle")
    return page


def key_to_tiles(page: Page) -> float:
    page.fill("[data-words]", PROMPT)
    page.wait_for_timeout(1500)  # until the price has come, as after a person has typed
    page.evaluate(KEY_TO_TILES)
    page.press("[data-words]", "Control+Enter")
    taken: float = page.evaluate("taken")
    page.wait_for_selector('[data-run][data-live-run=""]', timeout=60_000)
    return taken


def weight(page: Page, name: str, path: str) -> Rows:
    page.add_init_script(f"({WATCH})()")
    page.goto(path)
    page.wait_for_load_state("networkidle")
    found = page.evaluate(WEIGHT)
    shift = page.evaluate("seen.shift")
    return [
        (f"{name}: own CSS and JS, compressed", f"{(found['css'] + found['js']) / 1000:.1f} kB", "under 80 kB"),
        (f"{name}: requests", str(found["requests"]), ""),
        (f"{name}: layout shift while it loads", f"{shift:.4f}", "0"),
    ]


def scroll(page: Page, runs: int, pace: str, *, pixels: int) -> Rows:
    """Scroll down all runs. A hundred pixels a frame are a wheel that is turned without rest."""
    page.goto("/o/demo/")
    page.wait_for_load_state("networkidle")
    page.evaluate("seen.tasks.length = 0; seen.shift = 0")
    page.mouse.move(700, 400)
    deadline = time.monotonic() + 300
    while page.locator("[data-run]").count() < runs and time.monotonic() < deadline:
        for _ in range(8):
            page.mouse.wheel(0, pixels)
            page.wait_for_timeout(16)
    shown = page.locator("[data-run]").count()
    tasks = page.evaluate("seen.tasks")
    worst = max(tasks, default=0)
    return [
        (f"{shown} runs {pace}: long tasks", f"{len(tasks)}, worst {worst} ms", "none over 50 ms"),
        (f"{shown} runs {pace}: layout shift", f"{page.evaluate('seen.shift'):.4f}", "0"),
    ]


def painting(page: Page) -> Rows:
    """Paint twenty strokes over a picture of 1024 by 1024, and undo and redo each once."""
    page.goto("/o/demo/")
    page.wait_for_load_state("networkidle")
    tile = page.locator(".tile-succeeded").first
    tile.hover()
    tile.locator("[data-brush-output]").click()
    page.wait_for_selector("dialog.mask[open]")
    page.wait_for_load_state("networkidle")
    box = page.locator("[data-mask-sheet]").bounding_box()
    assert box is not None
    page.wait_for_timeout(500)
    page.evaluate("seen.tasks.length = 0")
    for stroke in range(20):
        y = box["y"] + box["height"] * (0.05 + stroke * 0.045)
        page.mouse.move(box["x"] + 20, y)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] - 20, y + 15, steps=40)
        page.mouse.up()
        page.keyboard.press("Control+z")
        page.keyboard.press("Control+Shift+z")
    page.wait_for_timeout(500)
    tasks = page.evaluate("seen.tasks")
    return [("painting a mask: long tasks", f"{len(tasks)}, worst {max(tasks, default=0)} ms", "none over 50 ms")]


def typing(browser: Browser, address: str, demo: dict[str, str], seconds: float) -> Rows:
    sockets: list[WebSocketRoute] = []
    page = signed_in(browser, address, demo)

    def keep(socket: WebSocketRoute) -> None:
        sockets.append(socket)

    page.route_web_socket("**/ws/**", keep)
    page.add_init_script(f"({WATCH})()")
    page.goto("/o/demo/")
    page.wait_for_load_state("networkidle")
    events = messages(page)
    text = (TYPED * 20)[: round(seconds * 25)]
    page.fill("[data-words]", "")
    page.evaluate("seen.tasks.length = 0; seen.input.length = 0")
    began, sent = time.monotonic(), 0
    for letter in text:
        while sent < (time.monotonic() - began) * EVENTS_A_SECOND:
            sockets[-1].send(events[sent % len(events)])
            sent += 1
        page.keyboard.type(letter)
        page.wait_for_timeout(20)
    rate = sent / (time.monotonic() - began)
    page.wait_for_timeout(500)
    kept = page.input_value("[data-words]") == text
    tasks, slow = page.evaluate("seen.tasks"), page.evaluate("seen.input")
    return [
        (f"typing under {rate:.0f} events a second: letters", f"{len(text)} {'kept' if kept else 'LOST'}", "all kept"),
        ("  long tasks", f"{len(tasks)}, worst {max(tasks, default=0)} ms", ""),
        ("  slowest key to paint", f"{max(slow, default=16)} ms", "under 100 ms"),
    ]


def messages(page: Page) -> list[str]:
    """Return messages with partials for the runs on the screen, each as large as a real one."""
    picture = page.locator("[data-run] img").first.get_attribute("src")
    preview = base64.b64encode(page.request.get(str(picture)).body()).decode()
    codes: list[Any] = page.locator("[data-run]").evaluate_all("all => all.map((each) => each.dataset.run)")
    shape = {"v": 1, "type": "partial", "index": 0, "seq": 5, "preview": preview}
    return [json.dumps({**shape, "run": code, "slot": slot}) for code in codes for slot in range(4)]


if __name__ == "__main__":
    main()
