"""How a person gets into the studio of a running Darkroom, for the stories that begin there."""

import re
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

Demo = dict[str, Any]


def sign_in(page: Page, demo: Demo) -> None:
    page.get_by_label("E-mail").fill(demo["email"])
    page.get_by_label("Password", exact=True).fill(demo["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(r"/o/demo/$"))
    page.wait_for_load_state("networkidle")  # every module is there


def signed_in(context: BrowserContext, demo: Demo) -> Page:
    """By the form, each person once in a module; afterwards with the session of then."""
    page = context.new_page()
    sessions = demo.setdefault("sessions", {})
    if session := sessions.get(demo["email"]):
        context.add_cookies(session)
        page.goto("/o/demo/")
        page.wait_for_load_state("networkidle")
    else:
        page.goto("/accounts/login/")
        sign_in(page, demo)
        sessions[demo["email"]] = context.cookies()
    return page
