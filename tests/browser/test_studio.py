"""A designer's morning in the studio: the price on the button, reference pictures, a mask, presets, what was written
before, and words that survive everything."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import must_please_axe, watch
from tests.browser.studio import sign_in, signed_in
from tests.embedded.instance import Instance, manage
from tests.support import picture_bytes

# Rows and files as a worker leaves them: more than stand on the first page.
HANG_MANY = """
from accounts.models import Membership, User
from saas.database import tenancy
from tests.support.gallery_pictures import made
demo = User.objects.get(email="demo@darkroom.invalid")
with tenancy.person(demo.pk):
    org = Membership.objects.select_related("org").get(user=demo).org
for _ in range(20):
    made(org, demo, "Far down", count=2, size=(96, 72))
"""
NEWER, CARD = "**/o/demo/runs/newer/**", "**/o/demo/runs/*/card/"
AT_ONCE_MS = 250  # for a busy machine; bench/studio.py measures, and aims at 100
RESERVED = """form => new Promise((done) => {
    const began = performance.now();
    new MutationObserver((_, seen) => {
        if (!document.querySelector('.run .tile')) return;
        seen.disconnect();
        requestAnimationFrame(() => done(performance.now() - began));
    }).observe(document.querySelector('[data-stream]'), { childList: true, subtree: true });
    form.requestSubmit();
})"""


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    made = {name: tmp_path / name for name in ("one.png", "two.jpg", "<b>three<b>.png")}
    for name, path in made.items():
        path.write_bytes(
            picture_bytes.plain(path.suffix, 300, 200) if "three" not in name else b"<svg onload=alert(1)>"
        )
    return made


def prompt(page: Page) -> Any:
    return page.get_by_label("Prompt", exact=True)


def ended(page: Page) -> None:
    expect(page.locator(".run").first).to_have_attribute("data-live-run", "", timeout=40_000)


def in_studio(context: BrowserContext, demo: dict[str, Any]) -> Page:
    """Signed in, with one picture a run: to paint four takes four times as long."""
    page = signed_in(context, demo)
    page.get_by_label("Number of pictures").fill("1")
    return page


def chip(page: Page, name: str) -> None:
    page.locator(f"summary[aria-label^='{name}']").click()


@pytest.mark.parametrize("motion", ["no-preference"])
def test_a_designers_morning(context: BrowserContext, demo: dict[str, Any], pictures: dict[str, Path]) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    chooses_a_size(page)
    sees_the_tiles_at_once(page)
    gives_pictures(page, pictures)
    paints_and_edits(page)
    keeps_settings_and_words(page)
    sorts_by_keyboard(page)
    assert complaints == []


def chooses_a_size(page: Page) -> None:
    price = page.locator("[data-price]")
    expect(price).to_contain_text("$")
    prompt(page).fill("A fox in a birch forest")
    chip(page, "Size")
    page.locator("label", has_text="Custom").click()
    page.get_by_label("Width", exact=True).fill("1920")
    page.get_by_label("Height", exact=True).fill("1080")
    page.locator("[data-fault-of='size']").get_by_role("button", name="Use 1920x1088").click()
    expect(page.locator("summary[aria-label='Size: 1920 × 1088']")).to_be_visible()  # noqa: RUF001 as it is shown
    expect(page.locator("[data-verdict='ready']")).to_be_visible()
    expect(price).to_contain_text("$")
    page.keyboard.press("Escape")


BOXES = """() => {
  const run = document.querySelector(".run");
  const box = (element) => element.getBoundingClientRect().toJSON();
  return { run: box(run), tile: box(run.querySelector(".tile")) };
}"""


def sees_the_tiles_at_once(page: Page) -> None:
    taken = page.locator("[data-prompt]").evaluate(RESERVED)
    assert taken < AT_ONCE_MS
    reserved = page.evaluate(BOXES)  # in one go: the card takes the placeholder's place at any moment
    assert reserved["tile"]["width"] / reserved["tile"]["height"] == pytest.approx(1920 / 1088, abs=0.02)
    prompt(page).fill("A second thought, typed while the first one develops")
    ended(page)
    assert page.evaluate(BOXES) == reserved
    expect(prompt(page)).to_have_value("A second thought, typed while the first one develops")


def gives_pictures(page: Page, pictures: dict[str, Path]) -> None:
    page.locator("[data-pick][multiple]").set_input_files(list(pictures.values()))
    given = page.locator("[data-reference-insert]")
    expect(given).to_have_count(2)
    expect(page.locator(".reference-fault:visible")).to_contain_text("SVG")
    page.locator(".reference-failed").get_by_role("button", name="Remove").click()
    assert sorted(each.get_attribute("title") or "" for each in given.all()) == ["one.png", "two.jpg"]
    second = given.nth(1).get_attribute("title") or ""
    given.nth(1).focus()
    page.keyboard.press("Alt+ArrowLeft")
    expect(given.first).to_have_attribute("title", second)
    prompt(page).fill("Put snow on ")
    given.first.click()
    expect(prompt(page)).to_have_value("Put snow on Image 1 ")
    given.nth(1).focus()
    page.keyboard.press("Delete")
    expect(given).to_have_count(1)


def paints_and_edits(page: Page) -> None:
    page.get_by_role("button", name="Change only a part").and_(page.locator("[data-mask]")).click()
    stage = page.locator("[data-mask-stage]").bounding_box()
    assert stage is not None
    x, y = stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2
    page.mouse.move(x - 60, y)
    page.mouse.down()
    page.mouse.move(x + 60, y, steps=4)
    page.mouse.up()
    page.locator("[data-mask-done]").click()
    expect(page.locator("[data-mask-chip]")).to_be_visible()
    prompt(page).press("Control+Enter")
    expect(page.locator(".run").first.locator(".run-prompt")).to_have_text("Put snow on Image 1")
    ended(page)
    expect(page.locator(".run").first.locator(".run-input")).to_have_count(2)
    page.locator("[data-reference-remove]").first.click()
    expect(page.locator("[data-mask-chip]")).to_be_hidden()


def keeps_settings_and_words(page: Page) -> None:
    chip(page, "Presets")
    page.get_by_label("Name of a new preset").fill("Wide <i>proofs</i>")
    page.keyboard.press("Enter")
    expect(page.locator(".preset")).to_contain_text("Wide <i>proofs</i>")
    page.keyboard.press("Escape")
    chip(page, "Model")
    page.get_by_role("radio", name="GPT Image 2.5 Flare").check()
    expect(page.locator("[name='quality'][value='max']")).to_be_attached()
    page.keyboard.press("Escape")
    chip(page, "Presets")
    page.locator("[data-preset]").click()
    expect(page.locator("summary[aria-label='Model: GPT Image 2']")).to_be_visible()
    prompt(page).fill("In hand")
    prompt(page).press("Alt+ArrowUp")
    expect(prompt(page)).to_have_value("Put snow on Image 1 ")
    prompt(page).press("Alt+ArrowDown")
    expect(prompt(page)).to_have_value("In hand")


def sorts_by_keyboard(page: Page) -> None:
    prompt(page).press("Escape")
    prompt(page).blur()
    page.keyboard.press("j")
    page.keyboard.press("j")
    tile = page.locator(".run").first.locator(".tile").nth(1)
    expect(tile.locator(".tile-open")).to_be_focused()
    page.keyboard.press(".")
    expect(tile.locator(".tile-star")).to_be_visible()
    page.keyboard.press("Delete")
    expect(tile).to_contain_text("In the bin")
    tile.get_by_role("button", name="Restore from the bin").click()
    expect(tile.locator(".tile-open")).to_be_visible()
    page.keyboard.press("Shift+?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_contain_text("Use it as a reference")
    page.keyboard.press("Escape")


def test_a_double_click_makes_one_run(context: BrowserContext, demo: dict[str, Any]) -> None:
    page = in_studio(context, demo)
    runs = page.locator(".run")
    before = runs.count()
    prompt(page).fill("Only once")
    page.locator("[data-generate]").dblclick()
    expect(runs).to_have_count(before + 1)
    ended(page)
    page.reload()
    expect(page.get_by_text("Only once").and_(page.locator(".run-prompt"))).to_have_count(1)


def test_asked_again_when_only_the_answer_was_lost_it_makes_one_run(
    context: BrowserContext, demo: dict[str, Any]
) -> None:
    page = in_studio(context, demo)
    address = page.locator("form[data-prompt]").get_attribute("action") or ""

    def lose(route: Route) -> None:
        assert route.fetch().ok
        route.abort()

    page.route(f"**{address}", lose, times=1)
    prompt(page).fill("Asked twice, made once")
    page.locator("[data-generate]").click()
    expect(page.get_by_text("Darkroom cannot be reached")).to_be_visible()
    page.locator("[data-generate]").click()
    ended(page)
    page.reload()
    expect(page.get_by_text("Asked twice, made once").and_(page.locator(".run-prompt"))).to_have_count(1)


HOSTILE = "<img src=x onerror=document.title='taken'> “مرحبا” 🦊 </textarea><script>document.title='taken'</script>"


def test_two_tabs_the_way_back_and_hostile_words(context: BrowserContext, demo: dict[str, Any]) -> None:
    page = in_studio(context, demo)
    complaints = watch(page)
    other = in_studio(context, demo)
    runs = page.locator(".run[data-run]")
    before = runs.count()
    prompt(page).fill(HOSTILE)
    prompt(other).fill("In the second tab")
    prompt(page).press("Control+Enter")
    prompt(other).press("Control+Enter")
    for each in (page, other):
        expect(each.locator(".run[data-run]")).to_have_count(before + 2)
        expect(each.locator(".run-prompt").filter(has_text="مرحبا")).to_have_text(HOSTILE)
    expect(prompt(page)).to_have_value(HOSTILE)
    page.goto(f"/o/demo/runs/{runs.first.get_attribute('data-run')}/")
    page.go_back()
    expect(runs).to_have_count(before + 2)
    prompt(page).fill("And once more after the way back " + "long " * 6_000)
    prompt(page).press("Control+Enter")
    expect(runs).to_have_count(before + 3)
    expect(runs.first.locator(".run-prompt")).to_contain_text("And once more")
    expect(page).to_have_title(re.compile(r"^(\(\d+\) )?Studio"))  # so many of one's own are on their way
    assert complaints == []


def test_a_card_from_before_one_s_own_is_found_without_a_socket(context: BrowserContext, demo: dict[str, Any]) -> None:
    """The other tab's run is older than what this page has sent since, and nothing has told this page of it."""
    context.route_web_socket("**/ws/**", lambda socket: socket.close())
    page, other = in_studio(context, demo), in_studio(context, demo)
    before = page.locator(".run[data-run]").count()
    page.route(NEWER, lambda route: route.abort())
    for each, words in ((other, "Sent first, in the other tab"), (page, "Sent second, in this one")):
        prompt(each).fill(words)
        prompt(each).press("Control+Enter")
        expect(each.locator(".run[data-run] .run-prompt").filter(has_text=words)).to_have_count(1)
    expect(page.locator(".run[data-run]")).to_have_count(before + 1)
    page.unroute(NEWER)
    expect(page.locator(".run[data-run]")).to_have_count(before + 2)
    expect(page.locator(".run-prompt").nth(0)).to_have_text("Sent second, in this one")
    expect(page.locator(".run-prompt").nth(1)).to_have_text("Sent first, in the other tab")


