"""The page "Use it from code"."""

import pytest

from accounts.models import Organization, User
from tests.conftest import SignIn

pytestmark = pytest.mark.django_db


def test_examples_name_this_darkroom_and_every_call_is_told(acme: Organization, vera: User, sign_in: SignIn) -> None:
    page = sign_in(vera).get("/o/acme/code/").content.decode()
    assert page.count("http://testserver/v1") >= 4
    assert "{{" not in page
    assert "POST /api/v1/runs" in page
    assert "Submit a run" in page
    assert "Use it from code" in sign_in(vera).get("/o/acme/keys/").content.decode()


@pytest.mark.parametrize("do", ["generate", "stream", "edit", "mask", "references", "talk", "errors", "batch", "x"])
def test_each_task_has_a_tab_with_three_languages(do: str, acme: Organization, vera: User, sign_in: SignIn) -> None:
    page = sign_in(vera).get("/o/acme/code/", {"do": do}).content.decode()
    shown = do if do != "x" else "generate"
    assert f'<a href="?do={shown}" aria-current="page">' in page
    for language in ("python", "node", "curl"):
        assert f'<code id="{shown}-{language}"' in page
