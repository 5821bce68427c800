"""The door for programs asks the database once, and leaves no wall open."""

import pytest
from django.db import connection

from accounts import access
from accounts.models import ApiKey, Organization, Scope, User
from saas.database import tenancy
from tests.accounts.conftest import MakeKey
from tests.support.round_trips import counted

pytestmark = pytest.mark.django_db(transaction=True)


def test_it_is_one_round_trip(acme: Organization, bob: User, make_key: MakeKey) -> None:
    made, token = make_key(bob, Scope.GENERATE)
    with counted() as trips:
        key, member = access.let_in(token, Scope.GENERATE)
    assert len(trips) == 1
    assert (key, key.org, member.org, member.user) == (made, acme, acme, bob)
    assert (key.scopes, member.role, member.user.email) == ([Scope.GENERATE], "member", "bob@example.com")
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.org', true), current_setting('app.presented', true)")
        assert not any(cursor.fetchone())
        cursor.execute("SELECT count(*) FROM accounts_apikey")
        assert cursor.fetchone() == (0,)


def test_within_a_transaction_the_wall_of_before_stands_again(
    acme: Organization, rival: Organization, bob: User, make_key: MakeKey
) -> None:
    _, token = make_key(bob, Scope.GENERATE)
    with tenancy.tenant(rival.pk):
        access.let_in(token, Scope.GENERATE)
        assert [org.slug for org in Organization.objects.all()] == ["rival"]
        assert not ApiKey.objects.exists()


def test_the_use_of_a_key_is_noted_only_for_what_it_may_do(acme: Organization, bob: User, make_key: MakeKey) -> None:
    _, token = make_key(bob, Scope.READ)
    with pytest.raises(access.KeyRefused, match="scope generate"):
        access.let_in(token, Scope.GENERATE)
    with tenancy.tenant(acme.pk):
        assert ApiKey.objects.get().last_used_at is None
    access.let_in(token, Scope.READ)
    with tenancy.tenant(acme.pk):
        assert ApiKey.objects.get().last_used_at is not None
