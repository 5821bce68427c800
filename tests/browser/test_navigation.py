"""Finding one's way: the rail, the bar of a phone, the edge where each page begins, and the palette."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import must_please_axe
from tests.browser.studio import Demo, signed_in

PAGES = ("", "gallery/", "usage/", "team/", "keys/new/", "connections/", "limits/", "settings/", "code/")


@pytest.fixture
def page(context: BrowserContext, demo: Demo) -> Page:
    return signed_in(context, demo)


def test_the_rail_has_words_where_there_is_room_and_when_it_is_opened(page: Page) -> None:
    rail = page.get_by_role("navigation", name="Main")
    expect(rail.get_by_text("Connections").first).to_be_visible()
    page.set_viewport_size({"width": 1100, "height": 800})
    expect(rail.get_by_text("Connections").first).to_be_hidden()

    rail.get_by_role("button", name="Show the names").click()
    expect(rail.get_by_text("Connections").first).to_be_visible()
    must_please_axe(page)
    page.keyboard.press("Escape")
    expect(rail.get_by_text("Connections").first).to_be_hidden()


def test_a_phone_shows_four_places_and_the_others_under_more(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    rail = page.get_by_role("navigation", name="Main")
    assert rail.locator(".rail-item:visible").all_inner_texts() == ["Studio", "Gallery", "Usage", "Team", "More"]

    rail.get_by_text("More").click()
    must_please_axe(page)
    rail.get_by_role("link", name="Settings").click()

    expect(page.get_by_role("heading", name="Settings")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_every_page_begins_at_the_same_edge(page: Page) -> None:
    for width in (1600, 1024, 390):
        page.set_viewport_size({"width": width, "height": 844})
        edges = {}
        for path in (*(f"/o/demo/{path}" for path in PAGES), "/me/"):
            page.goto(path)
            edges[path] = page.locator("#main").evaluate(
                "main => main.getBoundingClientRect().left + parseFloat(getComputedStyle(main).paddingLeft)"
            )
        assert len(set(edges.values())) == 1, (width, edges)


def test_the_palette_finds_actions_settings_people_and_runs(page: Page) -> None:
    page.get_by_label("Number of pictures").fill("1")
    page.get_by_role("textbox", name="Prompt").fill("A wooden lighthouse with a red door")
    page.get_by_role("button", name="Generate").click()
    expect(page.locator(".run[data-run]").first).to_contain_text("wooden lighthouse")
    for words, group, url in (
        ("webho add", "Action", "/webhooks/new/"),
        ("time zone", "Setting", "/settings/#time-zone"),
        ("demo@darkroom", "Member", "/team/#member-"),
        ("red door", "Run", "/runs/"),
    ):
        page.keyboard.press("Control+k")
        page.get_by_role("combobox", name="Go to a page").fill(words)
        found = page.get_by_role("listbox", name="Results").get_by_role("option")
        expect(found.first).to_contain_text(group)
        must_please_axe(page)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{url}**")
