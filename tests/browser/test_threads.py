"""Talking about a picture: words and Enter, a painted part, a way back by words, and a region of an earlier turn."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import must_please_axe
from tests.browser.studio import Demo, signed_in

DEVELOPED_MS = 60_000  # the machine may be busy


@pytest.fixture
def page(context: BrowserContext, demo: Demo) -> Page:
    return signed_in(context, demo)


def say(page: Page, words: str) -> None:
    box = page.get_by_role("textbox", name="What should change?")
    box.fill(words)
    box.press("Enter")


def developed(page: Page, turn: int) -> None:
    stage = page.locator(f'.thread-stage[data-shows="{turn}"]')
    expect(stage.locator(".tile-succeeded")).to_have_count(1, timeout=DEVELOPED_MS)
    expect(page.locator(".go-from")).to_contain_text(f"From turn {turn}", timeout=DEVELOPED_MS)


def paint(page: Page) -> None:
    box = page.locator("[data-paint-stage]").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x - 40, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 20, steps=5)
    page.mouse.up()


def test_a_poster_is_talked_about_painted_gone_back_to_and_mended(page: Page) -> None:
    page.goto("/o/demo/threads/new/")
    page.get_by_label("Quality").select_option("low")
    say(page, "A lighthouse at dusk [sandbox delay=0]")
    page.wait_for_url("**/threads/*/?turn=1", timeout=DEVELOPED_MS)
    developed(page, 1)
    say(page, "Make it night [sandbox delay=0]")
    developed(page, 2)

    page.get_by_role("button", name="Brush").click()
    paint(page)
    expect(page.locator(".go-from")).to_contain_text("Only what is painted")
    say(page, "A red door [sandbox delay=0]")
    developed(page, 3)
    expect(page.locator(".said-here")).to_contain_text("a part")

    say(page, "go back to turn 1 and make it blue")
    expect(page.locator(".go-branch")).to_contain_text("Branch from turn 1")
    expect(page.locator(".thread-row")).to_have_count(4)  # shown, and not sent yet
    page.get_by_role("textbox", name="What should change?").press("Enter")
    developed(page, 4)
    expect(page.locator(".said-here")).to_contain_text("Make it blue")

    page.get_by_role("button", name="Region from …").click()
    paint(page)
    page.get_by_role("button", name="Take it from turn 2").click()
    developed(page, 5)
    expect(page.locator(".said-here")).to_contain_text("$0.00")
    must_please_axe(page)
