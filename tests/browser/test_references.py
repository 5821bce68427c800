"""A person brings pictures into the prompt bar in every way there is: pasted, dropped as files, dragged out of the
stream, taken by the camera of a phone; sorts them by hand, and begins anew."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import watch
from tests.browser.studio import signed_in
from tests.browser.test_mask import generate
from tests.embedded.instance import Instance
from tests.support import picture_bytes

# What a browser fires when somebody pastes, or lets files go over an element.
TRANSFER = """const transfer = new DataTransfer();
  for (const [name, type, text] of given) {
    const bytes = Uint8Array.from(atob(text), (each) => each.charCodeAt(0));
    transfer.items.add(new File([bytes], name, { type }));
  }"""
PASTE = f"""(element, given) => {{
  {TRANSFER}
  const init = {{ clipboardData: transfer, bubbles: true, cancelable: true }};
  return !element.dispatchEvent(new ClipboardEvent("paste", init));
}}"""
DRAG = f"""(element, [name, given]) => {{
  {TRANSFER}
  const init = {{ dataTransfer: transfer, bubbles: true, cancelable: true }};
  return !element.dispatchEvent(new DragEvent(name, init));
}}"""


def picture(name: str, type_: str = "image/png", data: bytes | None = None) -> list[str]:
    made = picture_bytes.plain(".png", 90 + len(name), 60) if data is None else data
    return [name, type_, base64.b64encode(made).decode()]


@pytest.fixture
def page(context: BrowserContext, demo: dict[str, Any]) -> Iterator[Page]:
    page = signed_in(context, demo)
    complaints = watch(page)
    yield page
    assert complaints == []


def given(page: Page) -> Locator:
    return page.locator("[data-reference-insert]")


def bar(page: Page) -> Locator:
    return page.locator("[data-prompt]")


def names(page: Page) -> list[str | None]:
    return [each.get_attribute("title") for each in given(page).all()]


def test_pictures_come_from_everywhere(page: Page) -> None:
    pastes(page)
    drops(page)
    drags_a_tile(page)
    sorts_by_hand(page)
    begins_anew(page)


def pastes(page: Page) -> None:
    stream = page.locator("[data-stream]")
    assert stream.evaluate(PASTE, [picture("anywhere.png")]), "pasted anywhere on the page"
    expect(given(page)).to_have_count(1)
    words = page.get_by_label("Prompt", exact=True)
    assert words.evaluate(PASTE, [picture("beside the words.png")])
    expect(given(page)).to_have_count(2)
    assert not words.evaluate(PASTE, []), "text is left to the browser"
    expect(bar(page).locator("[name='reference']")).to_have_count(2)


def drops(page: Page) -> None:
    two = [picture("left.png"), picture("right.png")]
    assert bar(page).evaluate(DRAG, ["dragover", two])
    expect(bar(page)).to_have_attribute("data-over", "")
    assert bar(page).evaluate(DRAG, ["drop", two])
    expect(bar(page)).not_to_have_attribute("data-over", "")
    expect(given(page)).to_have_count(4)
    strange = [picture("<img src=x onerror=alert(1)>.txt", "text/plain", b"no picture")]
    assert page.locator("[data-stream]").evaluate(DRAG, ["drop", strange]), "let go anywhere, the page is not left"
    expect(page.locator(".reference-fault:visible")).to_contain_text("PNG")
    page.locator(".reference-failed").get_by_role("button", name="Remove").click()
    assert bar(page).evaluate(DRAG, ["drop", [picture(f"{number}.png") for number in range(14)]])
    expect(page.get_by_text("16 reference pictures are the limit.")).to_be_visible()
    page.get_by_role("button", name="Remove all").click()
    expect(given(page)).to_have_count(0)


def drags_a_tile(page: Page) -> None:
    tile = generate(page, "A quiet valley").locator(".tile").nth(1)
    tile.drag_to(bar(page))
    expect(given(page)).to_have_count(1)
    tile.drag_to(bar(page))
    expect(given(page)).to_have_count(1)  # the same one again is the same one
    expect(page.locator(".reference-coming")).to_have_count(0)
    code = tile.get_attribute("data-output")
    expect(page.locator(f"[data-from='{code}']")).to_have_count(1)


def sorts_by_hand(page: Page) -> None:
    bar(page).evaluate(PASTE, [picture("later.png")])
    expect(given(page)).to_have_count(2)
    first, second = names(page)
    given(page).nth(1).drag_to(given(page).first, target_position={"x": 4, "y": 20})
    assert names(page) == [second, first]
    expect(page.locator("[data-reference-number]")).to_have_text(["1", "2"])
    expect(bar(page).locator("[data-over]")).to_have_count(0)


def begins_anew(page: Page) -> None:
    """What was sent stays for another try, and does not lie in wait for the next day."""
    before = page.locator(".run[data-run]").count()
    generate(page, "Both together")
    expect(page.locator(".run[data-run]")).to_have_count(before + 1)
    expect(given(page)).to_have_count(2)
    page.reload()
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("")
    expect(given(page)).to_have_count(0)
    page.locator(".run").first.hover()
    page.locator(".run").first.get_by_role("link", name="Remix").click()
    expect(given(page)).to_have_count(2)
    expect(page.get_by_label("Prompt", exact=True)).to_have_value("Both together")


def test_a_phone_offers_its_camera(browser: Browser, darkroom: Instance, demo: dict[str, Any]) -> None:
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with browser.new_context(base_url=darkroom.url, **phone) as context:  # type: ignore[arg-type]  # its own words
        page = signed_in(context, demo)
        while page.locator("[data-reference-remove]").count():
            page.locator("[data-reference-remove]").first.click()
        camera = page.get_by_label("Take a picture")
        expect(camera).to_have_attribute("capture", "environment")
        place = camera.bounding_box()
        assert place is not None
        assert min(place["width"], place["height"]) >= 44
        shot = {"name": "image.jpg", "mimeType": "image/jpeg", "buffer": picture_bytes.plain(".jpg")}
        camera.set_input_files(shot)  # type: ignore[arg-type]  # a dict of that shape
        expect(given(page)).to_have_count(1)
        page.locator("[data-pick][multiple]").set_input_files(shot)  # type: ignore[arg-type]  # as above
        expect(given(page)).to_have_count(1)  # the same bytes
        page.locator(".run").first.locator(".tile-more").first.tap()
        sheet = page.locator(".tile-tools:popover-open")
        expect(sheet.get_by_role("button", name="Change a part")).to_be_visible()
        sheet.get_by_role("button", name="Use as reference").tap()
        expect(sheet).to_have_count(0)
        expect(given(page)).to_have_count(2)
