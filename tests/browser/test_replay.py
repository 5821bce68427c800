"""A run's page: it develops before the eyes of whoever has it open, and can be replayed from rough to final whenever
later, out of what is kept and without asking anybody."""

import re
import zipfile
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from tests.browser.conftest import Motion, must_please_axe, watch
from tests.browser.studio import signed_in
from tests.embedded.instance import Instance

PROMPT = "A lighthouse at dusk <b>bold</b> [sandbox delay=0.5]"
EVERY_FRAME_IS_HERE = """() => {
    const images = [...document.querySelectorAll("[data-frame] img")];
    return images.length === 6 && images.every((image) => image.complete && image.naturalWidth > 0);
}"""
NOTE_WHAT_THE_BUTTON_SAYS = """() => {
    window.said = [];
    const button = document.querySelector("[data-play]");
    new MutationObserver(() => window.said.push(button.ariaLabel)).observe(button, {attributeFilter: ["aria-label"]});
}"""
CSRF = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


@pytest.fixture
def motion() -> Motion:
    return "no-preference"


def begin_run(page: Page, prompt: str = PROMPT, **asked: str) -> str:
    """By the form's own address; answers the address of the run's page."""
    token = CSRF.search(page.request.get("/o/demo/").text())
    assert token is not None
    before = set(re.findall(r'data-run="([^"]+)"', page.request.get("/o/demo/").text()))
    form = {"prompt": prompt, "size": "1536x1024", "quality": "low", "n": "2", "csrfmiddlewaretoken": token[1], **asked}
    answer = page.request.post("/o/demo/runs/", form=form, headers={"Referer": page.url})
    assert answer.ok, answer.text()
    found = re.findall(r'data-run="([^"]+)"', page.request.get("/o/demo/").text())
    (code,) = [code for code in dict.fromkeys(found) if code not in before]
    return f"/o/demo/runs/{code}/"


def ended(page: Page) -> None:
    expect(page.locator("[data-story-live]")).to_have_count(0, timeout=30_000)


def test_it_develops_while_it_is_looked_at_and_is_replayed_without_asking_anybody(
    context: BrowserContext, demo: dict[str, Any], tmp_path: Path
) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    page.goto(begin_run(page))
    expect(page.locator("[data-story-live]")).to_have_count(1)
    expect(page.locator('[data-frame][data-name="Partial 1"]').first).to_be_attached()
    ended(page)
    strip = page.locator("[data-strip]:not([hidden]) [data-frame]")
    expect(strip).to_have_count(3)
    expect(page.get_by_text("Finished").first).to_be_visible()
    expect(page.locator("#story-prompt")).to_have_text(PROMPT)

    page.reload()
    page.wait_for_function(EVERY_FRAME_IS_HERE)
    page.wait_for_load_state("networkidle")
    failed: list[str] = []
    page.on("requestfailed", lambda request: failed.append(request.url))
    context.set_offline(True)
    head, stage = page.get_by_role("slider"), page.locator("[data-stage]:not([hidden]) .stage-image:not(.stage-over)")
    head.focus()
    head.press("Home")
    expect(head).to_have_attribute("aria-valuetext", "0.0 s, nothing yet")
    seen = []
    for name in ("Partial 1", "Partial 2", "Final"):
        head.press("ArrowRight")
        expect(head).to_have_attribute("aria-valuetext", re.compile(rf" s, {name}$"))
        seen.append(stage.get_attribute("data-shows"))
        assert stage.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    assert seen == [frame.get_attribute("data-preview") for frame in strip.all()]
    page.evaluate(NOTE_WHAT_THE_BUTTON_SAYS)
    page.get_by_role("button", name="Replay, rough to final").click()
    page.wait_for_function("() => window.said.length === 2", timeout=30_000)
    assert page.evaluate("window.said") == ["Pause", "Replay, rough to final"]
    assert stage.get_attribute("data-shows") == seen[-1]
    page.get_by_role("link", name="Picture 2, finished").click()
    expect(strip.first).not_to_have_attribute("data-preview", seen[0] or "")
    assert [url for url in failed if "/ws/" not in url] == []
    context.set_offline(False)
    must_enlarge(page)
    must_pack(page, tmp_path)
    assert complaints == []


def must_enlarge(page: Page) -> None:
    page.get_by_role("link", name="Enlarge picture 2").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("z")
    expect(dialog).to_have_class(re.compile("enlarged-close"))
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link", name="Enlarge picture 2")).to_be_focused()


def must_pack(page: Page, folder: Path) -> None:
    page.get_by_label("More of this run").click()
    with page.expect_download() as download:
        page.get_by_text("All as ZIP").click()
    download.value.save_as(folder / "run.zip")
    with zipfile.ZipFile(folder / "run.zip") as packed:
        assert packed.testzip() is None
        endings = sorted(name.partition("/")[2] for name in packed.namelist())
    finals = ["1-final.png", "2-final.png"]
    partials = [f"partials/{slot}-partial-{index}.png" for slot in (1, 2) for index in (1, 2)]
    assert endings == sorted([*finals, *partials, "metadata.json"])


def test_it_develops_where_a_proxy_swallows_the_socket(context: BrowserContext, demo: dict[str, Any]) -> None:
    def swallow(socket: WebSocketRoute) -> None:
        socket.close()

    context.route_web_socket(re.compile("/ws/"), swallow)
    page = signed_in(context, demo)
    page.goto(begin_run(page, n="1"))
    ended(page)
    expect(page.locator("[data-frame]")).to_have_count(3)


def test_who_wants_no_motion_sees_frames_cut(browser: Browser, darkroom: Instance, demo: dict[str, Any]) -> None:
    with browser.new_context(base_url=darkroom.url, reduced_motion="reduce") as context:
        page = signed_in(context, demo)
        page.goto("/o/demo/sample/")
        page.get_by_role("button", name="Replay, rough to final").click()
        stage = page.locator("[data-stage]:not([hidden])")
        expect(stage.locator(".stage-image")).to_have_attribute("data-shows", re.compile("partial-2"), timeout=10_000)
        expect(stage.locator(".stage-over")).to_have_count(0)


def test_axe_finds_nothing(context: BrowserContext, demo: dict[str, Any]) -> None:
    page = signed_in(context, demo)
    address = begin_run(page, "A lamp [sandbox delay=0 fail=moderation_blocked when=0 only=1]")
    page.goto(address)
    ended(page)
    for shown, width in product((address, "/o/demo/sample/"), (1440, 390)):
        page.set_viewport_size({"width": width, "height": 844})
        page.goto(shown)
        page.locator("#story-log summary").click()
        must_please_axe(page)
        wider = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wider <= 0, f"{shown} is {wider} pixels too wide"
