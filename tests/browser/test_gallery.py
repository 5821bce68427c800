"""A day in the gallery: look, sort, choose, compare, bin and think again, share with somebody who has no account. And
by hand: boxes, long presses, dragging, pages, and what a colleague takes back."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.conftest import Motion, must_please_axe, watch
from tests.browser.studio import signed_in
from tests.embedded.instance import Instance, manage

PROMPT = "A lighthouse above a stormy sea"
PAGE, MANY = 60, 70

# Rows and files as a worker leaves them, of a colleague; painting so many would take a minute.
HANG_MANY = """
import json
from allauth.account.models import EmailAddress
from accounts.models import Membership, Organization, User
from saas.database import tenancy
from studio.gallery import collections
from studio.models import Output
from tests.conftest import must_be_member
from tests.support.gallery_pictures import made
ben = User.objects.create_user("ben@example.com", "correct horse battery", name="Ben")
EmailAddress.objects.create(user=ben, email=ben.email, verified=True, primary=True)
demo = User.objects.get(email="demo@darkroom.invalid")
with tenancy.person(demo.pk):
    org = Membership.objects.select_related("org").get(user=demo).org
with tenancy.tenant(org.pk):
    Membership.objects.create(org=org, user=ben, role="member")
outputs = [each for _ in range(%d // 10) for each in made(org, ben, "A contact sheet", count=10, size=(96, 72))]
with tenancy.tenant(org.pk):
    few = collections.make(by=must_be_member(org, ben), name="Few")
    collections.add(by=must_be_member(org, ben), collection=few, outputs=outputs[:4])
codes = [str(each.code) for each in outputs]
print(json.dumps({"run": str(outputs[-1].run.code), "few": str(few.code), "codes": codes}))
"""


@pytest.fixture
def motion() -> Motion:
    return "no-preference"


def paint(page: Page, demo: dict[str, Any], prompt: str, count: int) -> None:
    """By the API, since the prompt bar has its own story."""
    answer = page.request.post(
        "/v1/images/generations",
        headers={"Authorization": f"Bearer {demo['api_key']}"},
        data={"model": "gpt-image-2", "prompt": prompt, "n": count, "quality": "low", "size": "1024x1024"},
        timeout=60_000,
    )
    assert answer.ok, answer.text()


def shots(page: Page) -> Any:
    return page.locator("#wall .shot")


def choose(page: Page, *places: int) -> None:
    for place in places:
        shots(page).nth(place).hover()
        shots(page).nth(place).locator(".shot-pick input").check()


def test_a_day_in_the_gallery(
    context: BrowserContext, browser: Browser, darkroom: Instance, demo: dict[str, Any]
) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    page.goto(f"/o/{demo['org']}/gallery/")
    expect(page.get_by_text("No pictures yet")).to_be_visible()
    must_please_axe(page)
    hang(page, demo)
    search(page)
    look_closely(page)
    collect(page)
    compare(page)
    bin_and_think_again(page, demo)
    with browser.new_context(
        base_url=darkroom.url, viewport={"width": 390, "height": 844}, reduced_motion="reduce"
    ) as elsewhere:
        share(page, demo, elsewhere.new_page())
    assert complaints == []


def hang(page: Page, demo: dict[str, Any]) -> None:
    """What is made hangs there, and what is made meanwhile comes by itself."""
    paint(page, demo, PROMPT, 3)
    page.reload()
    expect(shots(page)).to_have_count(3)
    paint(page, demo, "一只黑色的猫", 2)
    expect(shots(page)).to_have_count(5, timeout=20_000)
    must_please_axe(page)


def search(page: Page) -> None:
    """Found by a Chinese word; the address keeps it."""
    page.keyboard.press("/")
    page.get_by_label("Search the prompts").fill("黑色")
    page.keyboard.press("Enter")
    expect(shots(page)).to_have_count(2)
    expect(page).to_have_url(re.compile(r"q=%E9%BB%91%E8%89%B2$"))
    page.get_by_role("link", name=re.compile("^Remove the filter Words")).click()
    expect(shots(page)).to_have_count(5)


def look_closely(page: Page) -> None:
    """Large, with its neighbours and its stars; Back closes it where one was."""
    shots(page).nth(0).locator(".shot-open").click()
    expect(page.locator(".lightbox .looking")).to_be_visible()
    assert page.locator(".lightbox h1").evaluate("each => each.scrollHeight <= each.clientHeight")  # all of its words
    page.keyboard.press("ArrowRight")
    expect(page.locator(".lightbox .looking")).to_have_attribute("data-looking", shot_code(page, 1))
    page.keyboard.press("4")
    expect(page.locator(".lightbox .star[aria-pressed='true']")).to_have_count(4)
    page.get_by_role("textbox", name="Comment").fill("<b>This one</b>")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".lightbox .comment-text")).to_have_text("<b>This one</b>")
    must_please_axe(page)
    page.go_back()
    expect(page.locator(".lightbox .looking")).to_have_count(0)
    expect(shots(page).nth(1).locator("[data-stars-number]")).to_have_text("4")


def collect(page: Page) -> None:
    """Several at once: with Shift, into a collection."""
    choose(page, 0)
    shots(page).nth(2).locator(".shot-pick input").click(modifiers=["Shift"])
    expect(page.locator("[data-bulk-count]")).to_have_text("3 selected")
    page.locator(".bulk summary", has_text="Collect").click()
    page.get_by_label("New collection").fill("Spring")
    page.get_by_role("button", name="Make and add").click()
    expect(page.get_by_text("3 pictures added to “Spring”")).to_be_visible()


def compare(page: Page) -> None:
    """Two side by side, under a slider, blinking."""
    choose(page, 0, 1)
    page.keyboard.press("c")
    expect(page.locator(".compared-one")).to_have_count(2)
    page.wait_for_load_state("networkidle")  # the script is there that hears the key
    page.keyboard.press("m")
    expect(page.locator(".compared")).to_have_attribute("data-mode", "slide")
    must_please_axe(page)


def bin_and_think_again(page: Page, demo: dict[str, Any]) -> None:
    """Into the bin, and back."""
    page.goto(f"/o/{demo['org']}/gallery/")
    choose(page, 4)
    page.keyboard.press("Delete")
    expect(shots(page)).to_have_count(4)
    page.get_by_role("button", name="Undo").click()
    expect(shots(page)).to_have_count(5)
    choose(page, 4)
    page.keyboard.press("Delete")
    expect(shots(page)).to_have_count(4)
    page.goto(f"/o/{demo['org']}/gallery/bin/")
    expect(page.get_by_text("29 days left")).to_be_visible()
    must_please_axe(page)


def share(page: Page, demo: dict[str, Any], client: Page) -> None:
    """A link for a client, behind a password."""
    page.goto(f"/o/{demo['org']}/collections/")
    must_please_axe(page)
    page.get_by_role("link", name="Spring").click()
    expect(shots(page)).to_have_count(3)
    must_please_axe(page)
    page.get_by_role("link", name="Share").click()
    page.get_by_label("Password").fill("open sesame")
    must_please_axe(page)
    page.get_by_role("button", name="Make the link").click()
    link = page.locator(".copy code").inner_text()
    must_please_axe(page)
    page.goto(f"/o/{demo['org']}/settings/storage/")
    must_please_axe(page)
    client.goto(link)
    must_please_axe(client)
    client.get_by_label("Password").fill("open sesame")
    client.get_by_role("button", name="Open").click()
    expect(client.get_by_role("heading", name="Spring")).to_be_visible()
    expect(client.locator(".show-one")).to_have_count(3)
    must_please_axe(client)
    page.goto(f"/o/{demo['org']}/shares/")
    page.get_by_role("button", name="Revoke").click()
    client.reload()
    expect(client.get_by_role("heading", name="This link no longer works")).to_be_visible()


def shot_code(page: Page, place: int) -> str:
    return str(shots(page).nth(place).get_attribute("data-shot"))


def test_by_hand(context: BrowserContext, browser: Browser, darkroom: Instance, demo: dict[str, Any]) -> None:
    told = manage(darkroom.folder.root, "shell", "--no-imports", "-c", HANG_MANY % MANY)
    made: dict[str, Any] = json.loads(told.splitlines()[-1])
    page = signed_in(context, demo)
    complaints = watch(page)
    page.goto(f"/o/{demo['org']}/gallery/?q=contact")
    walk_to_the_end(page, made["codes"])
    draw_a_box(page)
    open_by_address(page, context)
    blink(page)
    put_in_order(page, demo, made)
    with browser.new_context(
        base_url=darkroom.url, viewport={"width": 390, "height": 844}, has_touch=True, reduced_motion="reduce"
    ) as phone:
        press_long(signed_in(phone, demo))
    with browser.new_context(base_url=darkroom.url, reduced_motion="reduce") as elsewhere:
        take_back(
            page, signed_in(elsewhere, {**demo, "email": "ben@example.com", "password": "correct horse battery"}), made
        )
    assert complaints == []


def walk_to_the_end(page: Page, codes: list[str]) -> None:
    """Page after page, without a gap and without one twice; coming back returns to the place."""
    expect(shots(page)).to_have_count(PAGE)
    shots(page).nth(PAGE - 1).scroll_into_view_if_needed()
    expect(shots(page)).to_have_count(MANY)
    expect(page.locator("[data-wall-more]")).to_have_count(0)
    seen = shots(page).evaluate_all("all => all.map((each) => each.dataset.shot)")
    assert seen == codes[::-1]
    shots(page).nth(MANY - 1).scroll_into_view_if_needed()
    page.goto(f"/o/demo/runs/{0:08}-0000-0000-0000-000000000000/")
    page.go_back()
    expect(shots(page)).to_have_count(MANY)
    expect(shots(page).nth(MANY - 1)).to_be_in_viewport()


def draw_a_box(page: Page) -> None:
    """From within one picture to within another chooses what lies between, and opens nothing."""
    page.evaluate("scrollTo({ top: 0, behavior: 'instant' })")
    first, third = (shots(page).nth(place).bounding_box() for place in (0, 2))
    assert first is not None
    assert third is not None
    page.mouse.move(first["x"] + first["width"] / 2, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(third["x"] + third["width"] / 2, third["y"] + 60, steps=4)
    expect(page.locator(".select-box")).to_be_visible()
    page.mouse.up()
    expect(page.locator("[data-bulk-count]")).to_have_text("3 selected")
    expect(page.locator(".lightbox .looking")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(".bulk")).to_be_hidden()


def open_by_address(page: Page, context: BrowserContext) -> None:
    """An address copied from the lightbox opens the same picture, with the same neighbours."""
    shots(page).nth(1).locator(".shot-open").click()
    expect(page.locator(".lightbox .looking")).to_have_attribute("data-looking", shot_code(page, 1))
    expect(page).to_have_url(re.compile(rf"/gallery/{shot_code(page, 1)}/\?q=contact$"))
    other = context.new_page()
    other.goto(page.url)
    expect(other.locator(".looking")).to_have_attribute("data-looking", shot_code(page, 1))
    other.get_by_role("link", name="Older picture").click()
    expect(other.locator(".looking")).to_have_attribute("data-looking", shot_code(page, 2))
    other.get_by_role("link", name="Back to the gallery").click()
    expect(other.locator("#wall")).to_be_visible()
    expect(other).to_have_url(re.compile(r"/gallery/\?q=contact$"))
    other.close()
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"/gallery/\?q=contact$"))


def blink(page: Page) -> None:
    """One at a time in one place; Space turns by hand."""
    choose(page, 0, 1, 2)
    page.keyboard.press("c")
    expect(page.locator(".compared-one")).to_have_count(3)
    page.get_by_role("button", name="Blink").click()
    expect(page.locator(".compared-one:visible")).to_have_count(1)
    page.locator("h1").click()
    page.keyboard.press(" ")  # from here on by hand
    before = page.locator(".compared-seen img").get_attribute("src")
    page.keyboard.press(" ")
    expect(page.locator(".compared-seen img")).not_to_have_attribute("src", str(before))
    expect(page.locator(".compared-one:visible")).to_have_count(1)


def put_in_order(page: Page, demo: dict[str, Any], made: dict[str, Any]) -> None:
    """By the mouse, then by the keyboard; the server keeps it."""
    one, two, three, four = made["codes"][:4]
    page.goto(f"/o/{demo['org']}/collections/{made['few']}/")
    page.wait_for_load_state("networkidle")
    with page.expect_response("**/order/") as kept:
        shots(page).nth(3).drag_to(shots(page).nth(0), target_position={"x": 8, "y": 40}, steps=5)
    assert kept.value.ok
    shots(page).nth(1).locator(".shot-open").focus()
    with page.expect_response("**/order/") as kept:
        page.keyboard.press("Alt+ArrowRight")
    assert kept.value.ok
    page.reload()
    assert shots(page).evaluate_all("all => all.map((each) => each.dataset.shot)") == [four, two, one, three]


def press_long(page: Page) -> None:
    """A finger that stays chooses; from then on a tap does."""
    page.goto("/o/demo/gallery/?q=contact")
    page.wait_for_load_state("networkidle")
    box = shots(page).nth(0).bounding_box()
    assert box is not None
    touch = page.context.new_cdp_session(page)
    points = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": points})
    expect(page.locator("[data-bulk-count]")).to_have_text("1 selected")
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    shots(page).nth(1).tap()
    expect(page.locator("[data-bulk-count]")).to_have_text("2 selected")
    expect(page.locator(".lightbox .looking")).to_have_count(0)
    must_please_axe(page)


def take_back(page: Page, ben: Page, made: dict[str, Any]) -> None:
    """Ben says on the run's page that it is his alone: it leaves the walls of others as they look at it."""
    page.goto("/o/demo/gallery/?q=contact")
    expect(shots(page)).to_have_count(PAGE)
    of_the_run = page.locator(f"#wall [data-run='{made['run']}']")
    expect(of_the_run).to_have_count(10)
    ben.goto(f"/o/demo/runs/{made['run']}/")
    ben.get_by_role("button", name="2 stars").click()
    expect(ben.locator(".stars:visible .star[aria-pressed='true']")).to_have_count(2)
    ben.get_by_role("textbox", name="Comment").fill("Not these yet")
    ben.get_by_role("button", name="Send").click()
    expect(ben.locator(".comment-text")).to_have_text("Not these yet")
    expect(ben.get_by_role("textbox", name="Comment")).to_have_value("")
    must_please_axe(ben)
    ben.get_by_role("button", name="Only you").click()
    expect(of_the_run).to_have_count(0)
    expect(ben.get_by_role("button", name="Only you")).to_have_attribute("aria-pressed", "true")
    assert page.request.get(f"/o/demo/runs/{made['run']}/").status == 404
