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
