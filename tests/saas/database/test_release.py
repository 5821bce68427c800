"""No wait on the network begins with a database connection in hand."""

import pytest
from django.db import connection, transaction
from pytest_django.fixtures import Settings

from saas.database import release
from saas.database.release import ConnectionHeld, released
from saas.outbound import guarded_http
from tests.support.hostile_server import Server, server

__all__ = ["server"]


def ask(server: Server) -> int:
    host = f"127.0.0.1:{server.port}"
    with guarded_http.guarded_client(timeout=5, allowed_hosts=[host]) as client:
        return client.get(f"http://{host}/").status_code


@pytest.mark.django_db(transaction=True)
def test_a_wait_that_holds_a_connection_is_refused_before_anything_is_sent(server: Server) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    with pytest.raises(ConnectionHeld):
        ask(server)
    assert server.paths == []


@pytest.mark.django_db(transaction=True)
def test_a_wait_within_a_transaction_is_refused(server: Server) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        with pytest.raises(ConnectionHeld):
            ask(server)
    assert server.paths == []


@pytest.mark.django_db
def test_a_transaction_of_the_product_within_a_tests_own_is_seen(server: Server) -> None:
    with transaction.atomic(), pytest.raises(ConnectionHeld):
        ask(server)
    assert ask(server) == 200, "the test's own transaction does not count"


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_handed_back_lets_the_wait_begin(server: Server) -> None:
    with released(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    assert connection.connection is None
    assert ask(server) == 200


@pytest.mark.django_db(transaction=True)
def test_in_production_the_wait_goes_on(server: Server, settings: Settings) -> None:
    settings.REFUSE_HELD_CONNECTIONS = False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    release.refuse_to_wait()
    assert ask(server) == 200


@pytest.mark.django_db(transaction=True)
def test_released_leaves_an_outer_transaction_alone() -> None:
    with transaction.atomic():
        with released(), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert connection.connection is not None
