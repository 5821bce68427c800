"""Two people of one organization watch a run of four develop. One of them loses the line in the middle and comes back
without losing a frame; one picture is refused, says so, and comes when it is tried again."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.conftest import Motion, must_please_axe, watch
from tests.browser.studio import signed_in
from tests.embedded.instance import Instance

PROMPT = "A lighthouse at night [sandbox delay=0.5 fail=moderation_blocked when=2 only=1]"


@pytest.fixture
def motion() -> Motion:
    return "no-preference"


def test_two_watch_one_run_and_one_of_them_loses_the_line(
    context: BrowserContext, browser: Browser, darkroom: Instance, demo: dict[str, Any]
) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    with browser.new_context(base_url=darkroom.url, viewport={"width": 390, "height": 844}) as second:
        colleague = signed_in(second, demo)
        page.get_by_label("Prompt", exact=True).fill(PROMPT)
        page.get_by_label("Prompt", exact=True).press("Control+Enter")
        tiles, theirs = page.locator(".run").first.locator(".tile"), colleague.locator(".run").first.locator(".tile")
        expect(page.locator("[data-placeholder]")).to_have_count(0)
        expect(tiles).to_have_count(4)
        expect(theirs).to_have_count(4)
        second.set_offline(True)
        expect(page.locator(".run").first).to_have_attribute("data-live-run", "", timeout=30_000)
        second.set_offline(False)
        expect(colleague.locator(".run").first).to_have_attribute("data-live-run", "", timeout=30_000)
        for seen in (tiles, theirs):
            expect(seen.locator("a > img")).to_have_count(3)
            expect(seen.nth(2)).to_contain_text("safety system refused")
            expect(seen.nth(2)).to_contain_text("It cost nothing.")
        must_hold_every_frame(page, demo)
        tiles.nth(2).get_by_role("button", name="Try again").click()
        expect(tiles.locator("a > img")).to_have_count(4, timeout=30_000)
        expect(theirs.locator("a > img")).to_have_count(4, timeout=30_000)
    assert complaints == []


def must_hold_every_frame(page: Page, demo: dict[str, Any]) -> None:
    code = page.locator(".run").first.get_attribute("data-run")
    told = page.request.get(f"/o/{demo['org']}/runs/{code}/events/?after=0").json()["events"]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    types = [event["type"] for event in told]
    assert (types[0], types[-1]) == ("queued", "ended")
    assert (types.count("output"), types.count("refused"), types.count("partial")) == (3, 1, 6)


SHOWN = '<img src="/static/darkroom/img/favicon.svg" data-frame="{}" alt="">'
TELL = """frame => document.dispatchEvent(new CustomEvent("live:partial", { detail: frame }))"""


def test_a_frame_whose_message_was_lost_is_shown_when_the_card_is_looked_at(
    context: BrowserContext, demo: dict[str, Any]
) -> None:
    """The run itself stands still for a minute; what its card says is said here."""
    page, newest = signed_in(context, demo), ["a"]

    def tell(route: Route) -> None:
        card = route.fetch()
        route.fulfill(response=card, body=card.text().replace('<img alt="" hidden>', SHOWN.format(newest[0])))

    page.route("**/card/", tell)
    page.get_by_label("Prompt", exact=True).fill("A lighthouse at noon [sandbox delay=60]")
    page.get_by_label("Prompt", exact=True).press("Control+Enter")
    expect(page.locator("[data-placeholder]")).to_have_count(0)
    run = page.locator(".run").first
    image = run.locator(".tile").first.locator("img:not(.tile-under)")
    expect(image).to_have_attribute("data-frame", "a", timeout=30_000)
    newest[0] = "b"
    expect(image).to_have_attribute("data-frame", "b", timeout=30_000)
    told = {"run": run.get_attribute("data-run"), "slot": 0, "preview": "AA==", "partial": "c", "seq": 9}
    page.evaluate(TELL, told)
    page.evaluate(TELL, {**told, "partial": "b", "seq": 8})  # an earlier one that was overtaken on the way
    for _ in range(2):  # when the second one has come, the first one has been put in
        with page.expect_response("**/card/", timeout=30_000):
            pass
    expect(image).to_have_attribute("data-frame", "c")
    run.get_by_role("button", name="Stop").first.click()
    expect(run).to_have_attribute("data-live-run", "", timeout=30_000)


def test_axe_finds_nothing_in_the_studio(context: BrowserContext, demo: dict[str, Any]) -> None:
    must_please_axe(signed_in(context, demo))
