"""Who is not signed in signs in first and comes back to a page, never to a form's own address."""

import pytest
from django.test import Client

from accounts.models import Organization


@pytest.mark.parametrize(
    ("referer", "back"),
    [
        ("http://testserver/o/acme/team/?page=2", "/o/acme/team/"),
        ("http://evil.example/o/acme/team/", "/"),
        ("", "/"),
    ],
)
def test_a_form_sent_too_late_leads_back_to_its_page(referer: str, back: str, acme: Organization) -> None:
    answer = Client().post("/o/acme/team/invite/", {"email": "x@example.com"}, headers={"Referer": referer})
    assert answer.status_code == 302
    assert answer["Location"] == f"/accounts/login/?next={back}"


def test_a_link_leads_back_to_itself(acme: Organization) -> None:
    answer = Client().get("/o/acme/audit/?before=1")
    assert answer["Location"] == "/accounts/login/?next=/o/acme/audit/%3Fbefore%3D1"
