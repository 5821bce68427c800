"""What is pressed before its script has arrived: it waits for it, once, and works without it."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import watch
from tests.browser.studio import signed_in

MODULE = re.compile(r"/js/prompt/prompt(\.\w+)?\.js$")


@pytest.fixture
def late(context: BrowserContext, demo: dict[str, Any]) -> tuple[Page, list[Route]]:
    """The studio, whose prompt bar has not come to life, and what would bring it there."""
    page = signed_in(context, demo)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(MODULE, hold)
    page.clock.install()
    page.goto("/o/demo/")
    return page, held


def runs(page: Page, words: str) -> int:
    """As the server has them."""
    page.unroute_all()
    page.goto("/o/demo/")
    return page.locator(".run[data-run]").filter(has_text=words).count()


def write(page: Page, words: str) -> None:
    page.get_by_label("Number of pictures").fill("1")
    page.get_by_label("Prompt", exact=True).fill(f"{words} [sandbox delay=0]")


def click_twice(page: Page) -> None:
    page.locator("[data-generate]").dblclick()


def press_the_keys(page: Page) -> None:
    page.get_by_label("Prompt", exact=True).press("Control+Enter")


@pytest.mark.parametrize("press", [click_twice, press_the_keys])
def test_it_makes_one_run_as_soon_as_the_script_is_there(
    press: Callable[[Page], None], late: tuple[Page, list[Route]]
) -> None:
    page, held = late
    complaints = watch(page)
    words = f"Early {press.__name__}"
    write(page, words)
    page.evaluate("window.stayed = true")
    page.clock.pause_at(page.evaluate("Date.now() + 1000"))  # however busy this machine is, two seconds do not pass
    press(page)
    assert page.locator(".run").filter(has_text=words).count() == 0
    assert len(held) == 1
    held.pop().continue_()
    run = page.locator(".run[data-run]").filter(has_text=words)
    expect(run).to_have_count(1, timeout=30_000)
    page.clock.resume()
    expect(run).to_have_attribute("data-live-run", "", timeout=30_000)
    assert page.evaluate("window.stayed")
    assert complaints == []
    assert runs(page, words) == 1


def test_where_it_never_comes_the_form_is_sent_without_it(late: tuple[Page, list[Route]]) -> None:
    page, _ = late
    words = "Early and alone"
    write(page, words)
    page.locator("[data-generate]").click()
    expect(page.locator(".run").filter(has_text=words)).to_have_count(1, timeout=30_000)
    assert runs(page, words) == 1
