"""A person makes one picture in four styles: chosen by keyboard, side by side, each developing under its name."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import must_please_axe, watch
from tests.browser.studio import signed_in
from tests.support import picture_bytes

CHOSEN = ["Knitted", "Watercolour", "Woodcut", "Stained glass"]
FOUR_PICTURES_MS = 120_000  # the machine may be busy


@pytest.fixture
def page(context: BrowserContext, demo: dict[str, Any]) -> Iterator[Page]:
    page = signed_in(context, demo)
    complaints = watch(page)
    yield page
    assert complaints == []


def test_a_picture_in_four_styles(page: Page) -> None:
    data = picture_bytes.plain(".png", 256, 384)
    page.locator(".bar-add [data-pick]").set_input_files({"name": "me.png", "mimeType": "image/png", "buffer": data})
    expect(page.locator("[data-reference-insert]")).to_have_count(1)
    page.get_by_label("Styles: none").press("Enter")
    for name in CHOSEN:
        page.get_by_role("checkbox", name=name, exact=True).press("Space")
    expect(page.get_by_role("checkbox", name="Clay", exact=True)).to_be_disabled()
    expect(page.locator("[data-styles-say]")).to_have_text("4 styles")
    expect(page.get_by_label("Number of pictures")).to_have_value("1")
    must_please_axe(page)
    page.keyboard.press("Escape")
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    run = page.locator(".run[data-run]").first
    expect(run.locator(".tile-style")).to_have_text(CHOSEN)
    expect(run).to_have_attribute("data-live-run", "", timeout=FOUR_PICTURES_MS)
    expect(run.locator("[data-output]")).to_have_count(4)
    run.locator(".tile-open").nth(1).click()
    page.get_by_text("What the model was told for Watercolour").click()
    expect(page.locator("#told-1")).to_contain_text("Paint it as a watercolour on rough cotton paper.")
    expect(page.locator("#told-1")).to_contain_text("Keep faithfully, whatever the style does to the rest")


def test_a_style_is_copied_and_changed(page: Page) -> None:
    page.goto("/o/demo/styles/")
    expect(page.locator(".style-sample")).to_have_count(12)
    must_please_axe(page)
    page.get_by_role("link", name="Clay", exact=True).click()
    must_please_axe(page)
    page.get_by_role("button", name="Copy").click()
    page.get_by_label("Name").fill("Clay <b>mine</b>")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Clay <b>mine</b>")
    expect(page.get_by_text("Version 1, ")).to_be_visible()
