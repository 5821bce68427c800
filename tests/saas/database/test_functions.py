"""A step of a picture's way is one round trip, behind the wall of one organization that opens and ends with it."""

from collections.abc import Mapping
from typing import Any

import pytest
from django.db import ProgrammingError, connection

from accounts.models import Organization, User
from saas.database import functions, tenancy
from tests.support.round_trips import counted

WHOSE = "SELECT current_setting('app.org', true), count(*) FROM accounts_membership WHERE %(any)s"
ANY: Mapping[str, Any] = {"any": True}


def open_wall() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('app.org', true), '')")
        (found,) = cursor.fetchone()
    return str(found)


@pytest.mark.django_db(transaction=True)
def test_a_step_is_one_round_trip_and_leaves_no_wall_open(acme: Organization, rival: Organization) -> None:
    with counted() as made:
        assert functions.call(acme.pk, WHOSE, ANY) == [(str(acme.pk), 1)]
    assert len(made) == 1
    assert open_wall() == ""
    assert functions.call(rival.pk, WHOSE, ANY) == [(str(rival.pk), 1)]


@pytest.mark.django_db(transaction=True)
def test_a_step_is_committed_when_it_returns_and_undone_when_it_fails(acme: Organization, alice: User) -> None:
    rename = "UPDATE accounts_organization SET name = %(name)s RETURNING name"
    assert functions.call(acme.pk, rename, {"name": "Kept"}) == [("Kept",)]
    connection.close()
    with pytest.raises(ProgrammingError):
        functions.call(acme.pk, f"{rename}, no_such_column", {"name": "Lost"})
    with pytest.raises(ProgrammingError):
        functions.call(acme.pk, f"{rename}; SELECT no_such_column", {"name": "Lost"})
    with tenancy.tenant(acme.pk):
        assert Organization.objects.get().name == "Kept"


@pytest.mark.django_db
def test_within_a_transaction_a_step_belongs_to_it_and_the_wall_of_before_stands_again(
    acme: Organization, rival: Organization
) -> None:
    with tenancy.tenant(rival.pk):
        assert functions.call(acme.pk, WHOSE, ANY) == [(str(acme.pk), 1)]
        assert open_wall() == str(rival.pk)
