"""One long story: forty calls are under way and two browsers watch, while each service, each worker and each web
process has its bad moment, one after the other. Every picture that was asked for comes, none is made twice, and the
books agree."""

import logging
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import uuid4

import pytest

from saas.embedded.folder import DataFolder
from tests.scaled import databases
from tests.scaled.people import Person, ask_for_reset
from tests.scaled.postbox import Postbox
from tests.scaled.programs import Program, wait_until
from tests.scaled.services import RabbitMQ, Redis
from tests.support.invariants import Books
from tests.weather.crowd import Crowd, Wish
from tests.weather.painting import Painting
from tests.weather.pair import DRAIN_SECONDS, Pair
from tests.weather.watching import Watcher

pytestmark = pytest.mark.weather

log = logging.getLogger(__name__)

NAME = "weathered"
CALLS = 40
TURN = 12  # in each act so many pictures come, and so many others are asked for
MOMENT_SECONDS = 3.0
SOON_SECONDS = 10.0  # the machine may be busy
IS_READY = "Worker process is ready for action"
DRAINS = re.compile(r'^(?=.*"Shutting down\.\.\.")(?=.*"dramatiq\.worker\.Worker")', re.MULTILINE)


@dataclass
class Story:
    pair: Pair
    crowd: Crowd
    watchers: list[Watcher]
    books: Books
    postbox: Postbox
    mailed: list[str] = field(default_factory=list)

    @contextmanager
    def act(self, name: str) -> Iterator[list[Wish]]:
        """Some pictures come and others are asked for in it. Afterwards all of it goes on."""
        began, coming, asked = time.monotonic(), self.crowd.finish(TURN), self.crowd.begin(TURN)
        yield coming
        self.crowd.wait_until_answered(coming)
        self.crowd.wait_until_asked(asked)
        answered = time.monotonic()
        self.pair.wait()
        slowest = max(wish.answer.result().seconds for wish in coming)
        log.warning(
            "%s: %.1f s, ready after %.1f s more, the slowest answer took %.1f s, %s",
            *(name, answered - began, time.monotonic() - answered, slowest, dict(self.crowd.endings())),
        )
        self.crowd.must_be_pleased()

    def ask_by_page(self, watcher: Watcher) -> None:
        """A page works in any weather but PostgreSQL's, and its run stands on the page at once."""
        prompt, began = f"{NAME} by page {uuid4()}", time.monotonic()
        watcher.person.ask_for(prompt)
        assert time.monotonic() - began < SOON_SECONDS
        (run,) = self.books.rows("SELECT code FROM studio_run WHERE prompt = %s", prompt)
        watcher.follow(str(run["code"]))
        self.crowd.let_finish(prompt)

    def ask_for_mail(self) -> None:
        address = f"{uuid4()}@example.com"
        assert ask_for_reset(self.pair.url, address) < SOON_SECONDS
        self.mailed.append(address)

    def has_mailed_once(self) -> bool:
        return all(len(self.postbox.to(address)) == 1 for address in self.mailed)

    def restart(self, program: Program) -> None:
        """It ends by itself when what it has begun has ended, and others are served by its twin meanwhile."""
        old, said = self.crowd.under_way, len(program.log)
        program.ask_to_stop()
        # or it would take new calls, whose pictures this act does not let come
        if program in self.pair.webs:
            wait_until(lambda: not self.pair.listens(program), f"{program.name} takes nobody new")
        else:
            wait_until(
                lambda: DRAINS.search(program.log[said:]) is not None, f"{program.name} takes nothing new", program
            )
        self.crowd.begin(len(old))
        self.crowd.finish(len(old))
        assert program.wait(DRAIN_SECONDS + 30) == 0
        begun = len(program.log)
        program.start()
        if program in self.pair.workers:
            wait_until(lambda: IS_READY in program.log[begun:], "the worker is back", program)

    def by_hand(self) -> None:
        """What a person does in bad weather."""
        for watcher in self.watchers:
            self.ask_by_page(watcher)
        self.ask_for_mail()


@pytest.fixture
def story(pair: Pair, painting: Painting, postbox: Postbox) -> Iterator[Story]:
    with (
        Crowd(pair, painting, NAME, most=2 * (CALLS + TURN)) as crowd,
        painting,
        Person(pair.url, "ada@example.com") as ada,
        Person(pair.url, "ben@example.com") as ben,
        Watcher(ada) as one,
        Watcher(ben) as other,
    ):
        yield Story(pair, crowd, [one, other], Books(pair.database_url, "northwind"), postbox)


def test_in_all_weathers_every_picture_comes_once_and_no_mail_is_lost(
    story: Story, painting: Painting, cluster: DataFolder, rabbitmq: RabbitMQ, redis: Redis
) -> None:
    story.crowd.wait_until_asked(story.crowd.begin(CALLS))
    for weather in (of_postgresql, of_rabbitmq, of_redis, of_storage, of_processes):
        weather(story, cluster, rabbitmq, redis)
    story.crowd.finish(len(story.crowd.wishes))
    story.crowd.wait_until_answered(story.crowd.wishes)
    must_be_well(story, painting)


def of_postgresql(story: Story, cluster: DataFolder, *_: object) -> None:
    way = story.pair.ways.postgresql
    with story.act("PostgreSQL restarts"), databases.away(cluster):
        time.sleep(MOMENT_SECONDS)
    with story.act("PostgreSQL is paused"), databases.paused(cluster):
        time.sleep(MOMENT_SECONDS)
    with story.act("PostgreSQL is cut off and slow"):
        assert way.cut()
        with way.slowed(delay_seconds=0.02):
            story.by_hand()


def of_rabbitmq(story: Story, _: DataFolder, rabbitmq: RabbitMQ, *__: object) -> None:
    way = story.pair.ways.rabbitmq
    with story.act("RabbitMQ restarts"), rabbitmq.away():
        story.by_hand()
    with story.act("RabbitMQ is paused"), rabbitmq.program.paused():
        story.by_hand()
    with story.act("RabbitMQ is cut off and slow"):
        assert way.cut()
        with way.slowed(delay_seconds=0.1):
            story.by_hand()


def of_redis(story: Story, _: DataFolder, __: RabbitMQ, redis: Redis) -> None:
    for how in ("stopped", "paused"):
        with story.act(f"Redis is {how}"), redis.away(how):
            story.by_hand()


def of_storage(story: Story, *_: object) -> None:
    """As the S3 of the tests keeps its files in memory, it never restarts: it is out of reach."""
    way = story.pair.ways.s3
    with story.act("storage is away"), way.away():
        story.by_hand()
    with story.act("storage is slow"), way.slowed(delay_seconds=0.5):
        story.by_hand()


def of_processes(story: Story, *_: object) -> None:
    for program in story.pair.programs:
        with story.act(f"{program.name} is paused and restarts"):
            with program.paused():
                time.sleep(MOMENT_SECONDS)
            story.restart(program)


def must_be_well(story: Story, painting: Painting) -> None:
    crowd, books = story.crowd, story.books
    crowd.must_be_honest()
    crowd.must_be_pleased()
    wait_until(lambda: books.has_ended(f"{NAME}%", len(crowd.wishes)), "every run ends")
    ends = books.must_be_honest(f"{NAME}%", painting)
    assert set(ends) == {"succeeded"}
    for watcher in story.watchers:
        wait_until(watcher.has_seen_all, f"{watcher.person.email} sees the end of every run")
    wait_until(story.has_mailed_once, "every mail arrives once", seconds=60)
