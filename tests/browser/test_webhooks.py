"""An admin adds a webhook, sees a test arrive, sees a message fail and sends it again, and removes it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import must_please_axe, watch
from tests.browser.studio import signed_in
from tests.embedded.instance import Instance, running_darkroom
from tests.embedded.prepared import copied
from tests.support.fake_provider import Exchange, Upstream, upstream

STATUS = [200]


@pytest.fixture(scope="module")
def ear() -> Iterator[Upstream]:
    def hear(exchange: Exchange) -> None:
        exchange.whole(STATUS[0], {})

    with upstream(hear) as found:
        yield found


@pytest.fixture(scope="module")
def darkroom(ear: Upstream, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    data = copied(demo_data, tmp_path_factory.mktemp("browser"))
    with running_darkroom(data, WEBHOOK_ALLOWED_HOSTS=ear.host) as instance:
        yield instance


def test_added_tested_failed_sent_again_removed(context: BrowserContext, demo: dict[str, str], ear: Upstream) -> None:
    page = signed_in(context, demo)
    complaints = watch(page)
    page.goto("/o/demo/settings/")
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_role("link", name="Add a webhook").click()
    page.get_by_label("Address").fill("https://10.0.0.1/hook")
    page.get_by_label("An export is ready").check()
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.locator(".field-errors")).to_contain_text("private")
    page.get_by_label("Address").fill(f"{ear.url}/hook")
    page.get_by_role("button", name="Add the webhook").click()
    expect(page.get_by_text(re.compile(r"whsec_"))).to_be_visible()
    page.get_by_role("link", name="I have stored it").click()
    page.get_by_role("button", name="Send a test").click()
    newest = page.locator(".delivery").first
    expect(newest).to_contain_text("Delivered")
    STATUS[0] = 500
    page.get_by_role("button", name="Send a test").click()
    expect(newest).to_contain_text("HTTP 500")
    expect(newest).to_contain_text("Retrying")
    page.get_by_label("More for this webhook").click()
    page.get_by_role("button", name="Switch it off").click()
    expect(newest).to_contain_text("The webhook was switched off.")
    STATUS[0] = 200
    page.get_by_role("button", name="Switch it on").click()
    newest.locator("summary").press("Enter")
    expect(newest.locator("li")).to_contain_text(["HTTP 500"])
    newest.get_by_role("button", name="Send again").click()
    expect(newest).to_contain_text("Delivered")
    assert len({heard.headers["webhook-id"] for heard in ear.seen}) == 2
    page.get_by_label("More for this webhook").click()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No webhooks")).to_be_visible()
    assert complaints == []


def test_axe_finds_nothing_and_a_phone_scrolls_one_way(
    context: BrowserContext, demo: dict[str, str], ear: Upstream
) -> None:
    STATUS[0] = 200
    page = signed_in(context, demo)
    page.goto("/o/demo/webhooks/new/")
    page.get_by_label("Address").fill(f"{ear.url}/{'long/' * 40}")
    page.get_by_label("An export is ready").check()
    page.get_by_role("button", name="Add the webhook").click()
    page.get_by_role("link", name="I have stored it").click()
    page.get_by_role("button", name="Send a test").click()
    expect(page.locator(".delivery").first).to_contain_text("Delivered")
    one = page.url
    for path in (one, "/o/demo/webhooks/", "/o/demo/webhooks/new/"):
        page.goto(path)
        for fold in page.locator(".delivery > summary").all():
            fold.click()
        must_please_axe(page)
        page.set_viewport_size({"width": 390, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        page.set_viewport_size({"width": 1440, "height": 900})