def test_a_card_that_could_not_be_fetched_is_fetched_again(context: BrowserContext, demo: dict[str, Any]) -> None:
    """Nothing more happens to its run, so nothing else would bring it."""
    page, other = in_studio(context, demo), in_studio(context, demo)
    page.route(CARD, lambda route: route.abort())
    prompt(other).fill("Missed at first")
    prompt(other).press("Control+Enter")
    expect(other.locator(".run").first).to_contain_text("Missed at first")
    ended(other)
    page.unroute(CARD)
    expect(page.locator(".run-prompt").filter(has_text="Missed at first")).to_have_count(1)


def test_an_estimate_that_comes_between_press_and_release_swallows_no_generate(
    context: BrowserContext, demo: dict[str, Any]
) -> None:
    page = in_studio(context, demo)
    runs, button = page.locator(".run"), page.locator("[data-generate]")
    before = runs.count()
    prompt(page).fill("Pressed slowly")
    expect(page.locator("[data-verdict='ready']")).to_be_visible()
    was = page.locator("[data-price]").inner_text()
    chip(page, "Quality")
    button.hover()
    with page.expect_response("**/draft/"):
        page.locator("[name='quality'][value='high']").evaluate("each => each.click()")
        page.mouse.down()
    expect(button).not_to_contain_text(was)
    page.mouse.up()
    expect(runs).to_have_count(before + 1)
    ended(page)


