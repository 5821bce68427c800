"""Of a run of cheap proofs, two keepers are marked by their numbers and printed large, for a price that was shown."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import must_please_axe, watch
from tests.browser.studio import signed_in
from tests.browser.test_mask import generate

TWO_PRINTS_MS = 120_000  # four times as many pixels, painted with low priority, and the machine may be busy


def test_keepers_are_marked_by_keys_and_printed(context: BrowserContext, demo: dict[str, Any]) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    page.locator("summary[aria-label^='Quality']").click()
    page.locator("label:has([name='quality'][value='low'])").click()
    page.keyboard.press("Escape")
    proofs = generate(page, "A fox in the snow")
    expect(proofs).to_contain_text("These are proofs")
    code = proofs.get_attribute("data-run")
    proofs.hover()
    page.locator("body").focus()
    page.evaluate("document.activeElement.blur()")
    for key, name in (("1", "Keep picture 1"), ("3", "Keep picture 3")):
        page.keyboard.press(key)
        expect(proofs.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
    proofs.get_by_role("link", name="Print 2 keepers").click()
    dialog = page.get_by_role("dialog", name="Print the keepers")
    button = dialog.get_by_role("button", name=re.compile(r"Print 2 pictures · .*\$\d"))
    dear = button.inner_text()
    dialog.get_by_role("radio", name="Medium").check(force=True)
    expect(button).not_to_have_text(dear)
    must_please_axe(page)
    button.click()
    expect(dialog).to_be_hidden()
    prints = page.locator(".run[data-run]").filter(has_text="Print of a proof")
    expect(prints).to_have_count(2)
    for index in range(2):
        expect(prints.nth(index)).to_contain_text(re.compile("2048 . 2048"))
        expect(prints.nth(index)).to_contain_text("Medium")
        expect(prints.nth(index).locator(".run-prompt")).to_have_text("A fox in the snow")
        expect(prints.nth(index).locator(".tile-succeeded")).to_have_count(1, timeout=TWO_PRINTS_MS)
    page.goto(f"/o/demo/runs/{code}/print/")  # as where script is off
    expect(page.get_by_role("heading", name="Print the keepers")).to_be_visible()
    must_please_axe(page)
    assert complaints == []
