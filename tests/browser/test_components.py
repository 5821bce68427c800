"""What the design page shows, as a person meets it: by eye, by keyboard, on a phone, without script."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import in_every_look, must_please_axe
from tests.embedded.instance import Instance

OVERFLOW = "document.documentElement.scrollWidth - innerWidth"
GROUND = "getComputedStyle(document.body).backgroundColor"


@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_nothing_and_nothing_overflows(width: int, page: Page) -> None:
    page.set_viewport_size({"width": width, "height": 844})
    page.emulate_media(reduced_motion="reduce")
    page.goto("/design/")
    must_please_axe(page)
    for look in in_every_look(page):
        assert page.evaluate(OVERFLOW) <= 0, look


def test_the_palette_finds_a_page_by_a_few_letters_and_goes_there(page: Page) -> None:
    page.goto("/design/")
    page.wait_for_load_state("networkidle")

    page.keyboard.press("Control+k")
    page.get_by_role("combobox", name="Go to a page").fill("usg")
    expect(page.get_by_role("listbox", name="Results").get_by_role("option")).to_have_text(["UsagePage"])
    page.keyboard.press("Enter")

    expect(page).to_have_url("/design/#usage")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_the_palette_says_so_when_nothing_is_called_that(page: Page) -> None:
    page.goto("/design/")
    page.locator(".search-button[aria-haspopup]").click()

    page.get_by_role("combobox", name="Go to a page").fill("zzz")

    expect(page.get_by_text("Nothing with that name was found.")).to_be_visible()


def test_a_menu_closes_on_escape_and_gives_the_focus_back(page: Page) -> None:
    page.goto("/design/")
    page.wait_for_load_state("networkidle")
    account = page.get_by_label("Your account")
    account.click()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="Auto")).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.get_by_role("link", name="Profile")).to_be_hidden()
    expect(account).to_be_focused()


def test_the_last_button_waits_until_the_name_is_typed(page: Page) -> None:
    page.goto("/design/")
    page.locator("[data-dialog=sample-delete][aria-haspopup]").click()
    delete = page.get_by_role("button", name="Delete the organization")
    expect(delete).to_be_disabled()

    page.keyboard.type("northlight")  # the field has the focus already

    expect(delete).to_be_enabled()


def test_shift_and_question_mark_show_the_keys_but_not_while_writing(page: Page) -> None:
    page.goto("/design/")
    page.wait_for_load_state("networkidle")
    keys = page.get_by_role("dialog", name="Keyboard")
    page.locator("#id_right-name").press("Shift+?")
    expect(keys).to_be_hidden()

    page.locator("#id_right-name").blur()
    page.keyboard.press("Shift+?")

    expect(keys).to_be_visible()


def test_a_key_is_a_shortcut_where_a_box_is_ticked(page: Page) -> None:
    page.goto("/design/")
    page.wait_for_load_state("networkidle")
    page.locator("#sample-switch").press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()


def test_what_cannot_be_done_says_why_and_does_nothing(page: Page) -> None:
    page.goto("/design/")
    transfer = page.get_by_role("button", name="Transfer ownership")

    assert transfer.get_attribute("data-tip") == "Only an owner can transfer ownership"
    expect(transfer).to_have_attribute("aria-disabled", "true")


def test_the_look_follows_the_device_until_one_is_chosen_and_then_stays(page: Page) -> None:
    page.emulate_media(color_scheme="light")
    page.goto("/")
    light = page.evaluate(GROUND)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(GROUND)
    assert light != dark
    page.wait_for_load_state("networkidle")

    with page.expect_response("**/me/look/"):
        page.get_by_role("button", name="Gallery").click()

    assert page.evaluate(GROUND) == light
    page.reload()
    assert page.evaluate(GROUND) == light


def test_without_script_menus_open_and_a_look_is_chosen(browser: Browser, darkroom: Instance) -> None:
    with browser.new_context(base_url=darkroom.url, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto("/design/")
        expect(page.locator(".search-button")).to_be_hidden()
        page.get_by_label("Your account").click()
        expect(page.get_by_role("link", name="Profile")).to_be_visible()

        page.goto("/")
        page.get_by_role("button", name="Crayon").click()

        expect(page.locator("html")).to_have_attribute("data-look", "crayon")
