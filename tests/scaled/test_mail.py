"""E-mails arrive, once each, whatever happens to the queue, the worker and the mail server meanwhile."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

from saas.embedded.folder import DataFolder
from tests.scaled import databases
from tests.scaled.darkroom import Darkroom, World
from tests.scaled.people import ask_for_reset
from tests.scaled.postbox import Postbox
from tests.scaled.programs import wait_until
from tests.scaled.services import RabbitMQ

pytestmark = pytest.mark.scaled

SOON_SECONDS = 3
WRITE_THIRTY = """
import sys, django
django.setup()
from accounts import mail_outbox as mails
for number in range(30):
    mails.send(subject="One of thirty", body="x", to=[f"person{number}@{sys.argv[1]}.example"])
"""


@pytest.fixture(scope="module")
def postbox() -> Iterator[Postbox]:
    made = Postbox()
    made.start()
    yield made
    made.may_take.set()
    made.stop()


@pytest.fixture(scope="module")
def darkroom(
    folder: Path, cluster: DataFolder, world: World, rabbitmq: RabbitMQ, postbox: Postbox
) -> Iterator[Darkroom]:
    """With a mail server, and a queue that is ours to trouble."""
    if "BROKER_URL" in os.environ:
        pytest.skip("BROKER_URL names a service that is not ours to trouble")
    home = folder / "with-mail"
    home.mkdir()
    with databases.made(databases.server_url(cluster), like=world.template_url) as database_url:
        made = Darkroom(home, replace(world, mail_url=postbox.url), database_url, rabbitmq.url)
        try:
            rabbitmq.wait()
            made.start()
            made.wait()
            yield made
        finally:
            made.stop()


def waiting(darkroom: Darkroom) -> int:
    with psycopg.connect(darkroom.database_url) as connection:
        row = connection.execute("SELECT count(*) FROM accounts_mail").fetchone()
    assert row
    return int(row[0])


def must_arrive_once(darkroom: Darkroom, postbox: Postbox, address: str) -> None:
    wait_until(lambda: len(postbox.to(address)) == 1, "the mail arrives", darkroom.worker, seconds=60)
    wait_until(lambda: waiting(darkroom) == 0, "its row is gone", darkroom.worker)
    assert len(postbox.to(address)) == 1


def test_a_mail_arrives_soon(darkroom: Darkroom, postbox: Postbox) -> None:
    ask_for_reset(darkroom.url, "ada@example.com")
    must_arrive_once(darkroom, postbox, "ada@example.com")
    assert "/accounts/password/reset/key/" in postbox.to("ada@example.com")[0]


def test_in_rabbitmqs_alarm_a_password_reset_is_answered_soon_and_its_mail_arrives(
    darkroom: Darkroom, postbox: Postbox, rabbitmq: RabbitMQ
) -> None:
    address = f"{uuid4()}@example.com"
    with rabbitmq.alarm():
        assert ask_for_reset(darkroom.url, address) < SOON_SECONDS
        must_arrive_once(darkroom, postbox, address)


def test_with_rabbitmq_away_too(darkroom: Darkroom, postbox: Postbox, rabbitmq: RabbitMQ) -> None:
    address = f"{uuid4()}@example.com"
    with rabbitmq.away():
        assert ask_for_reset(darkroom.url, address) < SOON_SECONDS
        must_arrive_once(darkroom, postbox, address)


def test_a_mail_whose_worker_is_killed_while_it_is_sent_arrives_by_another(
    darkroom: Darkroom, postbox: Postbox
) -> None:
    address = f"{uuid4()}@example.com"
    while postbox.offered.acquire(blocking=False):
        pass
    postbox.may_take.clear()
    try:
        ask_for_reset(darkroom.url, address)
        assert postbox.offered.acquire(timeout=30)
        darkroom.worker.kill()
        wait_until(lambda: postbox.is_sender_gone, "the mail server sees that its client is dead")
        assert waiting(darkroom) == 1
    finally:
        postbox.may_take.set()
    with psycopg.connect(darkroom.database_url) as connection:  # as if the time were over for which it counts as alive
        connection.execute("UPDATE accounts_mail SET due_at = clock_timestamp()")
    darkroom.worker.start()
    must_arrive_once(darkroom, postbox, address)


def test_mails_written_while_the_mail_server_is_away_arrive_when_it_is_back(
    darkroom: Darkroom, postbox: Postbox
) -> None:
    domain = f"d{uuid4().hex}"
    postbox.stop()
    try:
        darkroom.run("-c", WRITE_THIRTY, domain)
        assert waiting(darkroom) == 30
        wait_until(lambda: "mail not sent" in darkroom.worker.log, "one is tried in vain", darkroom.worker)
        assert waiting(darkroom) == 30
    finally:
        postbox.start()
    wait_until(lambda: waiting(darkroom) == 0, "all have gone out", darkroom.worker, seconds=90)
    for number in range(30):
        assert len(postbox.to(f"person{number}@{domain}.example")) == 1
