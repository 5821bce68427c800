"""A person changes the address of their account: after the password, with a letter there and one to the old address."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import Post
from tests.conftest import PASSWORD, make_person
from tests.support.snapshot import nothing_changes

CONFIRMATION = re.compile(r"http://testserver(/accounts/confirm-email/[^/\s]+/)")
RESET = "/accounts/password/reset/key/"
RESET_LINK = re.compile(r"http://testserver(/accounts/password/reset/key/[^/\s]+/)")
OLD, NEW = "dora@example.com", "dora@elsewhere.example"


@pytest.fixture
def browser(dora: User, post: Post) -> Client:
    """Dora's, signed in, and with her password given once more."""
    client = Client()
    post(client, "/accounts/login/", {"login": OLD, "password": PASSWORD})
    post(client, "/accounts/reauthenticate/", {"password": PASSWORD})
    mail.outbox.clear()
    return client


def addresses() -> list[tuple[str, bool, bool]]:
    found = EmailAddress.objects.filter(user__name="Dora").order_by("pk")
    return list(found.values_list("email", "verified", "primary"))


def sent() -> list[str]:
    return [letter.to[0] for letter in mail.outbox]


def confirmation() -> str:
    found = CONFIRMATION.search("\n".join(str(letter.body) for letter in mail.outbox))
    assert found is not None
    return found[1]


def test_from_the_new_address_to_the_letter_that_the_old_one_gets(browser: Client, dora: User, post: Post) -> None:
    post(browser, "/accounts/email/", {"action_add": "", "email": NEW})
    assert addresses() == [(OLD, True, True), (NEW, False, False)]
    assert NEW in sent()
    link = confirmation()
    assert Client().get(link).status_code == 200
    assert addresses() == [(OLD, True, True), (NEW, False, False)]  # to look at the link confirms nothing
    post(browser, link)
    assert addresses() == [(OLD, True, True), (NEW, True, False)]

    mail.outbox.clear()
    post(browser, "/accounts/email/", {"action_primary": "", "email": NEW})
    assert addresses() == [(OLD, True, False), (NEW, True, True)]
    dora.refresh_from_db()
    assert dora.email == NEW
    assert sent() == [OLD]
    assert f"from {OLD} to {NEW}" in str(mail.outbox[0].body)


def test_an_address_that_is_not_confirmed_does_not_become_the_first(browser: Client, dora: User, post: Post) -> None:
    post(browser, "/accounts/email/", {"action_add": "", "email": NEW})
    with nothing_changes():
        post(browser, "/accounts/email/", {"action_primary": "", "email": NEW})
    dora.refresh_from_db()
    assert dora.email == OLD


def test_nobody_signs_in_by_an_address_that_is_not_confirmed(browser: Client, post: Post) -> None:
    post(browser, "/accounts/email/", {"action_add": "", "email": NEW})
    other = Client()
    post(other, "/accounts/login/", {"login": NEW, "password": PASSWORD})
    assert "_auth_user_id" not in other.session


def test_an_address_that_is_not_confirmed_gets_no_new_password(browser: Client, post: Post) -> None:
    """It may be mistyped, and its mailbox another person's."""
    post(browser, "/accounts/email/", {"action_add": "", "email": NEW})
    mail.outbox.clear()
    post(Client(), "/accounts/password/reset/", {"email": NEW})
    assert sent() == [NEW]
    assert RESET not in str(mail.outbox[0].body)


def test_a_person_who_never_confirmed_an_address_gets_a_new_password_there(dora: User, post: Post) -> None:
    EmailAddress.objects.filter(user=dora).update(verified=False)
    post(Client(), "/accounts/password/reset/", {"email": OLD})
    assert sent() == [OLD]
    assert RESET in str(mail.outbox[0].body)


@pytest.mark.parametrize("action", ["action_add", "action_primary", "action_remove"])
def test_a_session_alone_changes_no_address(action: str, dora: User, post: Post) -> None:
    EmailAddress.objects.create(user=dora, email=NEW, verified=True)
    client = Client()
    post(client, "/accounts/login/", {"login": OLD, "password": PASSWORD})
    email = "third@example.com" if action == "action_add" else NEW
    with nothing_changes():
        answer = post(client, "/accounts/email/", {action: "", "email": email})
    assert answer["Location"].startswith("/accounts/reauthenticate/")


