"""The version is one number, shown in the menu and at /version."""

import re
import tomllib
from pathlib import Path

import pytest
from django.test import Client

from accounts.models import User
from saas import VERSION
from tests.conftest import SignIn

ROOT = Path(__file__).resolve().parents[2]


def test_anybody_may_ask_for_the_version(client: Client) -> None:
    assert client.get("/version").json() == {"version": VERSION}


def test_the_package_and_the_changelog_have_the_same() -> None:
    package = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"^## (\S+?),? ", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert newest is not None
    assert (package, newest[1]) == (VERSION, VERSION)


@pytest.mark.django_db
def test_a_persons_menu_names_it(sign_in: SignIn, bob: User) -> None:
    assert f"Darkroom {VERSION}" in sign_in(bob).get("/me/").content.decode()
