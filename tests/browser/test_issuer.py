"""A person who has an account comes from the issuer, is asked to prove that the account is theirs, and connects it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import must_please_axe
from tests.browser.studio import Demo
from tests.embedded.instance import Instance, running_darkroom
from tests.embedded.prepared import copied
from tests.support.oidc_issuer import Issuer, running


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def darkroom(issuer: Issuer, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    data = copied(demo_data, tmp_path_factory.mktemp("browser"))
    with running_darkroom(
        data,
        OIDC_NAME="Example login",
        OIDC_SERVER_URL=issuer.url,
        OIDC_CLIENT_ID="darkroom",
        OIDC_CLIENT_SECRET="s",
    ) as instance:
        yield instance


def come_from_the_issuer(page: Page) -> None:
    page.goto("/accounts/login/")
    page.get_by_role("link", name="Continue with Example login").click()
    page.get_by_role("button", name="Continue").click()


def test_known_by_address_connected_after_a_password_and_let_in_from_then_on(
    page: Page, context: BrowserContext, demo: Demo, issuer: Issuer
) -> None:
    issuer.person["email"] = demo["email"]
    come_from_the_issuer(page)
    expect(page.get_by_role("heading", name="You have an account already")).to_be_visible()
    expect(page.get_by_text(demo["email"])).to_be_visible()
    must_please_axe(page)

    page.get_by_role("link", name="Sign in and connect Example login").click()
    page.get_by_label("E-mail").fill(demo["email"])
    page.get_by_label("Password", exact=True).fill(demo["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("heading", name="Connect Example login?")).to_be_visible()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Password", exact=True).fill(demo["password"])
    page.get_by_role("button", name="Confirm").click()
    expect(page).to_have_url(re.compile(r"/accounts/3rdparty/$"))
    expect(page.get_by_role("button", name="Disconnect")).to_be_visible()

    context.clear_cookies()
    come_from_the_issuer(page)
    expect(page).to_have_url(re.compile(r"/o/demo/$"))
