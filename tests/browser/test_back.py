"""The way back: pages are asked for again, what was typed and where one stood is kept, and after signing out there is
nothing to go back to."""

import re

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import watch
from tests.browser.studio import Demo, sign_in

PROMPT = "A lighthouse that I had only begun to describe"


def came_in(context: BrowserContext, demo: Demo) -> Page:
    page = context.new_page()
    page.goto("/accounts/login/")
    sign_in(page, demo)
    return page


def test_back_and_forward_through_pages_and_their_addresses(context: BrowserContext, demo: Demo) -> None:
    page = came_in(context, demo)
    complaints = watch(page)
    prompt = page.get_by_label("Prompt", exact=True)
    prompt.fill(PROMPT)
    page.goto("/o/demo/usage/")
    page.get_by_role("link", name="Team").first.click()
    expect(page).to_have_url(re.compile(r"/o/demo/team/$"))
    page.go_back()
    expect(page).to_have_url(re.compile(r"/o/demo/usage/$"))
    expect(page.get_by_role("heading", name="Usage", exact=True)).to_be_visible()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/o/demo/$"))
    expect(prompt).to_have_value(PROMPT)
    page.go_forward()
    page.go_forward()
    expect(page).to_have_url(re.compile(r"/o/demo/team/$"))
    assert complaints == []


def test_after_signing_out_the_way_back_leads_to_signing_in(context: BrowserContext, demo: Demo) -> None:
    page = came_in(context, demo)
    page.goto("/o/demo/team/")
    expect(page.get_by_text(demo["email"]).last).to_be_visible()
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile(r"/$"))
    page.go_back()
    page.go_back()
    expect(page).to_have_url(re.compile(r"/accounts/login/"))
    assert demo["email"] not in page.content()
