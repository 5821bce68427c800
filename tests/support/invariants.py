"""What must hold after any bad luck, looked at from outside: the rows by plain SQL, and what the provider was asked."""

import hashlib
import json
import os
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import psycopg
from psycopg import IsolationLevel
from psycopg.rows import dict_row

from tests.support.fake_provider import Exchange, completed, partial, png

SEED = int(os.environ.get("CHAOS_SEED") or random.SystemRandom().randrange(10**6))  # the log of a failed test names it
SHADES = [png(shade=shade) for shade in range(0, 250, 25)]
ENDS = {"succeeded", "failed", "refused", "cancelled", "unknown"}
GRAVEST_FIRST = ["succeeded", "unknown", "failed", "refused", "cancelled"]  # of any, this is what the run is


class Paints(Protocol):
    """Knows how often each slot was asked for, and what was sent for it."""

    asked: Counter[tuple[str, int]]
    sent: dict[tuple[str, int], str]


class Painter:
    """The script of an upstream: takes its time, sends a partial and a picture, and knows who asked how often. It never
    answers in a way that may be tried again, so nobody may ask twice."""

    def __init__(self, seed: int, seconds: tuple[float, float] = (0.1, 0.8)) -> None:
        self.dice, self.seconds, self.guard = random.Random(seed), seconds, threading.Lock()  # noqa: S311 no secret
        self.asked: Counter[tuple[str, int]] = Counter()
        self.sent: dict[tuple[str, int], str] = {}

    def __call__(self, exchange: Exchange) -> None:
        slot = slot_of(exchange.asked.json)
        with self.guard:
            self.asked[slot] += 1
            picture, seconds = self.dice.choice(SHADES), self.dice.uniform(*self.seconds)
            self.sent[slot] = hashlib.sha256(picture).hexdigest()
        exchange.begin()
        exchange.wait(seconds / 2)
        exchange.frame(partial(0, SHADES[0]))
        exchange.wait(seconds / 2)
        exchange.frame(completed(picture))


class Waiting:
    """The script of an upstream that sends a partial, and the picture when it is told to."""

    def __init__(self) -> None:
        self.asked = threading.Semaphore(0)
        self.may_go_on = threading.Event()

    def __call__(self, exchange: Exchange) -> None:
        exchange.begin()
        exchange.frame(partial(0, SHADES[0]))
        self.asked.release()
        self.may_go_on.wait(60)
        exchange.frame(completed(SHADES[1]))


def slot_of(asked: dict[str, Any]) -> tuple[str, int]:
    """Prompts are told apart by the test, slots by the last part of the identifier."""
    return asked["prompt"], int(asked["safety_identifier"].rpartition(":")[2])


