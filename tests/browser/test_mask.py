"""A person makes a picture, paints over a part of it and says what should be there. Only the painted part changes,
though the model strayed; later the mask is opened again, as it was painted."""

import math
import re
from typing import Any

import pytest
import pyvips
from playwright.sync_api import Browser, BrowserContext, FloatRect, Locator, Page, expect

from tests.browser.conftest import must_please_axe, watch
from tests.browser.studio import signed_in
from tests.embedded.instance import Instance

PATIENCE = 30_000


def generate(page: Page, words: str) -> Locator:
    """Answers the run that comes of it."""
    page.get_by_label("Prompt", exact=True).fill(words)
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    run = page.locator(".run[data-run]").filter(has_text=words.partition(" [")[0]).first
    expect(run).to_have_attribute("data-live-run", "", timeout=PATIENCE)
    return run


def make_one(page: Page) -> Locator:
    """A picture to paint on, whatever earlier stories left in the prompt bar."""
    while page.locator("[data-reference-remove]").count():
        page.locator("[data-reference-remove]").first.click()
    for _ in range(3):
        page.get_by_role("button", name="One picture fewer").click()
    return generate(page, "A quiet valley with a house")


def begin_to_paint(page: Page) -> FloatRect:
    """Where the picture lies."""
    tile = make_one(page).locator(".tile").first
    tile.hover()
    tile.get_by_role("button", name="Change a part").click()
    expect(page.get_by_role("dialog", name="What should change?")).to_be_visible()
    expect(status(page)).to_have_text("Paint over what should change.")
    return lies_at(page)


def lies_at(page: Page) -> FloatRect:
    box = page.locator("[data-mask-sheet]").bounding_box()
    assert box is not None
    return box


def status(page: Page) -> Locator:
    return page.locator("[data-mask-status]")


def at(box: FloatRect, x: float, y: float) -> tuple[float, float]:
    return box["x"] + box["width"] * x, box["y"] + box["height"] * y


def paint(page: Page, box: FloatRect) -> None:
    page.mouse.move(*at(box, 0.2, 0.3))
    page.mouse.down()
    for step in range(25):
        page.mouse.move(*at(box, 0.2 + step * 0.01, 0.3 + 0.05 * math.sin(step / 4)))
    page.mouse.up()


def picture(page: Page, address: str) -> Any:
    answer = page.request.get(address)
    assert answer.status == 200, address
    return pyvips.Image.new_from_buffer(answer.body(), "")


def worst(one: Any, other: Any, where: Any) -> float:
    return float(where.ifthenelse((one.cast("int") - other.cast("int")).abs(), 0).max())


@pytest.fixture
def page(context: BrowserContext, demo: dict[str, Any]) -> Any:
    page = signed_in(context, demo)
    complaints = watch(page)
    yield page
    assert complaints == []


def test_only_the_painted_part_changes_and_the_mask_is_opened_again(page: Page) -> None:
    box = begin_to_paint(page)
    expect(page.get_by_role("button", name="Use mask")).to_have_attribute("aria-disabled", "true")
    paint(page, box)
    expect(status(page)).to_contain_text("will change")
    page.get_by_role("button", name="Use mask").click()
    expect(page.locator("dialog.mask")).to_be_hidden()
    expect(page.get_by_label("Prompt", exact=True)).to_be_focused()
    edited = generate(page, "a red balloon [sandbox stray=60]")
    must_have_changed_only_under_the_paint(page, edited)
    must_say_where_the_model_strayed(page, edited)
    edited.get_by_role("link", name="Open the mask again").click()
    expect(page.get_by_role("dialog", name="What should change?")).to_be_visible()
    expect(status(page)).to_contain_text("will change")
    page.get_by_role("button", name="Undo").click()
    expect(status(page)).to_have_text("Paint over what should change.")


def must_have_changed_only_under_the_paint(page: Page, edited: Locator) -> None:
    given = edited.locator("img.run-input")
    expect(given).to_have_count(2)
    sources = [str(given.nth(index).get_attribute("src")) for index in range(2)]
    mask, first = (picture(page, source.replace("/thumbnail/", "/sent/")) for source in sources)
    shown = edited.locator(".tile img").first
    expect(shown).to_have_attribute("src", re.compile("/kept-preview/"), timeout=PATIENCE)
    address = str(shown.get_attribute("src"))
    kept = picture(page, address.replace("/kept-preview/", "/kept/"))
    raw = picture(page, address.replace("/kept-preview/", "/original/"))
    painted = mask[mask.bands - 1] < 255
    window = pyvips.Image.black(35, 1) + 1
    near = painted.convsep(window, precision="integer") > 0  # 17 pixels around: the feather is 16
    assert (kept.width, kept.height) == (first.width, first.height)
    assert worst(kept, first, near == 0) == 0, "outside the mask every pixel is the input's"
    assert worst(raw, first, near == 0) > 20, "though the model strayed"
    assert worst(kept, raw, mask[mask.bands - 1] == 0) == 0, "inside the mask it is the model's"
    assert worst(kept, first, painted) > 20


