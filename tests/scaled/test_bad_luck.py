"""Database, queue, Redis and storage go away while a picture develops, and come back. It was paid for, so it is kept;
nobody has to restart anything, and nobody is shown how it looks inside."""

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from saas.embedded import identity
from saas.embedded.folder import DataFolder
from tests.scaled import databases
from tests.scaled.darkroom import Darkroom, World
from tests.scaled.people import Person, next_event
from tests.scaled.programs import wait_until
from tests.scaled.services import S3, RabbitMQ, Redis
from tests.support.fake_provider import Upstream, upstream
from tests.support.invariants import Books, Waiting, as_text, must_hold_no_secret

pytestmark = pytest.mark.scaled

on_rabbitmq = pytest.mark.parametrize("darkroom", ["rabbitmq"], indirect=True)
PARTIAL_KEPT = "SELECT 1 AS kept FROM studio_partial JOIN studio_slot slot ON slot.id = slot_id WHERE run_id = %s"


@pytest.fixture(autouse=True)
def _services_are_ours() -> None:
    """Nobody's running service is stopped."""
    if given := {"REDIS_URL", "BROKER_URL", "AWS_S3_ENDPOINT_URL"} & set(os.environ):
        pytest.skip(f"{given.pop()} names a service that is not ours to stop")


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def up(waiting: Waiting) -> Iterator[Upstream]:
    with upstream(waiting) as found:
        yield found
        waiting.may_go_on.set()


@pytest.fixture
def ada(darkroom: Darkroom, up: Upstream) -> Iterator[Person]:
    with Person(darkroom.url, "ada@example.com") as person:
        person.make_default(person.add_connection(f"Waiting {uuid4()}", up.url))
        yield person


@pytest.fixture
def books(darkroom: Darkroom) -> Books:
    return Books(darkroom.database_url, "northwind")


def begin(ada: Person, waiting: Waiting, books: Books) -> dict[str, str]:
    """A run whose partial is kept and whose picture is awaited."""
    prompt = f"unlucky {uuid4()}"
    ada.ask_for(prompt)
    assert waiting.asked.acquire(timeout=20)
    (run,) = books.rows("SELECT id, code FROM studio_run WHERE prompt = %s", prompt)
    wait_until(lambda: bool(books.rows(PARTIAL_KEPT, run["id"])), "the partial is kept")
    return {"prompt": prompt, "code": str(run["code"])}


def must_end_well(ada: Person, books: Books, run: dict[str, str], up: Upstream) -> None:
    wait_until(lambda: [slot["state"] for slot in books.slots(run["prompt"])] == ["succeeded"], "the picture is kept")
    told = ada.client.get(f"/o/northwind/runs/{run['code']}/events/").json()["events"]
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert [event["type"] for event in told if event["type"] in {"partial", "output"}] == ["partial", "output"]
    assert (told[-1]["type"], told[-1]["state"]) == ("ended", "succeeded")
    assert sum(run["prompt"] in asked.body.decode() for asked in up.seen) == 1
    must_hold_no_secret(as_text(told) + ada.see("/o/northwind/"), "sk-very-secret", up.host)


@pytest.fixture
def on_own_postgresql(
    folder: Path, cluster: DataFolder, own_template: str, world: World, rabbitmq: RabbitMQ
) -> Iterator[Darkroom]:
    """The other tests may run on a server that somebody else uses too."""
    home = folder / "on-own-postgresql"
    home.mkdir()
    with databases.made(identity.url(cluster), like=own_template) as database_url:
        made = Darkroom(home, world, database_url, rabbitmq.url)
        rabbitmq.wait()
        made.start()
        try:
            made.wait()
            yield made
        finally:
            made.stop()


def test_a_picture_that_comes_while_postgresql_is_away_is_kept(
    on_own_postgresql: Darkroom, cluster: DataFolder, waiting: Waiting, up: Upstream
) -> None:
    books = Books(on_own_postgresql.database_url, "northwind")
    with Person(on_own_postgresql.url, "ada@example.com") as ada:
        ada.make_default(ada.add_connection("Waiting", up.url))
        run = begin(ada, waiting, books)
        with databases.away(cluster):
            waiting.may_go_on.set()
            answer = ada.client.get("/o/northwind/")
            assert answer.status_code >= 500
            must_hold_no_secret(answer.text, "sk-very-secret", up.host, "OperationalError")
        must_end_well(ada, books, run, up)


@on_rabbitmq
def test_a_run_goes_on_while_rabbitmq_is_away_and_what_is_asked_meanwhile_is_made_without_it(
    darkroom: Darkroom, rabbitmq: RabbitMQ, ada: Person, waiting: Waiting, books: Books, up: Upstream
) -> None:
    run = begin(ada, waiting, books)
    with rabbitmq.away():
        waiting.may_go_on.set()
        must_end_well(ada, books, run, up)
        prompt = f"asked meanwhile {uuid4()}"
        ada.ask_for(prompt)
        wait_until(lambda: [slot["state"] for slot in books.slots(prompt)] == ["succeeded"], "the later one is kept")


@pytest.mark.parametrize("darkroom", ["rabbitmq", "redis"], indirect=True)
def test_a_run_goes_on_while_redis_is_away_and_no_frame_is_lost(
    darkroom: Darkroom, redis: Redis, ada: Person, waiting: Waiting, books: Books, up: Upstream
) -> None:
    """With Redis as the queue, its memory is gone too: what waits is called again."""
    run = begin(ada, waiting, books)
    with ada.listen() as socket:
        assert next_event(socket)["type"] == "hello"
        redis.stop()
        try:
            waiting.may_go_on.set()
            wait_until(lambda: books.has_ended(run["prompt"], 1), "the run ends without Redis")
            prompt = f"asked meanwhile {uuid4()}"
            ada.ask_for(prompt)
        finally:
            redis.start()
            redis.wait()
        must_end_well(ada, books, run, up)  # by HTTP, whatever the socket has missed
    wait_until(lambda: [slot["state"] for slot in books.slots(prompt)] == ["succeeded"], "the later one is kept")
    wait_until(lambda: darkroom.status("/readyz") == 200, "readiness", darkroom.web)


@on_rabbitmq
def test_a_picture_that_comes_while_storage_is_away_is_put_aside_says_so_and_appears(
    darkroom: Darkroom, s3: S3, ada: Person, waiting: Waiting, books: Books, up: Upstream
) -> None:
    run = begin(ada, waiting, books)
    s3.stop()
    try:
        waiting.may_go_on.set()
        wait_until(lambda: books.has_ended(run["prompt"], 1), "the run ends without storage", seconds=60)
        (slot,) = books.slots(run["prompt"])
        assert (slot["state"], slot["error_code"], slot["charged"]) == ("unknown", "put_aside", "yes")
        assert "It is safe, and appears here when storage works again." in ada.see(
            f"/o/northwind/runs/{run['code']}/card/"
        )
    finally:
        s3.start()
        s3.wait()
    must_end_well(ada, books, run, up)
