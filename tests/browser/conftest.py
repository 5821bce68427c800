"""Chromium against a running Darkroom of its own: the program that `bin/run` starts, with its own database."""

import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

from tests.browser.studio import Demo
from tests.embedded.instance import Instance, running_darkroom
from tests.embedded.prepared import copied, demo_of

LOOKS = ["gallery", "darkroom", "crayon"]
EVERY_RULE: dict[str, Any] = {"resultTypes": ["violations"]}
CONTRAST = {**EVERY_RULE, "runOnly": ["color-contrast"]}
VIOLATIONS = "async options => ({ violations: (await axe.run(options)).violations })"
PATIENCE_MS = 30_000  # until a condition comes true: the machine may be busy with other things
Motion = Literal["reduce", "no-preference"]
PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first is the cheapest
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
# Two cameras that Chromium pretends to have; five frames a second, since each is painted by a processor.
CAMERAS = ["--use-fake-device-for-media-stream=device-count=2,fps=5", "--use-fake-ui-for-media-stream"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/browser/" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def darkroom(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """One for each module, so that no story finds what another one left behind."""
    with running_darkroom(copied(demo_data, tmp_path_factory.mktemp("browser")), DESIGN_PAGE="1") as instance:
        yield instance


@pytest.fixture(scope="module")
def demo(darkroom: Instance, demo_data: Path) -> Demo:
    return demo_of(demo_data) | {"url": darkroom.url}


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all stories, each of which has a context of its own. Playwright's loop runs in this thread as long as the
    browser is open, and async tests cannot run beside it: so the browser is closed before another folder's tests."""
    program = os.environ.get("BROWSER_PATH") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = "no Chromium on this machine; bin/test installs it as root on Debian"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=program, args=[*FLAGS, *CAMERAS])
        yield chromium
        chromium.close()


@pytest.fixture
def motion() -> Motion:
    """Still, for a processor paints what moves again and again: a run of four costs twice as much with it. Stories in
    which something moves, develops or blinks ask for motion."""
    return "reduce"


@pytest.fixture
def context(browser: Browser, darkroom: Instance, motion: Motion) -> Iterator[BrowserContext]:
    size: ViewportSize = {"width": 1440, "height": 900}
    with browser.new_context(base_url=darkroom.url, viewport=size, reduced_motion=motion) as context:
        context.set_default_timeout(PATIENCE_MS)
        expect.set_options(timeout=PATIENCE_MS)
        yield context


@pytest.fixture
def page(context: BrowserContext) -> Iterator[Page]:
    """A page that fails its test when the browser complains: blocked by CSP, a script error, a missing file."""
    page = context.new_page()
    complaints = watch(page)
    yield page
    assert complaints == []


def watch(page: Page) -> list[str]:
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error" and "Failed to load resource" not in message.text
            else None
        ),
    )
    return complaints


def settle(page: Page) -> None:
    """Ends every fade: halfway between two colours no contrast is what it will be."""
    page.evaluate(
        """() => document.getAnimations()
            .filter((each) => each.effect?.getComputedTiming().endTime !== Infinity)
            .forEach((each) => each.finish())"""
    )


def in_every_look(page: Page) -> Iterator[str]:
    """One look after the other on the same page, since to open it again takes longer; at last the one from before."""
    before = page.evaluate("document.documentElement.dataset.look")
    for look in LOOKS:
        wear(page, look)
        settle(page)
        yield look
    wear(page, before)


def wear(page: Page, look: str) -> None:
    page.evaluate("look => { document.documentElement.dataset.look = look }", look)


def must_please_axe(page: Page) -> None:
    """In every look. They differ in colours, so in all but the first one it is the contrast that is looked at."""
    for look in in_every_look(page):
        found = look_for_violations(page, EVERY_RULE if look == LOOKS[0] else CONTRAST)
        assert found.violations_count == 0, f"{page.url} in {look}: {found.generate_report()}"


def look_for_violations(page: Page, options: dict[str, Any]) -> AxeResults:
    """Axe is read once by each document: it is half a megabyte."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return AxeResults(page.evaluate(VIOLATIONS, options))


def mailed_link(log: Path, to: str, pattern: str) -> str:
    """The newest link of that form in an e-mail to this address; the embedded size prints its mails."""
    mails = re.split(r"^-{70,}$", log.read_text(), flags=re.MULTILINE)
    found = [link for mail in mails if f"To: {to}" in mail for link in re.findall(pattern, mail)]
    assert found, f"no mail to {to} with {pattern}"
    return str(found[-1])