def must_say_where_the_model_strayed(page: Page, edited: Locator) -> None:
    told = page.context.new_page()
    told.goto(f"/o/demo/runs/{edited.get_attribute('data-run')}/")
    kept = told.get_by_role("region", name="What was kept").filter(visible=True)
    expect(kept).to_have_count(1)
    expect(kept).to_contain_text(re.compile(r"\d+(\.\d)? % of the kept area"))
    kept.get_by_role("radio", name="Where it strayed").check()
    expect(kept.get_by_role("img", name="Map of what the model changed")).to_be_visible()
    told.close()


def test_by_keyboard_alone(page: Page) -> None:
    begin_to_paint(page)
    stage = page.get_by_role("application")
    expect(stage).to_be_focused()
    page.keyboard.press("Enter")
    for _ in range(6):
        page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Enter")
    expect(status(page)).to_contain_text("will change")
    page.keyboard.press("Shift+V")
    expect(status(page)).to_have_text(re.compile(r"About 9\d % will change"))
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(status(page)).to_have_text("Paint over what should change.")
    page.keyboard.press("Control+Shift+z")
    expect(status(page)).to_contain_text("will change")
    size = page.locator("[data-mask-size-said]")
    before = size.inner_text()
    page.keyboard.press("]")
    expect(size).not_to_have_text(before)
    page.keyboard.press("[")
    expect(size).to_have_text(before)
    for key, name in (("e", "Eraser"), ("r", "Rectangle"), ("l", "Lasso"), ("b", "Brush")):
        page.keyboard.press(key)
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.down("h")
    expect(page.locator("dialog.mask")).to_have_class(re.compile("mask-hidden"))
    page.keyboard.up("h")
    expect(page.locator("dialog.mask")).not_to_have_class(re.compile("mask-hidden"))
    page.keyboard.press("Escape")
    expect(page.locator("dialog.mask")).to_be_hidden()


def test_everything_and_nothing_are_said_in_words(page: Page) -> None:
    box = begin_to_paint(page)
    page.get_by_role("button", name="Invert").click()
    expect(status(page)).to_have_text("Everything is painted, which is the same as no mask.")
    page.get_by_role("button", name="Clear").click()
    expect(status(page)).to_have_text("Paint over what should change.")
    paint(page, box)
    expect(status(page)).to_contain_text("will change")
    page.get_by_role("button", name="Close without using the mask").click()
    page.locator("[data-references-row]").get_by_role("button", name="Change only a part").click()
    expect(status(page)).to_contain_text("will change")  # what was not used is not lost


def test_zooming_and_resizing_move_no_stroke(page: Page) -> None:
    box = begin_to_paint(page)
    paint(page, box)
    strokes = "document.querySelector('[data-mask-canvas]').getContext('2d').getImageData(0, 0, 1024, 1024).data.join()"
    before = page.evaluate(f"() => {strokes}.length")
    page.mouse.wheel(0, -400)
    page.set_viewport_size({"width": 900, "height": 700})
    page.keyboard.press("0")
    assert page.evaluate(f"() => {strokes}.length") == before
    after = lies_at(page)
    assert after["width"] < box["width"]
    paint(page, after)  # the same place again: in the picture's pixels nothing new is painted
    expect(status(page)).to_contain_text("will change")


def test_a_finger_paints_on_a_phone(browser: Browser, darkroom: Instance, demo: dict[str, Any]) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with browser.new_context(base_url=darkroom.url, **phone) as context:  # type: ignore[arg-type]  # its own words
        context.set_default_timeout(10_000)
        page = signed_in(context, demo)
        tile = make_one(page).locator(".tile").first
        tile.get_by_role("button", name="What to do with picture 1").tap()
        page.get_by_role("button", name="Change a part").tap()
        expect(status(page)).to_have_text("Paint over what should change.")
        page.touchscreen.tap(*at(lies_at(page), 0.5, 0.5))
        expect(status(page)).to_contain_text("will change")
        for button in page.locator("dialog.mask button:visible").all():
            place = button.bounding_box()
            assert place is not None
            assert min(place["width"], place["height"]) >= 44, button.get_attribute("aria-label")
            assert 0 <= place["x"] <= 390 - place["width"], button.get_attribute("aria-label")


def test_axe_finds_nothing_in_the_mask_editor(page: Page) -> None:
    box = begin_to_paint(page)
    paint(page, box)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 844})
        must_please_axe(page)
