"""A table is pasted, looked at before anything is spent, and made overnight at half the price."""

import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import must_please_axe
from tests.browser.studio import Demo, signed_in

DEVELOPED_MS = 90_000  # the machine may be busy
CELLS = "\n".join(
    [
        "sku\tprompt\tsize\tquality",
        "A1\tA red enamel teapot\t1024x1024\tlow",
        "A2\tA blue lamp\t1024x1024\tlow",
        "A3\tA green vase\t17x17\tlow",
    ]
)


@pytest.fixture
def page(context: BrowserContext, demo: Demo) -> Page:
    return signed_in(context, demo)


def test_products_are_pasted_checked_and_made_overnight(page: Page) -> None:
    page.goto("/o/demo/sheets/")
    must_please_axe(page)
    page.get_by_label("Or paste cells").fill(CELLS)
    page.get_by_role("button", name="Check and price it").click()
    page.wait_for_url(re.compile(r"/sheets/[0-9a-f-]{36}/$"))
    expect(page.locator(".sheet-faults")).to_contain_text("Row 3")
    expect(page.get_by_role("button", name=re.compile("^Make 2 rows"))).to_be_visible()
    must_please_axe(page)

    page.get_by_role("radio", name="Overnight").check()
    page.get_by_role("button", name=re.compile("^Make 2 rows")).click()
    expect(page.locator(".sheet-board")).to_contain_text("Finished", timeout=DEVELOPED_MS)
    expect(page.locator(".sheet-count")).to_have_text(re.compile(r"2\s+of 3 made"))
    page.reload()
    expect(page.locator(".sheet-board")).to_contain_text("Spent")
    must_please_axe(page)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Result sheet").click()
    assert waiting.value.suggested_filename.endswith("-result.csv")
