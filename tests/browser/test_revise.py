"""Revising in words: an empty box beside the picture, and each new picture is the next one to change."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import must_please_axe
from tests.browser.studio import Demo, signed_in


@pytest.fixture
def page(context: BrowserContext, demo: Demo) -> Page:
    return signed_in(context, demo)


def ask(page: Page, words: str) -> None:
    page.get_by_role("textbox", name="Prompt").fill(words)
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".run").first.locator(".run-prompt")).to_have_text(words)
    expect(page.locator(".run").first.locator(".tile-succeeded")).to_have_count(1)


def test_an_edit_begins_with_an_empty_box_and_follows_the_newest_picture(page: Page) -> None:
    box = page.get_by_role("textbox", name="Prompt")
    references = page.locator("[data-references] > [data-reference]")
    for _ in range(3):
        page.get_by_role("button", name="One picture fewer").click()
    ask(page, "A lighthouse [sandbox delay=0]")

    box.fill("Half a thought")
    page.locator(".run").first.locator(".tile").first.hover()
    page.locator(".run").first.get_by_role("button", name="Edit in words").click()
    expect(box).to_have_value("")
    expect(box).to_have_attribute("placeholder", "What should change?")
    expect(references).to_have_count(1)
    first = references.get_attribute("data-from")
    must_please_axe(page)

    page.get_by_role("button", name="Put them back").click()
    expect(box).to_have_value("Half a thought")

    ask(page, "The same by night [sandbox delay=0]")
    expect(box).to_have_value("")
    expect(references).to_have_count(1)
    expect(references).not_to_have_attribute("data-from", str(first))
    newest = page.locator(".run").first.locator(".tile").get_attribute("data-output")
    expect(references).to_have_attribute("data-from", str(newest))