def test_sent_before_its_price_had_come_it_has_one_after(context: BrowserContext, demo: dict[str, Any]) -> None:
    page = in_studio(context, demo)
    prompt(page).fill("")
    expect(page.locator(".generate-unready")).to_be_visible()
    prompt(page).fill("Written and sent in one breath")
    prompt(page).press("Control+Enter")
    ended(page)
    expect(page.locator("[data-verdict='ready']")).to_be_visible()
    expect(page.locator(".generate-unready")).to_have_count(0)


def test_what_can_be_done_with_an_older_picture_is_there_when_somebody_comes_near(
    context: BrowserContext, demo: dict[str, Any], darkroom: Instance
) -> None:
    page = signed_in(context, demo)
    manage(darkroom.folder.root, "shell", "--no-imports", "-c", HANG_MANY)
    page.reload()
    runs = page.locator(".run").filter(has_text="Far down")
    runs.last.scroll_into_view_if_needed()
    expect(runs).to_have_count(20)
    last = runs.last
    tile = last.locator(".tile").first
    expect(tile.locator(".tile-tools")).to_have_count(0)
    tile.hover()
    tile.locator("[data-does='star']").click()
    expect(last.locator(".tile-star")).to_be_visible()
    neighbour = last.locator(".tile-open").last
    neighbour.focus()
    page.keyboard.press(".")
    expect(last.locator(".tile-star")).to_have_count(last.locator(".tile").count())


