"""A team's photobooth in a browser with a camera that Chromium pretends to have."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, FilePayload, Locator, Page, expect

from tests.browser.conftest import must_please_axe, watch
from tests.browser.studio import signed_in
from tests.embedded.instance import Instance
from tests.support import picture_bytes

DEVELOPED_MS = 120_000  # the machine may be busy

# A camera whose frames are red at the left and blue at the right; it looks where `facing` says.
TWO_COLOURS = """facing => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const pen = canvas.getContext("2d");
    const paint = () => {
        pen.fillStyle = "red";
        pen.fillRect(0, 0, 320, 480);
        pen.fillStyle = "blue";
        pen.fillRect(320, 0, 320, 480);
        requestAnimationFrame(paint);
    };
    paint();
    navigator.mediaDevices.getUserMedia = async () => {
        const stream = canvas.captureStream();
        const [track] = stream.getVideoTracks();
        const settings = track.getSettings();
        track.getSettings = () => ({ ...settings, facingMode: facing });
        window.cameraTrack = track;
        return stream;
    };
}"""
LEFT_PIXEL = """async image => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 9, height: 9 });
    const pen = canvas.getContext("2d");
    await image.decode();
    pen.drawImage(image, 0, 0, 9, 9);
    return [...pen.getImageData(1, 4, 1, 1).data].map(each => each > 128);
}"""
KEEP_TRACKS = """() => {
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.tracks = [];
    navigator.mediaDevices.getUserMedia = async wish => {
        const stream = await open(wish);
        window.tracks.push(...stream.getTracks());
        document.documentElement.dataset.opened = window.tracks.length;
        return stream;
    };
}"""
LIVE_TRACKS = "() => window.tracks.filter(track => track.readyState === 'live').length"
HIDE = """isHidden => {
    Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
    document.dispatchEvent(new Event("visibilitychange"));
}"""
RED, BLUE = [True, False, False, True], [False, False, True, True]


@pytest.fixture
def page(context: BrowserContext, demo: dict[str, Any]) -> Iterator[Page]:
    context.grant_permissions(["camera"])
    page = signed_in(context, demo)
    complaints = watch(page)
    page.goto("/o/demo/booth/")
    page.wait_for_load_state("networkidle")
    yield page
    assert complaints == []


def state(page: Page) -> Locator:
    return page.locator("[data-finder]")


def must_be(page: Page, name: str) -> None:
    expect(state(page)).to_have_attribute("data-state", name)


def start(page: Page) -> None:
    page.get_by_role("button", name="Start the camera").click()
    must_be(page, "live")


def upload(page: Page, name: str, mime: str, data: bytes) -> None:
    page.locator("[data-finder-pick]").set_input_files(FilePayload(name=name, mimeType=mime, buffer=data))


def test_from_the_camera_to_four_pictures_and_to_another_set(page: Page) -> None:
    page.evaluate(KEEP_TRACKS)
    must_please_axe(page)
    expect(page.locator("[data-booth-chosen]")).to_have_text("2 of 4")
    start(page)
    expect(page.get_by_role("button", name="Take the photo")).to_be_focused()
    must_please_axe(page)
    page.keyboard.press("Space")
    must_be(page, "counting")
    expect(page.locator("[data-finder-count]")).to_have_text("2")
    must_be(page, "kept")
    expect(page.get_by_role("button", name="Use this photo")).to_be_focused()
    assert page.evaluate(LIVE_TRACKS) == 0
    page.keyboard.press("Escape")  # retake
    must_be(page, "live")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("AudioVolumeUp")
    must_be(page, "kept")
    must_please_axe(page)
    must_be(page, "sent")  # nothing was pressed: after a while it is used
    expect(page.locator("[data-develop-button]")).to_contain_text("Develop 2 pictures")
    expect(page.locator(".develop-price")).to_contain_text("$")
    for name in ("Woodcut", "Stained glass"):
        page.get_by_role("checkbox", name=name, exact=True).press("Space")
    expect(page.get_by_role("checkbox", name="Clay", exact=True)).to_be_disabled()
    expect(page.locator("[data-develop-button]")).to_contain_text("Develop 4 pictures")
    must_please_axe(page)
    page.locator("[data-develop-button]").click()
    expect(page).to_have_url(re.compile(r"/o/demo/booth/sets/[0-9a-f-]{36}/$"))
    expect(page.locator(".tile-style")).to_have_text(["Knitted", "Watercolour", "Woodcut", "Stained glass"])
    expect(page.locator(".set")).to_have_attribute("data-live-run", "", timeout=DEVELOPED_MS)
    expect(page.locator(".set [data-output]")).to_have_count(4)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)
    must_please_axe(page)
    page.get_by_role("button", name="Compare Woodcut with the photo").click()
    expect(page.get_by_role("dialog", name="Compare with the photo")).to_be_visible()
    expect(page.locator(".compared")).to_have_attribute("data-mode", "slide")
    must_please_axe(page)
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Enlarge Knitted").click()
    expect(page.locator(".enlarged")).to_be_visible()
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download Knitted").click()
    assert download.value.suggested_filename.endswith(".png")
    page.reload()
    expect(page.locator(".set [data-output]")).to_have_count(4)
    page.get_by_role("link", name="Make another set").click()
    must_be(page, "empty")  # this page has not opened the camera
    expect(page).to_have_url(re.compile(r"/o/demo/booth/$"))
    expect(page.locator(".set")).to_have_count(0)


def test_the_photo_is_what_the_mirror_showed_and_the_light_goes_off(page: Page) -> None:
    for facing, mirrored, left in (("user", "yes", BLUE), ("environment", "", RED)):
        page.reload()
        page.wait_for_load_state("networkidle")
        page.evaluate(TWO_COLOURS, facing)
        start(page)
        expect(page.locator("[data-finder-video]")).to_have_attribute("data-mirrored", mirrored)
        page.get_by_role("button", name="Take the photo").click()
        must_be(page, "kept")
        photo = page.locator("[data-finder-photo]")
        assert photo.evaluate(LEFT_PIXEL) == left, facing
        width, height = photo.evaluate("image => [image.naturalWidth, image.naturalHeight]")
        assert (width, height) == (320, 480)
        assert page.evaluate("window.cameraTrack.readyState") == "ended"
    page.get_by_role("button", name="Retake").click()
    must_be(page, "live")
    page.evaluate("window.cameraTrack.dispatchEvent(new Event('ended'))")
    must_be(page, "empty")
    expect(page.get_by_role("alert")).to_contain_text("The camera was unplugged")
    start(page)
    page.get_by_role("button", name="Take the photo").click()
    must_be(page, "counting")
    page.evaluate(HIDE, True)
    must_be(page, "empty")
    assert page.evaluate("window.cameraTrack.readyState") == "ended"
    expect(page.get_by_role("alert")).to_contain_text("The camera went off because you left this page.")
    page.evaluate(HIDE, False)


def test_two_cameras_change_places_and_a_frame_changes_its_shape(page: Page) -> None:
    page.evaluate(KEEP_TRACKS)
    start(page)
    first = page.evaluate("window.tracks.at(-1).getSettings().deviceId")
    page.get_by_role("button", name="Other camera").click()
    expect(page.locator("html")).to_have_attribute("data-opened", "2")
    must_be(page, "live")
    assert page.evaluate("window.tracks.at(-1).getSettings().deviceId") != first
    assert page.evaluate(LIVE_TRACKS) == 1
    page.get_by_role("button", name="Portrait, square or landscape").click()
    expect(state(page)).to_have_attribute("data-shape", "square")
    page.get_by_role("radio", name="5 s").check()
    page.get_by_role("button", name="Take the photo").click()
    expect(page.locator("[data-finder-count]")).to_have_text("5")
    page.keyboard.press("Escape")
    must_be(page, "live")
    page.get_by_role("button", name="Turn the camera off").click()
    must_be(page, "empty")
    assert page.evaluate(LIVE_TRACKS) == 0


def test_a_refused_camera_and_files_of_every_kind(page: Page) -> None:
    for error, words in (
        ("NotAllowedError", "The camera is blocked for this page."),
        ("NotFoundError", "There is no camera on this device."),
        ("NotReadableError", "Another program may be using it."),
    ):
        refuse = "name => { navigator.mediaDevices.getUserMedia = async () => { throw new DOMException('', name); }; }"
        page.evaluate(refuse, error)
        page.get_by_role("button", name="Start the camera").click()
        expect(page.get_by_role("alert")).to_contain_text(words)
        must_be(page, "empty")
    must_please_axe(page)
    upload(page, "IMG_1.HEIC", "image/heic", b"\0\0\0\x18ftypheic" + bytes(400))
    expect(page.get_by_role("alert")).to_contain_text("This browser cannot read HEIC photos.")
    upload(page, "notes.png", "image/png", b"not a picture")
    expect(page.get_by_role("alert")).to_contain_text("This file cannot be read as a picture.")
    page.locator("[data-develop-button]").click()
    expect(page.locator(".develop-faults")).to_contain_text("Take a photo first, or choose one.")
    with page.expect_response("**/o/demo/inputs/") as large:
        upload(page, "large.jpg", "image/jpeg", picture_bytes.plain(".jpg", 6000, 4000))
    assert (large.value.json()["width"], large.value.json()["height"]) == (2048, 1365)
    must_be(page, "sent")
    expect(state(page)).to_have_attribute("data-shape", "landscape")
    data = list(picture_bytes.plain(".png", 200, 300))
    for kind, field in (("paste", "clipboardData"), ("drop", "dataTransfer")):
        with page.expect_response("**/o/demo/inputs/") as given:
            page.evaluate(
                """([kind, field, data]) => {
                    const files = new DataTransfer();
                    files.items.add(new File([new Uint8Array(data)], `${kind}.png`, { type: "image/png" }));
                    const event = new Event(kind, { bubbles: true, cancelable: true });
                    Object.defineProperty(event, field, { value: files });
                    document.body.dispatchEvent(event);
                }""",
                [kind, field, data],
            )
        assert given.value.json()["name"] == f"{kind}.png"
        must_be(page, "sent")
        expect(state(page)).to_have_attribute("data-shape", "portrait")


def test_on_a_phone_nothing_is_wider_than_the_screen(page: Page) -> None:
    page.set_viewport_size({"width": 360, "height": 740})
    start(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    expect(page.get_by_role("button", name="Take the photo")).to_be_in_viewport(ratio=1)
    expect(page.locator(".finder")).to_be_in_viewport(ratio=0.99)  # all of the person, not cut by a scroll
    page.emulate_media(reduced_motion="reduce")
    page.get_by_role("button", name="Take the photo").click()
    must_be(page, "kept")
    page.get_by_role("button", name="Use this photo").click()
    must_be(page, "sent")
    page.locator("[data-develop-button]").click()
    expect(page.locator(".set .tile")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    must_please_axe(page)


def test_without_script_the_form_makes_a_set(
    browser: Browser, darkroom: Instance, context: BrowserContext, demo: dict[str, Any]
) -> None:
    signed_in(context, demo)
    with browser.new_context(
        base_url=darkroom.url, java_script_enabled=False, storage_state=context.storage_state()
    ) as plain:
        page = plain.new_page()
        page.goto("/o/demo/booth/")
        expect(page.get_by_role("button", name="Start the camera")).to_be_hidden()
        upload(page, "me.png", "image/png", picture_bytes.plain(".png", 200, 300))
        page.locator("[data-develop-button]").click()
        expect(page).to_have_url(re.compile(r"/booth/sets/"))
        expect(page.locator(".set .tile")).to_have_count(2)
