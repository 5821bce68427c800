import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from tests.accounts.conftest import Post
from tests.conftest import actions
from tests.support.snapshot import last_entry, nothing_changes


def name_of(org: Organization) -> tuple[str, str]:
    with tenancy.tenant(org.pk):
        return Organization.objects.values_list("name", "slug").get(pk=org.pk)


def test_an_admin_renames_and_the_address_stays(acme: Organization, adam: User, post: Post) -> None:
    answer = post(adam, "/o/acme/settings/name/", {"name": "Acme Pictures"})
    assert answer["Location"] == "/o/acme/settings/"
    assert name_of(acme) == ("Acme Pictures", "acme")
    entry = last_entry(acme)
    assert (entry.action, entry.target, entry.details) == ("organization.renamed", "Acme Pictures", {"before": "Acme"})
    assert actions(acme) == ["organization.renamed"]


@pytest.mark.parametrize("name", ["", " ", "a" * 81, "two\nlines", "nul\x00"])
def test_a_bad_name_is_refused(name: str, acme: Organization, alice: User, post: Post) -> None:
    with nothing_changes():
        assert post(alice, "/o/acme/settings/name/", {"name": name}).status_code == 422


@pytest.mark.parametrize("who", ["bob", "vera", "charlie"])
def test_nobody_below_admin_renames(
    who: str, acme: Organization, rival: Organization, post: Post, request: pytest.FixtureRequest
) -> None:
    user = request.getfixturevalue(who)
    with nothing_changes():
        answer = post(user, "/o/acme/settings/name/", {"name": "Mine"})
    assert answer.status_code == (404 if who == "charlie" else 403)


def test_a_form_cannot_change_more_than_the_name(acme: Organization, adam: User, post: Post) -> None:
    post(adam, "/o/acme/settings/name/", {"name": "New", "slug": "other", "id": "1", "requires_second_factor": "on"})
    assert name_of(acme) == ("New", "acme")
    with tenancy.tenant(acme.pk):
        assert not Organization.objects.get(pk=acme.pk).requires_second_factor
