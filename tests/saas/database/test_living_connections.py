"""A connection that PostgreSQL has ended while it lay in the pool is never handed out, and looking for that is free."""

from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg_pool import ConnectionPool

from tests.scaled.programs import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
END_OTHERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
COUNT_OTHERS = END_OTHERS.replace("pg_terminate_backend(pid)", "count(*)")


def ask() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def end_all_in_the_pool() -> None:
    parameters = connection.get_connection_params()
    with psycopg.connect(**{k: v for k, v in parameters.items() if k in {"dbname", "user", "host", "port"}}) as other:
        other.autocommit = True
        other.execute(END_OTHERS)
        wait_until(lambda: other.execute(COUNT_OTHERS).fetchone() == (0,), "all have ended")


def test_what_was_ended_in_the_pool_is_replaced() -> None:
    before = ask()
    connection.close()
    end_all_in_the_pool()
    assert ask() != before
    connection.close()


def test_a_living_one_is_asked_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = list[Any]()
    ask()
    connection.close()
    monkeypatch.setattr(ConnectionPool, "check_connection", staticmethod(asked.append))
    for _ in range(5):
        ask()
        connection.close()
    assert asked == []
