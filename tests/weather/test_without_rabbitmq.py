"""RabbitMQ is stopped, hangs or is full: what an organization's own addresses are told, and the files that it asks for,
do not wait for it. Where no worker lives either, they are made when one is back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from uuid import UUID, uuid4

import pytest

from tests.scaled.people import Person
from tests.scaled.programs import wait_until
from tests.scaled.services import RabbitMQ
from tests.support.fake_provider import Asked, Upstream
from tests.support.invariants import Books
from tests.weather.painting import Painting
from tests.weather.pair import Pair

pytestmark = pytest.mark.weather

HOOKS = "/o/northwind/webhooks/"
EXPORTS = "/o/northwind/usage/exports/"
PATIENCE_SECONDS = 60.0
AWAY: dict[str, Callable[[RabbitMQ], AbstractContextManager[None]]] = {
    "stopped": lambda rabbitmq: rabbitmq.away(),
    "paused": lambda rabbitmq: rabbitmq.program.paused(),
    "full": lambda rabbitmq: rabbitmq.alarm(),
}


@pytest.fixture
def ada(pair: Pair) -> Iterator[Person]:
    with Person(pair.url, "ada@example.com") as person:
        yield person


@pytest.fixture
def books(pair: Pair) -> Books:
    return Books(pair.database_url, "northwind")


@pytest.fixture
def hook(ada: Person, books: Books, ear: Upstream) -> Iterator["Hook"]:
    url = f"{ear.url}/{uuid4()}"
    ada.submit(f"{HOOKS}new/", f"{HOOKS}new/", url=url, events="run.finished")
    (row,) = books.rows("SELECT code FROM accounts_webhook WHERE url = %s", url)
    made = Hook(row["code"], url, ear)
    yield made
    ada.submit(f"{HOOKS}{made.code}/", f"{HOOKS}{made.code}/remove/")


class Hook:
    def __init__(self, code: UUID, url: str, ear: Upstream) -> None:
        self.code, self._path, self._ear = code, url.partition(ear.host)[2], ear

    def heard(self, words: str) -> list[Asked]:
        """The messages to this address that hold these words."""
        return [one for one in list(self._ear.seen) if one.path == self._path and words in one.body.decode()]


def ask_for_export(ada: Person, books: Books) -> UUID:
    (before,) = books.rows("SELECT coalesce(max(id), 0) AS id FROM billing_export")
    period = {"period": "own", "from": "2026-11-01", "to": "2026-11-30", "play": "0"}
    ada.submit(EXPORTS, f"{EXPORTS}make/", what="ledger", format="csv", **period)
    (made,) = books.rows("SELECT code FROM billing_export WHERE id > %s", before["id"])
    code: UUID = made["code"]
    return code


def is_ready(books: Books, code: UUID) -> bool:
    return books.rows("SELECT state FROM billing_export WHERE code = %s", code) == [{"state": "ready"}]


@pytest.mark.parametrize("how", AWAY)
def test_while_rabbitmq_takes_nothing_webhooks_are_told_and_exports_are_made(
    pair: Pair, rabbitmq: RabbitMQ, ada: Person, books: Books, hook: Hook, painting: Painting, how: str
) -> None:
    prompt = f"told without RabbitMQ {uuid4()}"
    painting.finish_those([prompt])
    with AWAY[how](rabbitmq):
        ada.ask_for(prompt)
        export = ask_for_export(ada, books)
        (run,) = books.rows("SELECT code FROM studio_run WHERE prompt = %s", prompt)
        code = str(run["code"])
        wait_until(lambda: is_ready(books, export), "the export is made", seconds=PATIENCE_SECONDS)
        wait_until(lambda: len(hook.heard(code)) == 1, "the address is told", seconds=PATIENCE_SECONDS)
    pair.wait()
    assert ada.client.get(f"{EXPORTS}{export}/").status_code == 200
    must_be_done(books)
    assert len(hook.heard(code)) == 1
    assert painting.times(prompt) == 1


def test_what_is_asked_for_while_rabbitmq_and_all_workers_are_away_is_done_when_they_are_back(
    pair: Pair, rabbitmq: RabbitMQ, ada: Person, books: Books, hook: Hook
) -> None:
    for worker in pair.workers:
        worker.ask_to_stop()
    for worker in pair.workers:
        assert worker.wait(30) == 0
    with rabbitmq.away():
        ada.submit(f"{HOOKS}{hook.code}/", f"{HOOKS}{hook.code}/test/")
        export = ask_for_export(ada, books)
    assert not is_ready(books, export)
    assert hook.heard("webhook.test") == []
    for worker in pair.workers:
        worker.start()
    wait_until(lambda: is_ready(books, export), "the export is made", seconds=PATIENCE_SECONDS)
    wait_until(lambda: len(hook.heard("webhook.test")) == 1, "the address is told", seconds=PATIENCE_SECONDS)
    must_be_done(books)
    assert len(hook.heard("webhook.test")) == 1


def must_be_done(books: Books) -> None:
    """Nothing is left to be done once more."""
    left = (
        "SELECT (SELECT count(*) FROM accounts_deliveryticket) + (SELECT count(*) FROM billing_exportticket) AS tickets"
    )
    wait_until(lambda: books.rows(left) == [{"tickets": 0}], "nothing is left to do")