def test_words_outlive_the_session(context: BrowserContext, demo: dict[str, Any]) -> None:
    page = signed_in(context, demo)
    context.clear_cookies()
    prompt(page).fill("Typed after the session had ended")
    expect(page.locator("[data-bar-message]")).to_contain_text("You have been signed out")
    prompt(page).press("Control+Enter")
    expect(page.locator("[data-placeholder]")).to_have_count(0)
    page.get_by_role("link", name="Sign in again").click()
    sign_in(page, demo)
    expect(prompt(page)).to_have_value("Typed after the session had ended")


def test_where_a_proxy_swallows_the_socket_looking_brings_everything(
    context: BrowserContext, demo: dict[str, Any]
) -> None:
    context.route_web_socket("**/ws/**", lambda socket: socket.close())
    page, other = in_studio(context, demo), signed_in(context, demo)
    prompt(page).fill("Without a socket")
    prompt(page).press("Control+Enter")
    expect(other.locator(".run-prompt").first).to_have_text("Without a socket", timeout=20_000)
    for each in (page, other):
        expect(each.locator(".run").first.locator(".tile-open img")).to_have_count(1, timeout=40_000)


def test_axe_finds_nothing_in_any_panel(context: BrowserContext, demo: dict[str, Any]) -> None:
    page = signed_in(context, demo)
    prompt(page).fill("")
    page.locator("[data-generate]").click()
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        for name in ("Size", "More settings", "Presets"):
            chip(page, name)
            must_please_axe(page)
            page.keyboard.press("Escape")
