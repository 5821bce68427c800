"""Replay the statements of `bench.recording` on bare connections, each time with ids and words of its own, for
`bench.bloat`."""

import json
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_hex
from typing import Any
from uuid import UUID, uuid4

import psycopg
from django.db import connection, connections
from django.test.runner import DiscoverRunner
from django.utils import timezone

from bench.recording import FIRST_ID, Recorded, Said, count_from_afar, found_organization, record_life, record_session


@dataclass
class Life:
    """One replay, with ids, codes and words of its own in place of the recorded ones."""

    recorded: Recorded
    own: dict[Any, Any] = field(default_factory=dict)

    def values_of(self, said: Any) -> Any:
        match said:
            case UUID() if said not in self.recorded.constants:
                return self.own.setdefault(said, uuid4())
            case str() if said in self.recorded.words:
                return self.own.setdefault(said, token_hex(16))
            case int() if said in self.own:
                return self.own[said]
            case datetime():
                return timezone.now()
            case Mapping():
                return {name: self.values_of(value) for name, value in said.items()}
            case list() | tuple():
                return [self.values_of(value) for value in said]
        return said

    def lacks(self, said: Any) -> bool:
        """Return whether this has an id that the database has not given yet."""
        match said:
            case int():
                return said >= FIRST_ID and said not in self.own
            case Mapping():
                return any(map(self.lacks, said.values()))
            case list() | tuple():
                return any(map(self.lacks, said))
        return False

    def learn(self, said: Sequence[tuple[Any, ...]], now: Sequence[tuple[Any, ...]]) -> None:
        """Remember the ids that the database has given."""
        for before, after in zip(said, now, strict=False):
            for was, is_now in zip(before, after, strict=True):
                self.learn_value(was, is_now)

    def learn_value(self, was: Any, is_now: Any) -> None:
        match was:
            case int() if was >= FIRST_ID:
                self.own.setdefault(was, is_now)
            case str() if was.startswith("{"):
                self.learn_value(json.loads(was), json.loads(is_now))
            case dict():
                for name, value in was.items():
                    self.learn_value(value, is_now.get(name))


class Hand:
    """The connection on which one thread replays lives."""

    def __init__(self, lives: "Lives", held: psycopg.Connection[Any]) -> None:
        self._lives, self._held = lives, held

    def submit(self, number: int) -> None:
        recorded = self._lives.recorded[number % len(self._lives.recorded)]
        life = Life(recorded)
        assert recorded.slot_code is not None
        with self._lives.guard:  # before the commit, so that the thread that claims it finds it
            self._lives.waiting[life.values_of(recorded.slot_code)] = life
        self._replay(life, recorded.steps["submit"])

    def live(self) -> float:
        """Claim the next ticket and replay its life to the end. Return how many milliseconds the claim took."""
        life, took = self._begin()
        for step in ("send", "partial", "final", "tell"):
            self._replay(life, life.recorded.steps[step])
        return took

    def _begin(self) -> tuple[Life, float]:
        began = time.perf_counter()
        while True:
            try:
                life = self._claim()
                took = (time.perf_counter() - began) * 1000
                self._say(life, life.recorded.steps["claim"][1:])
                self._held.execute("COMMIT")
            except psycopg.errors.LockNotAvailable:
                self._held.execute("ROLLBACK")  # then try again, as a worker on a busy machine does
            else:
                return life, took

    def _claim(self) -> Life:
        take = self._lives.recorded[0].steps["claim"][0]
        claim = uuid4()
        cursor = self._held.execute(f"BEGIN; {take.sql}", {**take.values, "claim": claim})
        rows = list[Any]()
        while cursor.nextset():
            rows += cursor.fetchmany(1) if cursor.description else []
        *_, ticket, (begun,) = rows  # a ticket waits at all times
        with self._lives.guard:
            life = self._lives.waiting.pop(ticket[3])
        life.own[life.recorded.steps["claim"][0].values["claim"]] = claim
        life.learn_value(life.recorded.begun, {**json.loads(begun), "ticket": ticket[0]})
        return life

    def empty(self) -> float:
        began = time.perf_counter()
        self._held.execute("BEGIN; SELECT 1; COMMIT")
        return (time.perf_counter() - began) * 1000

    def sign_in_and_out(self) -> None:
        recorded = self._lives.session
        life = Life(recorded)
        for step in recorded.steps.values():
            self._replay(life, step)

    def _replay(self, life: Life, step: list[Said]) -> None:
        self._held.execute("BEGIN")
        self._say(life, step)
        self._held.execute("COMMIT")

    def _say(self, life: Life, step: list[Said]) -> None:
        """Send at once all statements that need no result of each other: the database is measured, not the round
        trips."""
        batch = list[Said]()
        for said in step:
            if batch and life.lacks(said.values):
                self._say_at_once(life, batch)
                batch = []
            batch.append(said)
        self._say_at_once(life, batch)

    def _say_at_once(self, life: Life, batch: list[Said]) -> None:
        cursor = psycopg.ClientCursor(self._held)
        cursor.execute(";\n".join(cursor.mogrify(said.sql, life.values_of(said.values)) for said in batch))
        for said in batch:
            if said.answered:
                life.learn(said.answered, cursor.fetchall())
            cursor.nextset()


@dataclass
class Lives:
    recorded: list[Recorded]
    session: Recorded
    waiting: dict[UUID, Life] = field(default_factory=dict)
    guard: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    @contextmanager
    def prepared(cls, count: int) -> Iterator["Lives"]:
        """Record the lives in a database of their own, each in an organization of its own."""
        connection.settings_dict["TEST"]["NAME"] = f"{connection.settings_dict['NAME']}_bench"
        runner = DiscoverRunner(verbosity=0, interactive=False)
        databases = runner.setup_databases()
        try:
            members = [found_organization(number) for number in range(count)]
            count_from_afar()
            yield cls([record_life(member) for member in members], record_session())
        finally:
            connections.close_all()
            runner.teardown_databases(databases)

    @contextmanager
    def hand(self) -> Iterator[Hand]:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as held:
            yield Hand(self, held)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(**connection.get_connection_params(), autocommit=True) as held:
            return held.execute(query).fetchall()
