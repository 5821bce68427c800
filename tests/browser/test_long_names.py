"""Names of forty letters and more, on phones of every width and in every look: no page scrolls sideways."""

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import LOOKS, settle
from tests.browser.studio import Demo, signed_in

ORGANIZATION = "Werbeagentur Müller & Partner International GmbH"
PERSON = "Maximiliana Konstantinopolitanska-Vanderbilt"
WIDTHS = (360, 375, 390)
PAGES = (
    *(
        "",
        "gallery/",
        "collections/",
        "usage/",
        "usage/exports/",
        "team/",
        "keys/",
        "keys/new/",
        "code/",
        "connections/",
    ),
    *("connections/new/", "webhooks/", "audit/", "limits/", "settings/", "settings/storage/"),
)


@pytest.fixture
def named(context: BrowserContext, demo: Demo) -> Page:
    page = signed_in(context, demo)
    page.goto("/o/demo/settings/")
    rename = page.locator("form[action$='/settings/name/']")
    rename.get_by_role("textbox").first.fill(ORGANIZATION)
    rename.get_by_role("button").first.click()
    expect(page.locator(".topbar-org")).to_contain_text(ORGANIZATION)
    page.goto("/me/")
    name = page.locator("#main [name='name']")
    name.fill(PERSON)
    name.press("Enter")
    expect(page.get_by_role("status").first).to_be_visible()
    expect(name).to_have_value(PERSON)
    return page


def test_no_page_scrolls_sideways(named: Page) -> None:
    too_wide = []
    for path in PAGES:
        named.goto(f"/o/demo/{path}")
        for look in LOOKS:
            named.evaluate("look => { document.documentElement.dataset.look = look; }", look)
            for width in WIDTHS:
                named.set_viewport_size({"width": width, "height": 844})
                settle(named)
                if (wide := named.evaluate("document.documentElement.scrollWidth")) > width:
                    too_wide.append((path, look, width, wide))
    assert too_wide == []


def test_the_name_gives_way_to_what_stands_beside_it(named: Page) -> None:
    named.goto("/o/demo/")
    for width in (*WIDTHS, 1440):
        named.set_viewport_size({"width": width, "height": 844})
        name = named.locator(".topbar-org").bounding_box()
        search = named.locator(".topbar .search-button").bounding_box()
        assert name is not None
        assert search is not None
        assert name["x"] + name["width"] <= search["x"], width
