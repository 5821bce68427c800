"""Two stories about money, as its people live them. An admin sets limits, grants a request, finds who spent what,
exports it and closes the month. A member sees what is left, is refused clearly, asks, is granted, and the picture
starts by itself. On their pages axe finds nothing in any look, and on a phone nothing scrolls sideways."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.books import PASSWORD, prepare
from tests.browser.conftest import in_every_look, must_please_axe, watch
from tests.browser.studio import Demo, sign_in, signed_in
from tests.embedded.instance import Instance


@pytest.fixture(autouse=True, scope="module")
def _books(darkroom: Instance, demo: Demo) -> None:
    prepare(darkroom)


@pytest.fixture
def admin(context: BrowserContext, demo: Demo) -> Iterator[Page]:
    page = signed_in(context, demo)
    complaints = watch(page)
    yield page
    assert complaints == []


@pytest.fixture
def member(browser: Browser, darkroom: Instance) -> Iterator[Page]:
    with browser.new_context(
        base_url=darkroom.url, viewport={"width": 1280, "height": 800}, reduced_motion="reduce"
    ) as context:
        page = context.new_page()
        complaints = watch(page)
        page.goto("/accounts/login/")
        sign_in(page, {"email": "mona@example.com", "password": PASSWORD})
        yield page
        assert complaints == []


def must_be_accessible(page: Page) -> None:
    """In all looks, at the size of a desk; at that of a hand nothing scrolls sideways."""
    must_please_axe(page)
    size = page.viewport_size
    assert size is not None
    page.set_viewport_size({"width": 390, "height": 844})
    for look in in_every_look(page):
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, f"{page.url} scrolls sideways in {look}"
    page.set_viewport_size(size)


def limit_monas_pictures(admin: Page, most: str) -> None:
    admin.goto("/o/demo/limits/?q=mona")
    admin.get_by_label("Choose everybody on this page").check()
    expect(admin.get_by_label("Choose Mona")).to_be_checked()
    admin.get_by_label("Limit to set").select_option("Pictures a day")
    admin.get_by_label("Amount; empty is unlimited").fill(most)
    admin.get_by_role("button", name="Set", exact=True).click()
    expect(admin.get_by_text("The limits of 1 person were saved.")).to_be_visible()


def ask_for_a_picture(member: Page) -> None:
    member.goto("/o/demo/")
    member.get_by_label("Prompt", exact=True).fill("A lamp on a table [sandbox delay=0]")
    member.get_by_label("Prompt", exact=True).press("Control+Enter")


def test_a_member_is_refused_asks_is_granted_and_it_starts(admin: Page, member: Page) -> None:
    limit_monas_pictures(admin, "4")
    ask_for_a_picture(member)
    expect(member.locator(".run").first.locator("a > img")).to_have_count(4, timeout=30_000)  # all are paid
    member.goto("/o/demo/usage/?play=1")
    alert = member.locator(".limit-alert")
    expect(alert).to_contain_text("Nothing is left of your daily limit of 4 pictures.")
    must_be_accessible(member)
    alert.get_by_role("button", name="Dismiss").click()
    expect(alert).to_have_count(0)

    ask_for_a_picture(member)
    message = member.locator("[data-bar-message]")
    expect(message).to_contain_text("daily limit has 0 pictures left")
    message.get_by_role("link", name="Ask for more").click()
    must_be_accessible(member)
    member.get_by_label("What is it for?").fill("The window of the shop.")
    member.get_by_role("button", name="Ask the admins").click()
    expect(member).to_have_url(re.compile(r"/o/demo/$"))
    expect(member.locator(".run")).to_have_count(1)

    admin.goto("/o/demo/limits/")
    asks = admin.locator("#asks")
    expect(asks).to_contain_text("The window of the shop.")
    must_be_accessible(admin)
    asks.get_by_role("button", name="Allow once").click()
    expect(admin.get_by_text("the run has started")).to_be_visible()
    expect(member.locator(".run")).to_have_count(2)  # by itself, on the page that stood open
    expect(member.locator(".run").first.locator("a > img").first).to_be_visible(timeout=30_000)


def test_an_admin_finds_who_spent_what_exports_it_and_closes_the_month(admin: Page, tmp_path: Path) -> None:
    admin.goto("/o/demo/limits/")
    admin.get_by_label("What if each person had at most").fill("5")
    admin.get_by_role("button", name="Calculate", exact=True).click()
    expect(admin.get_by_text("would have been stopped by now")).to_be_visible()

    admin.goto("/o/demo/usage/?period=last-month&play=1")
    expect(admin.get_by_role("img", name="Money by day")).to_be_visible()
    must_be_accessible(admin)
    admin.get_by_role("link", name="Mona", exact=True).click()
    expect(admin.get_by_label("Remove the filter Member Mona")).to_be_visible()
    admin.get_by_label("Runs of gpt-image-2").click()
    expect(admin.get_by_role("heading", name="Behind the figure")).to_be_visible()
    expect(admin.locator("tbody tr")).to_have_count(3)
    must_be_accessible(admin)

    admin.goto("/o/demo/usage/exports/?period=last-month&play=1")
    must_be_accessible(admin)
    admin.get_by_role("button", name="Export", exact=True).click()
    link = admin.locator("a[download]").first
    expect(link).to_be_visible(timeout=30_000)
    with admin.expect_download() as started:
        link.click()
    file = tmp_path / "export.csv"
    started.value.save_as(file)
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert [row["amount_usd"] for row in rows] == ["0.210720", "0.052680", "-0.000003"]
    admin.get_by_role("button", name="Each month").click()
    expect(admin.get_by_text("On the first of each month you get a link")).to_be_visible()
    expect(admin.locator(".export-monthly tbody tr")).to_have_count(1)

    admin.goto("/o/demo/usage/months/?play=1")
    must_be_accessible(admin)
    admin.get_by_role("link", name="Statement of").nth(1).click()
    expect(admin.locator(".statement")).to_contain_text("0.263397")
    must_be_accessible(admin)
    admin.get_by_role("link", name="Close the month").click()
    dialog = admin.get_by_role("dialog")
    expect(dialog).to_contain_text("It cannot be reopened.")
    must_be_accessible(admin)
    dialog.get_by_role("button", name="Close ").last.click()
    expect(admin.get_by_text("is closed. Anything learnt later")).to_be_visible()
    expect(admin.get_by_role("link", name="Close the month")).to_have_count(0)
    admin.emulate_media(media="print")
    expect(admin.locator(".rail")).to_be_hidden()
    expect(admin.locator(".statement")).to_be_visible()
    admin.emulate_media(media="screen")


def test_comparing_teaches_where_there_is_nothing_to_compare(admin: Page) -> None:
    admin.goto("/o/demo/usage/compare/")
    expect(admin.get_by_text("There is nothing to compare with")).to_be_visible()
    must_be_accessible(admin)


def test_on_a_phone_the_period_that_is_on_is_in_view(browser: Browser, darkroom: Instance, demo: Demo) -> None:
    with browser.new_context(
        base_url=darkroom.url, viewport={"width": 390, "height": 844}, reduced_motion="reduce"
    ) as phone:
        page = signed_in(phone, demo)
        page.goto("/o/demo/usage/?period=365&play=1")
        on = page.get_by_role("navigation", name="Period").get_by_role("link", name="A year")
        expect(on).to_be_in_viewport(ratio=1)
        assert page.evaluate("scrollY") == 0
