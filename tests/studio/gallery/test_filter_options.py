"""What the gallery's filters offer."""

import pytest
from pytest_django import DjangoAssertNumQueries

from accounts import api_keys
from accounts.models import Organization, Scope, User
from saas.database import tenancy
from studio.gallery import filter_choices
from studio.gallery.filters import Filters
from studio.models import Collection, Tag
from studio.styles import shelf
from tests.conftest import must_be_member

pytestmark = pytest.mark.django_db


def furnish(org: Organization, by: User, word: str) -> None:
    with tenancy.tenant(org.pk):
        member = must_be_member(org, by)
        Tag.objects.create(org=org, name=f"{word} tag")
        Collection.objects.create(org=org, maker=by, name=f"{word} collection")
        api_keys.make(org=org, by=member, name=f"{word} key", scopes=[Scope.READ])
        shelf.stock(org)


def offered(org: Organization, user: User) -> dict[str, list[str]]:
    with tenancy.tenant(org.pk):
        options = filter_choices.filter_options(must_be_member(org, user), Filters.read({}))
    return {select["name"]: [label for _, label in select["choices"]] for select in options["selects"]}


def test_rows_of_the_organization_are_offered_and_of_no_other(
    acme: Organization, rival: Organization, alice: User, adam: User, bob: User, charlie: User
) -> None:
    furnish(acme, alice, "Our")
    furnish(rival, charlie, "Their")
    found = offered(acme, bob)
    assert found["by"] == ["Me", "Adam", "Alice"]
    assert (found["tag"], found["collection"], found["key"]) == (["Our tag"], ["Our collection"], ["Our key"])
    with tenancy.tenant(acme.pk):
        assert found["style"] == [version.name for version in shelf.all_of(acme)]


def test_a_person_without_a_name_is_called_by_the_address(acme: Organization, alice: User, bob: User) -> None:
    User.objects.filter(pk=alice.pk).update(name="")
    assert offered(acme, bob)["by"] == ["Me", "alice"]


def test_all_rows_are_found_by_one_question(
    acme: Organization, bob: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, bob)
        filter_choices.filter_options(member, Filters.read({}))  # the catalogue is read every few seconds
        with django_assert_num_queries(1):
            filter_choices.filter_options(member, Filters.read({}))
