"""Which addresses are our own, as they come in a header or a form that anybody may have written."""

import pytest
from django.test import RequestFactory

from saas.web import own_pages


@pytest.mark.parametrize(
    ("address", "path"),
    [
        ("http://testserver/o/acme/?page=2", "/o/acme/?page=2"),
        ("/o/acme/", "/o/acme/"),
        ("http://elsewhere.example/o/acme/", ""),
        ("http://testserver//elsewhere.example/", ""),
        ("http://testserver/\\elsewhere.example/", ""),
        ("//elsewhere.example/", ""),
        ("javascript:alert(1)", ""),
        ("", ""),
    ],
)
def test_only_paths_of_our_own_pages_are_gone_back_to(address: str, path: str) -> None:
    assert own_pages.came_from(RequestFactory().post("/", headers={"referer": address})) == path
    assert own_pages.back_to(RequestFactory().post("/", {"next": address})) == path


def test_what_a_form_names_counts_before_the_page_it_was_on() -> None:
    sent = RequestFactory().post("/", {"next": "/named/"}, headers={"referer": "http://testserver/was-on/"})
    assert own_pages.back_to(sent) == "/named/"
    sent = RequestFactory().post(
        "/", {"next": "//elsewhere.example/"}, headers={"referer": "http://testserver/was-on/"}
    )
    assert own_pages.back_to(sent) == ""
