"""A team's first day, as its people live it: sign up, found an organization, invite, join, enrol a
second factor, make a key, use it, revoke it. On every page axe must find nothing, in any
look."""

import re

import httpx2
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.authenticator import code_for
from tests.browser.conftest import mailed_link, must_please_axe, watch
from tests.embedded.instance import Instance

PASSWORD = "a long and quiet evening"
LOOK = "crayon"


def choose_look(page: Page) -> None:
    page.get_by_label("Your account").click()
    page.get_by_role("button", name=LOOK.capitalize(), exact=True).click()
    expect(page.locator("html")).to_have_attribute("data-look", LOOK)
    page.keyboard.press("Escape")


def sign_up(page: Page, name: str, email: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    must_please_axe(page)
    page.get_by_role("button", name="Sign up").click()


def test_a_teams_first_day(page: Page, browser: Browser, darkroom: Instance) -> None:
    owner, guest = "olga@example.com", "gustav@example.com"

    page.goto("/")
    must_please_axe(page)
    page.get_by_role("link", name="Sign up").first.click()
    sign_up(page, "Olga", owner)
    must_please_axe(page)
    page.goto(mailed_link(darkroom.log, owner, r"http://\S+/accounts/confirm-email/\S+"))
    must_please_axe(page)
    page.get_by_role("button", name="Confirm this address").click()

    page.get_by_label("Name", exact=True).fill("Ümlaut & Söhne")
    expect(page.get_by_label("Address", exact=True)).to_have_value("umlaut-sohne")
    must_please_axe(page)
    page.get_by_role("button", name="Create the organization").click()
    expect(page).to_have_url(re.compile(r"/o/umlaut-sohne/$"))
    choose_look(page)
    must_please_axe(page)

    invite(page, guest)
    link = mailed_link(darkroom.log, guest, r"http://\S+/invitations/\S+")
    with browser.new_context(
        base_url=darkroom.url, viewport={"width": 390, "height": 844}, reduced_motion="reduce"
    ) as phone:
        join_on_the_phone(phone, link, guest)

    make_use_and_revoke_a_key(page, darkroom)


def invite(page: Page, guest: str) -> None:
    page.get_by_role("link", name="Team").first.click()
    page.get_by_role("link", name="Invite").click()
    dialog = page.get_by_role("dialog", name="Invite a person")
    dialog.get_by_label("E-mail").fill(guest)
    must_please_axe(page)
    dialog.get_by_role("button", name="Send the invitation").click()
    expect(page.get_by_text(f"An invitation is on its way to {guest}")).to_be_visible()
    must_please_axe(page)


def join_on_the_phone(phone: BrowserContext, link: str, guest: str) -> None:
    """Who comes by the link has proved the address: no confirmation mail, straight into the organization."""
    page = phone.new_page()
    complaints = watch(page)
    page.goto(link)
    must_please_axe(page)
    page.get_by_role("link", name="Create an account").click()
    expect(page.get_by_label("E-mail")).to_have_value(guest)
    sign_up(page, "Gustav", guest)
    page.get_by_role("button", name=re.compile("^Join ")).click()
    expect(page).to_have_url(re.compile(r"/o/umlaut-sohne/$"))
    choose_look(page)
    must_please_axe(page)
    enrol_a_second_factor(page)
    sign_in_with_it(page, guest)
    assert complaints == []


def enrol_a_second_factor(page: Page) -> None:
    page.goto("/accounts/2fa/")
    must_please_axe(page)
    page.get_by_role("link", name="Set up").click()
    expect(page.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    must_please_axe(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    secret = page.locator("#totp-secret").inner_text()
    must_please_axe(page)
    page.locator("input[name=code]").fill(code_for(secret))
    page.get_by_role("button", name="Switch it on").click()
    expect(page.locator("#recovery_codes")).to_be_visible()
    must_please_axe(page)


def sign_in_with_it(page: Page, email: str) -> None:
    """A code of the app works once, so this sign-in takes a recovery code."""
    recovery_code = page.locator("#recovery_codes").inner_text().split()[0]
    page.goto("/accounts/logout/")
    must_please_axe(page)
    page.get_by_role("button", name="Sign out").click()
    page.goto("/accounts/login/")
    must_please_axe(page)
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    must_please_axe(page)
    page.locator("input[name=code]").fill("000000")
    page.get_by_role("button", name="Sign in").first.click()
    expect(page.locator("input[name=code]")).to_have_attribute("aria-invalid", "true")
    page.locator("input[name=code]").fill(recovery_code)
    page.get_by_role("button", name="Sign in").first.click()
    expect(page).to_have_url(re.compile(r"/o/umlaut-sohne/$"))


def make_use_and_revoke_a_key(page: Page, darkroom: Instance) -> None:
    page.get_by_role("link", name="API keys").first.click()
    must_please_axe(page)
    page.get_by_role("link", name="Make a key").click()
    must_please_axe(page)
    page.get_by_label("Name", exact=True).fill("Importer")
    page.get_by_role("button", name="Make the key").click()
    key = page.locator("#api-key").inner_text()
    must_please_axe(page)
    assert ask_with(key, darkroom) == 200
    page.get_by_role("link", name="I have stored it").click()
    assert key not in page.content()
    must_please_axe(page)
    page.get_by_role("button", name="Revoke Importer").click()
    page.get_by_role("dialog").get_by_role("button", name="Revoke").click()
    expect(page.get_by_text("Importer was revoked")).to_be_visible()
    assert ask_with(key, darkroom) == 401


def ask_with(key: str, darkroom: Instance) -> int:
    return httpx2.get(f"{darkroom.url}/api/v1/key", headers={"Authorization": f"Bearer {key}"}).status_code
