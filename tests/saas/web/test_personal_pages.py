"""What depends on who asks is kept by no cache: not by a proxy, and not by the browser of a machine that others use."""

import pytest
from django.test import Client

from accounts.models import Organization, User
from tests.conftest import SignIn

PRIVATE = "private, no-store"


@pytest.mark.parametrize("page", ["", "gallery/", "team/", "usage/", "connections/", "audit/", "settings/", "queue/"])
def test_pages_of_an_organization(page: str, acme: Organization, alice: User, sign_in: SignIn) -> None:
    answer = sign_in(alice).get(f"/o/acme/{page}")
    assert (answer.status_code, answer["Cache-Control"]) == (200, PRIVATE)


def test_a_piece_of_a_page(acme: Organization, alice: User, sign_in: SignIn) -> None:
    answer = sign_in(alice).get("/o/acme/gallery/", headers={"HX-Request": "true"})
    assert answer["Cache-Control"] == PRIVATE


@pytest.mark.parametrize("page", ["", "gallery/", "usage/exports/"])
def test_a_page_whose_piece_has_the_same_address_says_so(
    page: str, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    assert "HX-Request" in sign_in(alice).get(f"/o/acme/{page}")["Vary"]


def test_pages_of_a_person(alice: User, sign_in: SignIn) -> None:
    assert sign_in(alice).get("/me/")["Cache-Control"] == PRIVATE


def test_a_page_that_is_missing_for_this_person(acme: Organization, charlie: User, sign_in: SignIn) -> None:
    answer = sign_in(charlie).get("/o/acme/")
    assert (answer.status_code, answer["Cache-Control"]) == (404, PRIVATE)


def test_where_a_view_has_said_it_itself_its_word_stands(acme: Organization, alice: User, sign_in: SignIn) -> None:
    answer = sign_in(alice).get("/o/acme/audit/export/")
    assert answer["Cache-Control"] == "private, no-store"
    assert "no-cache" in sign_in(alice).get("/o/acme/keys/new/")["Cache-Control"]


def test_what_is_the_same_for_everybody_may_be_kept(db: None) -> None:
    assert "Cache-Control" not in Client().get("/healthz").headers