@dataclass
class Books:
    """An organization's rows, read behind its wall by the program's own role."""

    database_url: str
    slug: str
    org_id: int = field(init=False)
    _moment: "psycopg.Connection[dict[str, Any]] | None" = field(init=False, default=None)

    def __post_init__(self) -> None:
        with psycopg.connect(self.database_url) as connection:
            connection.execute("SELECT set_config('app.operator', 'on', true)")
            found = connection.execute("SELECT id FROM accounts_organization WHERE slug = %s", [self.slug]).fetchone()
        assert found, f"no organization {self.slug}"
        self.org_id = found[0]

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Read all rows as they are now: a picture that was put aside may correct its run at any time."""
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            connection.execute("SELECT set_config('app.org', %s, true)", [str(self.org_id)])
            self._moment = connection
            try:
                yield
            finally:
                self._moment = None

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        if self._moment is not None:
            return self._moment.execute(query, values).fetchall()
        with psycopg.connect(self.database_url, row_factory=dict_row) as connection:
            connection.execute("SELECT set_config('app.org', %s, true)", [str(self.org_id)])
            return connection.execute(query, values).fetchall()

    def slots(self, like: str) -> list[dict[str, Any]]:
        return self.rows(
            "SELECT slot.*, run.prompt, run.code AS run_code, output.sha256, output.file FROM studio_slot slot "
            "JOIN studio_run run ON run.id = slot.run_id LEFT JOIN studio_output output ON output.slot_id = slot.id "
            "WHERE run.prompt LIKE %s ORDER BY run.id, slot.index",
            like,
        )

    def has_ended(self, like: str, runs: int) -> bool:
        states = [row["state"] for row in self.rows("SELECT state FROM studio_run WHERE prompt LIKE %s", like)]
        return len(states) >= runs and set(states) <= ENDS

    def seconds_in_nobodys_hands(self) -> float:
        """For how long the longest has been held by a worker whose lease is over."""
        (row,) = self.rows(
            "SELECT coalesce(extract(epoch FROM max(clock_timestamp() - lease_until)), 0) AS seconds "
            "FROM studio_ticket WHERE worker IS NOT NULL"
        )
        return float(row["seconds"])

    def must_be_honest(self, like: str, painter: Paints) -> Counter[str]:
        """Answers how many slots ended how."""
        with self.at_one_moment():
            return self._must_be_honest(like, painter)

    def _must_be_honest(self, like: str, painter: Paints) -> Counter[str]:
        assert self.rows("SELECT * FROM studio_ticket") == []
        slots = self.slots(like)
        for slot in slots:
            self._must_be_true(slot, painter)
        self._must_be_paid_once(slots)
        for run in self.rows("SELECT * FROM studio_run WHERE prompt LIKE %s", like):
            states = {slot["state"] for slot in slots if slot["run_id"] == run["id"]}
            assert run["state"] == next(state for state in GRAVEST_FIRST if state in states), run
            self._must_be_told(run)
        return Counter(slot["state"] for slot in slots)

    def _must_be_true(self, slot: dict[str, Any], painter: Paints) -> None:
        who = (slot["prompt"], slot["index"])
        assert painter.asked[who] <= 1, f"{who} was asked {painter.asked[who]} times"
        if slot["state"] == "succeeded":
            assert (slot["sha256"], slot["charged"]) == (painter.sent[who], "yes"), slot
            return
        assert slot["state"] == "unknown", slot  # nothing else can have come of this upstream
        assert (slot["sha256"], slot["sent_at"] is None) == (None, False), slot
        assert slot["charged"] in {"perhaps", "yes"}, slot
        assert slot["error_sentence"].endswith("."), slot

    def _must_be_paid_once(self, slots: list[dict[str, Any]]) -> None:
        """Each slot's one hold has become what the slot says, with one entry in the ledger; and the organization's
        counters are the sums of all its holds."""
        codes = [slot["code"] for slot in slots]
        holds = self.rows("SELECT slot_code, state FROM accounts_hold WHERE slot_code = ANY(%s)", codes)
        entries = self.rows("SELECT slot_code, kind FROM billing_entry WHERE slot_code = ANY(%s)", codes)
        paid = {slot["code"]: slot["charged"] == "yes" for slot in slots}
        assert sorted((hold["slot_code"], hold["state"]) for hold in holds) == sorted(
            (code, "settled" if is_paid else "uncertain") for code, is_paid in paid.items()
        )
        for code, is_paid in paid.items():
            kinds = sorted(entry["kind"] for entry in entries if entry["slot_code"] == code)
            # A picture that comes after its worker was thought dead is charged after it was uncertain.
            assert kinds in ([["charge"], ["charge", "uncertain"]] if is_paid else [["uncertain"]]), (code, kinds)
        (sums,) = self.rows(
            "SELECT coalesce(sum(micros) FILTER (WHERE state IN ('open', 'uncertain')), 0) AS held, "
            "coalesce(sum(spent_micros), 0) AS spent FROM accounts_hold WHERE NOT is_play"
        )
        (counted,) = self.rows(
            "SELECT coalesce(sum(held_micros), 0) AS held, coalesce(sum(spent_micros), 0) AS spent "
            "FROM accounts_counter WHERE subject = 'organization' AND period = 'month' AND NOT is_play"
        )
        assert counted == sums

    def _must_be_told(self, run: dict[str, Any]) -> None:
        events = self.rows("SELECT seq, type, data FROM studio_runevent WHERE run_id = %s ORDER BY seq", run["id"])
        assert [event["seq"] for event in events] == list(range(1, run["last_seq"] + 1))
        assert (events[-1]["type"], events[-1]["data"]["state"]) == ("ended", run["state"])


def must_hold_no_secret(text: str, *secrets: str) -> None:
    """Of a page, an answer, or rows that somebody is shown."""
    for word in ("Traceback", "psycopg", "Error(", "/studio/", *secrets):
        assert word not in text


def as_text(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, default=str)
