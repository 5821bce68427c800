"""A kiosk with a camera that Chromium pretends to have, its guests' phones and its wall."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.conftest import Motion, must_please_axe, watch
from tests.browser.studio import signed_in
from tests.browser.test_booth import KEEP_TRACKS, LIVE_TRACKS
from tests.embedded.instance import Instance

PIN = "2468"
DEVELOPED_MS = 120_000  # the machine may be busy

# Whether a menu, a drag and a reload by key are refused.
IS_HELD = """() => [
    new MouseEvent("contextmenu", { bubbles: true, cancelable: true }),
    new DragEvent("dragstart", { bubbles: true, cancelable: true }),
    new KeyboardEvent("keydown", { key: "F5", bubbles: true, cancelable: true }),
].map(event => !document.body.dispatchEvent(event))"""
# How many photos, and how many answers for guests who were away, this browser keeps.
KEPT = """() => new Promise((done, failed) => {
    const opened = indexedDB.open("darkroom-kiosk", 1);
    opened.onerror = failed;
    opened.onsuccess = () => {
        const all = opened.result.transaction("captures").objectStore("captures").getAll();
        all.onsuccess = () => {
            const photos = all.result.filter(one => one.photo).length;
            done({ photos, answers: all.result.length - photos });
        };
    };
})"""
NewEvent = Callable[..., str]


@pytest.fixture
def staff(context: BrowserContext, demo: dict[str, Any]) -> Page:
    return signed_in(context, demo)


@pytest.fixture
def new_event(staff: Page) -> NewEvent:
    """Make an event as an admin does. Return the path of its kiosk."""

    def make(styles: tuple[str, ...] = ("Woodcut", "Clay"), **fields: str) -> str:
        now = timezone.now()
        staff.goto("/o/demo/booth/events/new/")
        said = {
            "name": "Open museum",
            "starts_at": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}",
            "ends_at": f"{now + timedelta(days=1):%Y-%m-%dT%H:%M}",
            "budget": "5",
            "pin": PIN,
            **fields,
        }
        for name, value in said.items():
            staff.locator(f"[name='{name}']").fill(value)
        for name in styles:
            staff.get_by_role("checkbox", name=name, exact=True).check()
        staff.locator("[name='quality']").select_option("low")
        staff.locator("[name='moderation'][value='off']").check()
        staff.get_by_role("button", name="Make the event").click()
        link = re.search(r"https?://[^\s\"<]+/b/[\w-]+/", staff.content())
        assert link, staff.content()
        return urlsplit(link[0]).path

    return make


@pytest.fixture
def kiosk(browser: Browser, darkroom: Instance, motion: Motion) -> Iterator[Page]:
    """A pillar at the entrance: a portrait screen without a session."""
    with browser.new_context(
        base_url=darkroom.url,
        viewport={"width": 1080, "height": 1920},
        permissions=["camera"],
        reduced_motion=motion,
    ) as context:
        context.set_default_timeout(30_000)
        page = context.new_page()
        complaints = watch(page)
        yield page
        assert complaints == []


def must_be(page: Page, step: str) -> None:
    expect(page.locator("[data-kiosk]")).to_have_attribute("data-step", step)


def finder(page: Page) -> Locator:
    return page.locator("[data-finder]")


def agree(page: Page) -> None:
    page.get_by_role("button", name="Touch to begin").click()
    must_be(page, "consent")
    page.get_by_text("Everybody in the picture is old enough").click()
    page.get_by_role("button", name="I agree").click()
    must_be(page, "people")


def shoot(page: Page, style: str = "Woodcut") -> None:
    page.get_by_role("button", name="One").click()
    must_be(page, "styles")
    page.get_by_role("checkbox", name=style, exact=True).check(force=True)
    page.get_by_role("button", name="Make this picture").click()
    expect(finder(page)).to_have_attribute("data-state", "live")
    page.keyboard.press("Space")
    page.get_by_role("button", name="Use this photo").click()
    must_be(page, "done")


@pytest.mark.parametrize("motion", ["no-preference"])
def test_from_a_touch_to_a_code_to_scan_and_back(kiosk: Page, new_event: NewEvent) -> None:
    kiosk.goto(new_event())
    kiosk.wait_for_load_state("networkidle")
    kiosk.evaluate(KEEP_TRACKS)
    must_be(kiosk, "attract")
    must_please_axe(kiosk)
    kiosk.keyboard.press("AudioVolumeUp")  # a shutter on a string
    must_be(kiosk, "consent")
    must_please_axe(kiosk)
    kiosk.get_by_role("button", name="I agree").click()
    expect(kiosk.get_by_role("alert")).to_contain_text("Tick the box first")
    must_be(kiosk, "consent")
    kiosk.get_by_role("button", name="No, thank you").click()
    must_be(kiosk, "attract")
    agree(kiosk)
    must_please_axe(kiosk)
    assert kiosk.evaluate("window.tracks.length") == 0  # no consent, no camera; nor before it is needed
    kiosk.get_by_role("button", name="One").click()
    expect(kiosk.get_by_role("button", name="Choose a style")).to_be_disabled()
    for name in ("Woodcut", "Clay"):
        kiosk.get_by_role("checkbox", name=name, exact=True).check(force=True)
    must_please_axe(kiosk)
    kiosk.get_by_role("button", name="Make 2 pictures").click()
    expect(finder(kiosk)).to_have_attribute("data-state", "live")
    must_please_axe(kiosk)
    kiosk.keyboard.press("Enter")
    expect(finder(kiosk)).to_have_attribute("data-state", "counting")
    expect(finder(kiosk)).to_have_attribute("data-state", "kept")
    kiosk.get_by_role("button", name="Again").click()
    expect(finder(kiosk)).to_have_attribute("data-state", "live")
    kiosk.keyboard.press("Space")
    expect(finder(kiosk)).to_have_attribute("data-state", "kept")
    must_be(kiosk, "done")  # nothing was pressed: after a while it is used
    assert kiosk.evaluate(LIVE_TRACKS) == 0
    expect(kiosk.get_by_role("img", name="The code that opens your pictures")).to_be_visible()
    expect(kiosk.locator("[data-done-code]")).to_have_text(re.compile(r"^[A-Z2-9]{5}$"))
    must_please_axe(kiosk)
    kiosk.get_by_role("button", name="Done").click()
    must_be(kiosk, "attract")
    assert kiosk.locator("[data-done-code]").text_content() == ""
    assert kiosk.locator("[data-finder-photo]").get_attribute("src") is None
    assert kiosk.locator("input:checked").count() == 0


def send(page: Page, style: str = "Woodcut") -> str:
    """Go the whole way. Return the path of the guest's page, which only the QR code knows."""
    with page.expect_response("**/captures") as sent:
        agree(page)
        shoot(page, style)
    return urlsplit(str(sent.value.json()["link"])).path


