"""How a connection is used: its limits and switches, in the advanced part of its form."""

import pytest

from accounts.models import Organization, ProviderConnection, User
from saas.database import tenancy
from tests.accounts.conftest import Connect, Post
from tests.conftest import SignIn
from tests.support.snapshot import last_entry, nothing_changes

USUAL = {"can_stream": "on", "can_respond": "on", "text_model": "gpt-5"}
TERMS = ("calls_at_once", "deadline_seconds", "can_stream", "can_respond", "text_model", "position")


def terms_of(org: Organization, name: str) -> tuple[object, ...]:
    with tenancy.tenant(org.pk):
        found = ProviderConnection.objects.get(org=org, name=name)
    return tuple(getattr(found, field) for field in TERMS)


def url_of(connection: ProviderConnection) -> str:
    return f"/o/acme/connections/{connection.code}/"


def form_of(connection: ProviderConnection, **changes: str) -> dict[str, str]:
    return {"name": connection.name, "base_url": connection.base_url, "key": "", **USUAL, **changes}


def test_a_new_connection_is_used_as_the_operator_set_it_up(acme: Organization, adam: User, post: Post) -> None:
    post(adam, "/o/acme/connections/new/", {"kind": "openai", "name": "OpenAI", "key": "sk-0123456789", **USUAL})
    assert terms_of(acme, "OpenAI") == (None, None, True, True, "gpt-5", None)
    with tenancy.tenant(acme.pk):
        found = ProviderConnection.objects.get(org=acme, name="OpenAI")
    assert (found.most_calls_at_once, found.longest_seconds) == (16, 600)


def test_a_new_connection_takes_terms_of_its_own(acme: Organization, adam: User, post: Post) -> None:
    asked = {"calls_at_once": "3", "deadline_seconds": "90", "position": "1", "text_model": "gpt-5-mini"}
    kind = {"kind": "compatible", "name": "Mine", "base_url": "https://api.example.com/v1"}
    post(adam, "/o/acme/connections/new/", {**kind, **asked})
    assert terms_of(acme, "Mine") == (3, 90, False, False, "gpt-5-mini", 1)


def test_terms_change_with_a_row_in_the_log_and_keep_what_is_known_of_the_health(
    acme: Organization, adam: User, connect: Connect, post: Post, sign_in: SignIn
) -> None:
    made = connect()
    with tenancy.tenant(acme.pk):
        ProviderConnection.objects.filter(pk=made.pk).update(health="ok", health_sentence="The key works.")
    post(adam, url_of(made), form_of(made, calls_at_once="2", position="1"))
    assert terms_of(acme, "OpenAI") == (2, None, True, True, "gpt-5", 1)
    assert last_entry(acme).details == {"fields": ["calls_at_once", "position"]}
    with tenancy.tenant(acme.pk):
        assert ProviderConnection.objects.get(pk=made.pk).health == "ok"
    page = sign_in(adam).get("/o/acme/connections/").content.decode()
    assert "2 calls at once" in page
    assert "takes over in an outage, number 1" in page


@pytest.mark.parametrize(
    "wrong", [{"calls_at_once": "0"}, {"calls_at_once": "501"}, {"deadline_seconds": "9"}, {"position": "-1"}]
)
def test_what_lets_nothing_work_is_refused_and_the_fold_stands_open(
    wrong: dict[str, str], acme: Organization, adam: User, connect: Connect, post: Post
) -> None:
    made = connect()
    with nothing_changes():
        answer = post(adam, url_of(made), form_of(made, **wrong))
    assert answer.status_code == 422
    assert '<details class="fold" open>' in answer.content.decode()


def test_the_sandbox_has_no_terms_to_change(acme: Organization, adam: User, sign_in: SignIn) -> None:
    with tenancy.tenant(acme.pk):
        sandbox = acme.connections.get()
    page = sign_in(adam).get(f"/o/acme/connections/{sandbox.code}/").content.decode()
    assert "Calls at once" not in page
