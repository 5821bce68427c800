"""Which tables this version can use, by the names of the migrations that made them."""

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from saas.database import history
from saas.database.history import FIRST, TOO_OLD, History

NEXT = ("studio", "0002_walls_and_functions")


def test_a_new_database_has_news_and_is_not_refused() -> None:
    found = History(known={FIRST, NEXT}, applied=set())
    assert (found.has_begun, found.has_news, found.refusal) == (False, True, "")


def test_a_current_one_has_no_news() -> None:
    found = History(known={FIRST, NEXT}, applied={FIRST, NEXT})
    assert (found.has_begun, found.has_news, found.refusal) == (True, False, "")


def test_what_a_newer_version_made_is_refused_by_its_newest_name() -> None:
    found = History(known={FIRST}, applied={FIRST, ("studio", "0008_b"), ("studio", "0009_c")})
    assert not found.is_too_old
    assert found.refusal.endswith("this version does not know studio.0009_c.")


def test_what_was_made_before_the_migrations_began_anew_is_refused() -> None:
    found = History(known={FIRST, NEXT}, applied={("accounts", "0001_people_and_organizations")})
    assert found.is_too_old
    assert found.refusal == TOO_OLD


@pytest.mark.django_db
def test_migrate_refuses_tables_from_before_and_leaves_them() -> None:
    rows = "SELECT app, name FROM django_migrations ORDER BY id"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET name = '0001_people' WHERE name = '0001_tables'")
        cursor.execute(rows)
        before = cursor.fetchall()
    assert history.read().is_too_old
    with pytest.raises(CommandError) as refused:
        call_command("migrate", verbosity=0)
    assert str(refused.value) == TOO_OLD
    with connection.cursor() as cursor:
        cursor.execute(rows)
        assert cursor.fetchall() == before
