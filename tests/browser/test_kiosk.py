"""A kiosk with a camera that Chromium pretends to have, its guests' phones and its wall."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import must_please_axe, opened_browser, watch
from tests.browser.studio import signed_in
from tests.browser.test_booth import FAKE_CAMERA, KEEP_TRACKS, LIVE_TRACKS
from tests.embedded.instance import Instance

PIN = "2468"
NewEvent = Callable[..., str]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from opened_browser(*FAKE_CAMERA)


@pytest.fixture
def staff(context: BrowserContext, demo: dict[str, Any]) -> Page:
    return signed_in(context, demo)


@pytest.fixture
def new_event(staff: Page) -> NewEvent:
    """Make an event as an admin does. Return the path of its kiosk."""

    def make(styles: tuple[str, ...] = ("Woodcut", "Clay"), **fields: str) -> str:
        now = timezone.now()
        staff.goto("/o/demo/booth/events/new/")
        said = {
            "name": "Open museum",
            "starts_at": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}",
            "ends_at": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}",
            "budget": "5",
            "pin": PIN,
            **fields,
        }
        for name, value in said.items():
            staff.locator(f"[name='{name}']").fill(value)
        for name in styles:
            staff.get_by_role("checkbox", name=name, exact=True).check()
        staff.locator("[name='quality']").select_option("low")
        staff.locator("[name='moderation'][value='off']").check()
        staff.get_by_role("button", name="Make the event").click()
        link = re.search(r"https?://[^\s\"<]+/b/[\w-]+/", staff.content())
        assert link, staff.content()
        return urlsplit(link[0]).path

    return make


@pytest.fixture
def kiosk(browser: Browser, darkroom: Instance) -> Iterator[Page]:
    """A pillar at the entrance: portrait, and nobody is signed in."""
    with browser.new_context(
        base_url=darkroom.url, viewport={"width": 1080, "height": 1920}, permissions=["camera"]
    ) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        complaints = watch(page)
        yield page
        assert complaints == []


def must_be(page: Page, step: str) -> None:
    expect(page.locator("[data-kiosk]")).to_have_attribute("data-step", step)


def finder(page: Page) -> Locator:
    return page.locator("[data-finder]")


def agree(page: Page) -> None:
    page.get_by_role("button", name="Touch to begin").click()
    must_be(page, "consent")
    page.get_by_text("Everybody in the picture is old enough").click()
    page.get_by_role("button", name="I agree").click()
    must_be(page, "people")


def shoot(page: Page, style: str = "Woodcut") -> None:
    page.get_by_role("button", name="One").click()
    must_be(page, "styles")
    page.get_by_role("checkbox", name=style, exact=True).check(force=True)
    page.get_by_role("button", name="Make this picture").click()
    expect(finder(page)).to_have_attribute("data-state", "live")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Use this photo").click()
    must_be(page, "done")


def test_from_a_touch_to_a_code_to_scan_and_back(kiosk: Page, new_event: NewEvent) -> None:
    kiosk.goto(new_event())
    kiosk.wait_for_load_state("networkidle")
    kiosk.evaluate(KEEP_TRACKS)
    must_be(kiosk, "attract")
    must_please_axe(kiosk)
    kiosk.keyboard.press("AudioVolumeUp")  # a shutter on a string
    must_be(kiosk, "consent")
    must_please_axe(kiosk)
    kiosk.get_by_role("button", name="I agree").click()
    expect(kiosk.get_by_role("alert")).to_contain_text("Tick the box first")
    must_be(kiosk, "consent")
    kiosk.get_by_role("button", name="No, thank you").click()
    must_be(kiosk, "attract")
    agree(kiosk)
    must_please_axe(kiosk)
    assert kiosk.evaluate("window.tracks.length") == 0  # no consent, no camera; nor before it is needed
    kiosk.get_by_role("button", name="One").click()
    expect(kiosk.get_by_role("button", name="Choose a style")).to_be_disabled()
    for name in ("Woodcut", "Clay"):
        kiosk.get_by_role("checkbox", name=name, exact=True).check(force=True)
    must_please_axe(kiosk)
    kiosk.get_by_role("button", name="Make 2 pictures").click()
    expect(finder(kiosk)).to_have_attribute("data-state", "live")
    must_please_axe(kiosk)
    kiosk.keyboard.press("Enter")
    expect(finder(kiosk)).to_have_attribute("data-state", "counting")
    expect(finder(kiosk)).to_have_attribute("data-state", "kept")
    kiosk.get_by_role("button", name="Again").click()
    expect(finder(kiosk)).to_have_attribute("data-state", "live")
    kiosk.keyboard.press("Space")
    expect(finder(kiosk)).to_have_attribute("data-state", "kept")
    must_be(kiosk, "done")  # nothing was pressed: after a while it is used
    assert kiosk.evaluate(LIVE_TRACKS) == 0
    expect(kiosk.get_by_role("img", name="The code that opens your pictures")).to_be_visible()
    expect(kiosk.locator("[data-done-code]")).to_have_text(re.compile(r"^[A-Z2-9]{5}$"))
    must_please_axe(kiosk)
    kiosk.get_by_role("button", name="Done").click()
    must_be(kiosk, "attract")
    assert kiosk.locator("[data-done-code]").text_content() == ""
    assert kiosk.locator("[data-finder-photo]").get_attribute("src") is None
    assert kiosk.locator("input:checked").count() == 0
