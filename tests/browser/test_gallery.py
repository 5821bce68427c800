"""A day in the gallery: look, sort, choose, compare, bin and think again, share with somebody who has no account."""

import re
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import LOOKS, settle, watch
from tests.browser.studio import signed_in
from tests.embedded.instance import Instance

PROMPT = "A lighthouse above a stormy sea"


def paint(page: Page, demo: dict[str, Any], prompt: str, count: int) -> None:
    """By the API, since the prompt bar has its own story."""
    answer = page.request.post(
        "/v1/images/generations",
        headers={"Authorization": f"Bearer {demo['api_key']}"},
        data={"model": "gpt-image-2", "prompt": prompt, "n": count, "quality": "low", "size": "1024x1024"},
        timeout=60_000,
    )
    assert answer.ok, answer.text()


def shots(page: Page) -> Any:
    return page.locator("#wall .shot")


def choose(page: Page, *places: int) -> None:
    for place in places:
        shots(page).nth(place).hover()
        shots(page).nth(place).locator(".shot-pick input").check()


def must_please_axe(page: Page) -> None:
    for look in LOOKS:
        page.evaluate("look => { document.documentElement.dataset.look = look }", look)
        settle(page)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{page.url} in {look}: {found.generate_report()}"


def test_a_day_in_the_gallery(
    context: BrowserContext, browser: Browser, darkroom: Instance, demo: dict[str, Any]
) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    page.goto(f"/o/{demo['org']}/gallery/")
    expect(page.get_by_text("An empty wall")).to_be_visible()
    must_please_axe(page)
    hang(page, demo)
    search(page)
    look_closely(page)
    collect(page)
    compare(page)
    bin_and_think_again(page, demo)
    with browser.new_context(base_url=darkroom.url, viewport={"width": 390, "height": 844}) as elsewhere:
        share(page, demo, elsewhere.new_page())
    assert complaints == []


def hang(page: Page, demo: dict[str, Any]) -> None:
    """What is made hangs there, and what is made meanwhile comes by itself."""
    paint(page, demo, PROMPT, 3)
    page.reload()
    expect(shots(page)).to_have_count(3)
    paint(page, demo, "一只黑色的猫", 2)
    expect(shots(page)).to_have_count(5, timeout=20_000)
    must_please_axe(page)


def search(page: Page) -> None:
    """Found by a Chinese word; the address keeps it."""
    page.keyboard.press("/")
    page.get_by_label("Search the prompts").fill("黑色")
    page.keyboard.press("Enter")
    expect(shots(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"q=%E9%BB%91%E8%89%B2$"))
    page.get_by_role("link", name=re.compile("^Remove the filter Words")).click()
    expect(shots(page)).to_have_count(5)


def look_closely(page: Page) -> None:
    """Large, with its neighbours and its stars; Back closes it where one was."""
    shots(page).nth(0).locator(".shot-open").click()
    expect(page.locator(".lightbox .looking")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lightbox .looking")).to_have_attribute("data-looking", shot_code(page, 1))
    page.keyboard.press("4")
    expect(page.locator(".lightbox .star[aria-pressed='true']")).to_have_count(4)
    page.get_by_role("textbox", name="Comment").fill("<b>This one</b>")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".lightbox .comment-text")).to_have_text("<b>This one</b>")
    must_please_axe(page)
    page.go_back()
    expect(page.locator(".lightbox .looking")).to_have_count(0)
    expect(shots(page).nth(1).locator("[data-stars-number]")).to_have_text("4")


def collect(page: Page) -> None:
    """Several at once: with Shift, into a collection."""
    choose(page, 0)
    shots(page).nth(2).locator(".shot-pick input").click(modifiers=["Shift"])
    expect(page.locator("[data-bulk-count]")).to_have_text("3 chosen")
    page.locator(".bulk summary", has_text="Collect").click()
    page.get_by_label("New collection").fill("Spring")
    page.get_by_role("button", name="Make and add").click()
    expect(page.get_by_text("3 pictures added to “Spring”")).to_be_visible()


def compare(page: Page) -> None:
    """Two side by side, under a slider, blinking."""
    choose(page, 0, 1)
    page.keyboard.press("c")
    expect(page.locator(".compared-one")).to_have_count(2)
    page.keyboard.press("m")
    expect(page.locator(".compared")).to_have_attribute("data-mode", "slide")
    must_please_axe(page)


def bin_and_think_again(page: Page, demo: dict[str, Any]) -> None:
    """Into the bin, and back."""
    page.goto(f"/o/{demo['org']}/gallery/")
    choose(page, 4)
    page.keyboard.press("Delete")
    expect(shots(page)).to_have_count(4)
    page.get_by_role("button", name="Undo").click()
    expect(shots(page)).to_have_count(5)
    choose(page, 4)
    page.keyboard.press("Delete")
    expect(shots(page)).to_have_count(4)
    page.goto(f"/o/{demo['org']}/gallery/bin/")
    expect(page.get_by_text("29 days left")).to_be_visible()
    must_please_axe(page)


def share(page: Page, demo: dict[str, Any], client: Page) -> None:
    """A link for a client, behind a password."""
    page.goto(f"/o/{demo['org']}/collections/")
    must_please_axe(page)
    page.get_by_role("link", name="Spring").click()
    expect(shots(page)).to_have_count(3)
    must_please_axe(page)
    page.get_by_role("link", name="Share").click()
    page.get_by_label("Password").fill("open sesame")
    must_please_axe(page)
    page.get_by_role("button", name="Make the link").click()
    link = page.locator(".copy code").inner_text()
    must_please_axe(page)
    page.goto(f"/o/{demo['org']}/settings/storage/")
    must_please_axe(page)
    client.goto(link)
    must_please_axe(client)
    client.get_by_label("Password").fill("open sesame")
    client.get_by_role("button", name="Open").click()
    expect(client.get_by_role("heading", name="Spring")).to_be_visible()
    expect(client.locator(".show-one")).to_have_count(3)
    must_please_axe(client)
    page.goto(f"/o/{demo['org']}/shares/")
    page.get_by_role("button", name="Take back").click()
    client.reload()
    expect(client.get_by_role("heading", name="This link has ended")).to_be_visible()


def shot_code(page: Page, place: int) -> str:
    return str(shots(page).nth(place).get_attribute("data-shot"))