@pytest.mark.parametrize("motion", ["no-preference"])
def test_two_guests_watch_their_phones_and_the_wall_shows_what_is_released(
    browser: Browser, darkroom: Instance, kiosk: Page, new_event: NewEvent
) -> None:
    address = new_event()
    with browser.new_context(base_url=darkroom.url, viewport={"width": 390, "height": 844}) as phones:
        phones.set_default_timeout(30_000)
        wall, one, other = phones.new_page(), phones.new_page(), phones.new_page()
        complaints = [watch(page) for page in (wall, one, other)]
        wall.set_viewport_size({"width": 1440, "height": 900})
        wall.goto(f"{address}wall/")
        expect(wall.get_by_text("The first pictures will be here soon.")).to_be_visible()
        must_please_axe(wall)
        kiosk.goto(address)
        kiosk.wait_for_load_state("networkidle")
        for phone, style in ((one, "Woodcut"), (other, "Clay")):
            phone.goto(send(kiosk, style))
            expect(phone.locator(".print-style")).to_have_text(style)
            kiosk.get_by_role("button", name="Done").click()
            must_be(kiosk, "attract")
        for phone, style in ((one, "Woodcut"), (other, "Clay")):
            expect(phone.get_by_role("heading", name="Here is your picture.")).to_be_visible(timeout=DEVELOPED_MS)
            expect(phone.get_by_role("img", name=f"Your picture in the style {style}")).to_be_visible()
            expect(phone.locator(".print-paper > *")).to_have_count(1)  # what it developed over is gone
            assert phone.evaluate("document.documentElement.scrollWidth") == 390
            must_please_axe(phone)
        expect(wall.locator("[data-show-strip] img")).to_have_count(2)
        expect(wall.locator(".show-print")).to_have_count(1)
        must_please_axe(wall)
        with other.expect_download() as download:
            other.get_by_role("link", name="Download Clay").click()
        assert re.fullmatch(r"[A-Z2-9]{5}-1\.jpe?g", download.value.suggested_filename)
        one.get_by_text("Delete everything now").click()
        must_please_axe(one)
        one.get_by_role("button", name="Delete my photo and my pictures").click()
        expect(one.get_by_role("heading", name="Deleted")).to_be_visible()
        expect(wall.locator("[data-show-strip] img")).to_have_count(1)
        expect(wall.locator(".show-print")).to_have_count(1)
        expect(wall.locator(".show-print")).to_have_attribute("alt", re.compile("Clay"))
        assert complaints == [[], [], []]


