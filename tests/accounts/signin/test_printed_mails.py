"""Where mails are printed in the terminal, the pages of signing up say so instead of naming a spam folder."""

from typing import Any

import pytest
from django.test import Client

from saas import environment

pytestmark = pytest.mark.django_db
PAGES = ("/accounts/signup/", "/accounts/confirm-email/", "/accounts/password/reset/done/")


@pytest.mark.parametrize("path", PAGES)
def test_printed_mails_are_said_to_be_in_the_terminal(path: str, settings: Any) -> None:
    settings.EMAIL_BACKEND = environment.PRINTED
    page = Client().get(path).content.decode()
    assert "printed in the terminal" in page
    assert "spam" not in page


@pytest.mark.parametrize("path", PAGES)
def test_sent_mails_are_not(path: str) -> None:
    page = Client().get(path).content.decode()
    assert "terminal" not in page
    assert ("spam" in page) is (path != "/accounts/signup/")
