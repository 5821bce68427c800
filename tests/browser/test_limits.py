"""An admin limits pictures; a run is refused in plain words; more is asked for and granted; the run starts."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import must_please_axe, watch
from tests.browser.studio import signed_in
from tests.embedded.instance import Instance


def limit_pictures(page: Page, most: str) -> None:
    page.goto("/o/demo/limits/of/organization/all/")
    page.get_by_label("Pictures a day").fill(most)
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(re.compile(r"/o/demo/limits/$"))


def test_refused_asked_granted_started(context: BrowserContext, darkroom: Instance, demo: dict[str, str]) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    limit_pictures(page, "0")
    page.goto("/o/demo/")
    page.get_by_label("Prompt", exact=True).fill("A lamp on a table [sandbox delay=0]")
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    message = page.locator("[data-bar-message]")
    expect(message).to_contain_text("daily limit has 0 pictures left")
    message.get_by_role("link", name="Ask for more").click()
    page.get_by_label("What is it for?").fill("The window of the shop.")
    page.get_by_role("button", name="Ask the admins").click()
    expect(page).to_have_url(re.compile(r"/o/demo/$"))
    page.goto("/o/demo/limits/")
    asks = page.locator("#asks")
    expect(asks).to_contain_text("The window of the shop.")
    asks.get_by_role("button", name="Allow once").click()
    expect(page.get_by_text("the run has started")).to_be_visible()
    expect(page.locator("#asks")).to_have_count(0)
    page.goto("/o/demo/")
    expect(page.locator(".run").first.locator("a > img").first).to_be_visible(timeout=30_000)
    expect(page.locator(".purse")).to_contain_text("spent")
    limit_pictures(page, "")
    assert complaints == []


@pytest.mark.parametrize("path", ["limits/", "limits/?of=roles", "limits/of/organization/all/", "ask/"])
def test_axe_finds_nothing(path: str, context: BrowserContext, demo: dict[str, str]) -> None:
    page = signed_in(context, demo)
    page.goto(f"/o/demo/{path}")
    must_please_axe(page)


def test_on_a_phone_nothing_scrolls_sideways(context: BrowserContext, demo: dict[str, str]) -> None:
    page = signed_in(context, demo)
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("limits/", "limits/of/organization/all/"):
        page.goto(f"/o/demo/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