def test_without_a_network_captures_wait_and_their_guests_come_back_for_the_code(
    kiosk: Page, staff: Page, new_event: NewEvent
) -> None:
    kiosk.goto(new_event())
    kiosk.wait_for_load_state("networkidle")
    event_page = staff.url
    kiosk.context.set_offline(True)
    numbers = []
    for waiting in ("1 photo waits here", "2 photos wait here"):
        agree(kiosk)
        shoot(kiosk)
        expect(kiosk.get_by_role("heading", name="Your photo is safe here")).to_be_visible()
        expect(kiosk.locator("[data-done-code]")).to_have_text(re.compile(r"^\d{4}$"))
        expect(kiosk.locator("[data-done-qr]")).to_be_hidden()
        expect(kiosk.locator("[data-kiosk-note]")).to_have_text(f"No network: {waiting}")
        numbers.append(kiosk.locator("[data-done-code]").text_content() or "")
        must_please_axe(kiosk)
        kiosk.get_by_role("button", name="Done").click()
        must_be(kiosk, "attract")
    with kiosk.expect_request(lambda request: "/state?waiting=2" in request.url):
        kiosk.evaluate("dispatchEvent(new Event('offline'))")
    kiosk.context.set_offline(False)
    kiosk.get_by_role("button", name="I have a number").click()
    dialog = kiosk.get_by_role("dialog", name="Your number")
    must_please_axe(kiosk)
    wrong = "0000" if "0000" not in numbers else "1111"
    for digit in wrong:
        dialog.get_by_role("button", name=digit, exact=True).click()
    dialog.get_by_role("button", name="Enter", exact=True).click()
    expect(dialog.get_by_role("alert")).to_have_text("There is no photo with this number.")
    expect(kiosk.locator("[data-kiosk-note]")).to_be_hidden()  # both have arrived
    kiosk.keyboard.type(numbers[1])
    kiosk.keyboard.press("Enter")
    must_be(kiosk, "done")
    expect(kiosk.locator("[data-done-qr]")).to_be_visible()
    expect(kiosk.locator("[data-done-code]")).to_have_text(re.compile(r"^[A-Z2-9]{5}$"))
    code = kiosk.locator("[data-done-code]").text_content()
    staff.goto(event_page)
    codes = staff.locator("tbody th").all_text_contents()
    assert len(codes) == 2
    assert codes[0].startswith(str(code))  # newest first: they came in the order in which they were taken
    assert kiosk.evaluate(KEPT) == {"photos": 0, "answers": 2}


