"""How a person gets into the studio of a running Darkroom, for the stories that begin there."""

import json
import re
import subprocess
import sys
from typing import Any

from playwright.sync_api import BrowserContext, Page, expect

from tests.embedded.instance import ROOT, Instance, environment

Demo = dict[str, Any]


def demo_of(darkroom: Instance) -> Demo:
    command = [sys.executable, "manage.py", "--data", str(darkroom.folder.root), "demo", "--json"]
    made = subprocess.run(command, cwd=ROOT, env=environment(), check=True, capture_output=True, text=True)
    found: Demo = json.loads(made.stdout)
    return found


def sign_in(page: Page, demo: Demo) -> None:
    page.get_by_label("E-mail").fill(demo["email"])
    page.get_by_label("Password", exact=True).fill(demo["password"])
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page).to_have_url(re.compile(r"/o/demo/$"))
    page.wait_for_load_state("networkidle")  # every module is there


def signed_in(context: BrowserContext, demo: Demo) -> Page:
    page = context.new_page()
    page.goto("/accounts/login/")
    sign_in(page, demo)
    return page