def test_the_first_address_cannot_be_removed(browser: Client, post: Post) -> None:
    with nothing_changes():
        post(browser, "/accounts/email/", {"action_remove": "", "email": OLD})


def test_the_first_address_is_told_when_another_is_removed(browser: Client, dora: User, post: Post) -> None:
    EmailAddress.objects.create(user=dora, email=NEW, verified=True)
    post(browser, "/accounts/email/", {"action_remove": "", "email": NEW})
    assert addresses() == [(OLD, True, True)]
    assert sent() == [OLD]


def test_an_address_of_another_person_is_not_taken(browser: Client, charlie: User, post: Post) -> None:
    """Nothing on the page tells that it is somebody's, and the letter there cannot give it away either."""
    post(browser, "/accounts/email/", {"action_add": "", "email": "charlie@example.com"})
    for client in (browser, Client()):
        post(client, confirmation())
    verified = EmailAddress.objects.filter(email="charlie@example.com", verified=True)
    assert list(verified.values_list("user", flat=True)) == [charlie.pk]


def test_an_address_that_another_confirmed_meanwhile_stays_theirs(browser: Client, post: Post) -> None:
    post(browser, "/accounts/email/", {"action_add": "", "email": "ines@example.com"})
    link = confirmation()
    ines = make_person("Ines")
    post(browser, link)
    assert list(
        EmailAddress.objects.filter(verified=True, email="ines@example.com").values_list("user", flat=True)
    ) == [ines.pk]


# -- While a session elsewhere is open -------------------------------------------------------------


@pytest.fixture
def elsewhere(dora: User, post: Post) -> Client:
    client = Client()
    post(client, "/accounts/login/", {"login": OLD, "password": PASSWORD})
    return client


def change(browser: Client, post: Post) -> None:
    post(browser, "/accounts/email/", {"action_add": "", "email": NEW})
    post(browser, confirmation())
    post(browser, "/accounts/email/", {"action_primary": "", "email": NEW})
    post(browser, "/accounts/email/", {"action_remove": "", "email": OLD})


def test_it_stays_signed_in_and_knows_the_new_address_alone(
    browser: Client, elsewhere: Client, dora: User, post: Post
) -> None:
    change(browser, post)
    page = elsewhere.get("/accounts/email/").content.decode()
    assert (NEW in page, OLD in page) == (True, False)
    assert addresses() == [(NEW, True, True)]


def test_it_cannot_bring_the_old_address_back(browser: Client, elsewhere: Client, dora: User, post: Post) -> None:
    """Neither by its session alone, nor by a form that it opened before."""
    change(browser, post)
    for action in ("action_primary", "action_add", "action_send"):
        with nothing_changes():
            post(elsewhere, "/accounts/email/", {action: "", "email": OLD})
    dora.refresh_from_db()
    assert dora.email == NEW


def test_a_letter_for_a_new_password_from_before_opens_nothing_afterwards(browser: Client, post: Post) -> None:
    """The old mailbox may be the reason for the change."""
    post(Client(), "/accounts/password/reset/", {"email": OLD})
    found = RESET_LINK.search(str(mail.outbox[-1].body))
    assert found is not None
    mail.outbox.clear()
    change(browser, post)
    thief = Client()
    answer = thief.get(found[1], follow=True)
    assert 'name="password1"' not in answer.content.decode()
    asked = {"password1": "another horse battery", "password2": "another horse battery"}
    post(thief, answer.request["PATH_INFO"], asked)
    owner = Client()
    post(owner, "/accounts/login/", {"login": NEW, "password": PASSWORD})
    assert "_auth_user_id" in owner.session


def test_the_old_address_signs_in_no_more(browser: Client, dora: User, post: Post) -> None:
    change(browser, post)
    thief = Client()
    post(thief, "/accounts/login/", {"login": OLD, "password": PASSWORD})
    assert "_auth_user_id" not in thief.session


def test_a_letter_that_confirms_an_address_removed_meanwhile_confirms_nothing(
    browser: Client, elsewhere: Client, post: Post
) -> None:
    post(browser, "/accounts/email/", {"action_add": "", "email": NEW})
    link = confirmation()
    post(browser, "/accounts/email/", {"action_remove": "", "email": NEW})
    for client in (elsewhere, Client(), browser):
        post(client, link)
    assert addresses() == [(OLD, True, True)]