def test_a_kiosk_is_left_with_the_pin_and_forgets_who_walks_away(kiosk: Page, new_event: NewEvent) -> None:
    address = new_event()
    kiosk.clock.install()
    kiosk.goto(address)
    kiosk.wait_for_load_state("networkidle")
    assert kiosk.evaluate(IS_HELD) == [True, True, True]
    kiosk.evaluate("history.back()")
    expect(kiosk).to_have_url(re.compile(re.escape(address) + "$"))
    must_be(kiosk, "attract")
    agree(kiosk)
    kiosk.clock.fast_forward(22_000)
    expect(kiosk.get_by_text("Starting over in")).to_be_visible()
    kiosk.clock.fast_forward(9_000)
    must_be(kiosk, "attract")
    assert kiosk.locator("input:checked").count() == 0
    kiosk.locator("[data-kiosk-corner]").evaluate("corner => { for (let tap = 0; tap < 5; tap++) corner.click(); }")
    dialog = kiosk.get_by_role("dialog", name="PIN")
    kiosk.keyboard.type("1111")
    expect(dialog.locator("[data-keypad-shown]")).to_have_text("••••")
    kiosk.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_have_text("That PIN is wrong.")
    must_be(kiosk, "attract")
    kiosk.keyboard.type(PIN)
    kiosk.keyboard.press("Enter")
    must_be(kiosk, "left")
    assert kiosk.evaluate(IS_HELD) == [False, False, False]
    kiosk.get_by_role("button", name="Lock it again").click()
    must_be(kiosk, "attract")
    assert kiosk.evaluate(IS_HELD) == [True, True, True]


def test_a_kiosk_says_why_it_takes_no_photo(kiosk: Page, staff: Page, new_event: NewEvent) -> None:
    kiosk.goto(new_event(budget="0.001"))
    kiosk.wait_for_load_state("networkidle")
    staff.get_by_role("button", name="Pause").click()
    must_be(kiosk, "closed")
    expect(kiosk.get_by_role("heading", name="There is a short break. Ask the staff.")).to_be_visible()
    must_please_axe(kiosk)
    staff.get_by_role("button", name="Go on").click()
    must_be(kiosk, "attract")
    agree(kiosk)
    kiosk.evaluate(
        "() => { window.camera = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);"
        " navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', 'NotAllowedError'); }; }"
    )
    kiosk.get_by_role("button", name="Two to four").click()
    kiosk.get_by_role("checkbox", name="Clay", exact=True).check(force=True)
    kiosk.get_by_role("button", name="Make this picture").click()
    expect(finder(kiosk).get_by_role("alert")).to_have_text(
        re.compile(r"^The camera is blocked for this page\. .* start it again\.$")
    )
    must_please_axe(kiosk)
    kiosk.evaluate("() => { navigator.mediaDevices.getUserMedia = window.camera; }")
    kiosk.get_by_role("button", name="Turn the camera on").click()
    expect(finder(kiosk)).to_have_attribute("data-state", "live")
    kiosk.keyboard.press("Space")
    expect(kiosk.locator("[data-finder-count]")).to_have_text("5")  # more people need more time
    kiosk.get_by_role("button", name="Use this photo").click()
    must_be(kiosk, "sorry")
    expect(kiosk.get_by_role("heading", name="All pictures of this event have been made.")).to_be_visible()
    assert kiosk.evaluate(KEPT) == {"photos": 0, "answers": 0}
    must_please_axe(kiosk)
    kiosk.get_by_role("button", name="Start over").click()
    staff.get_by_role("button", name="End the event").click()
    expect(kiosk.get_by_role("heading", name="This event has ended.")).to_be_visible()
