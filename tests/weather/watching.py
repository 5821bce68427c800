"""Somebody who watches runs in a browser. What js/live/live.js and js/stream/stream.js do is done here without one: the
socket is opened again whenever it closes, and what it says is looked up by HTTP, which alone tells the truth."""

import json
import random
import re
import threading
import time
from contextlib import suppress
from typing import Self

import httpx2
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection

from saas.server.drain import RESTARTING
from tests.scaled.people import Person

FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
LOOK_SECONDS = 4.0
MOST_LOOKS = 5  # of those that are still alive, at once: the page looks at all that it shows
CARD = re.compile(r'data-run="([0-9a-f-]{36})"[^>]*data-live-run="(\w*)"')


class Watcher:
    def __init__(self, person: Person) -> None:
        self.person = person
        self.alive, self.ended = set[str](), set[str]()  # the runs of which it has heard, and whose end it has seen
        self.connected = 0
        self.refusals = list[str]()
        self._is_leaving = threading.Event()
        self._thread = threading.Thread(target=self._watch, name=f"watcher {person.email}", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_leaving.set()
        self._thread.join(2 * LOOK_SECONDS + 20)

    def follow(self, code: str) -> None:
        """A run that this person has asked for stands on the page at once."""
        self.alive.add(code)

    @property
    def waits_for(self) -> set[str]:
        return set(self.alive) - self.ended

    def has_seen_all(self) -> bool:
        return not self.waits_for

    def _watch(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._is_leaving.is_set():
            code = 0
            with suppress(OSError, TimeoutError, WebSocketException), self.person.listen() as socket:
                code = self._listen(socket)
            if code == RESTARTING:
                pause = FIRST_PAUSE_SECONDS / 2
            self._is_leaving.wait(pause * random.uniform(0.5, 1))  # noqa: S311 no secret
            self._look_again()
            pause = FIRST_PAUSE_SECONDS if code else min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _listen(self, socket: ClientConnection) -> int:
        """Until it closes. Return the code with which it did."""
        looks_at = time.monotonic() + LOOK_SECONDS
        while not self._is_leaving.is_set():
            try:
                self._hear(socket.recv(timeout=max(0.1, looks_at - time.monotonic())))
            except TimeoutError:
                self._look_again()
                looks_at = time.monotonic() + LOOK_SECONDS
            except ConnectionClosed as closed:
                return closed.rcvd.code if closed.rcvd else 0
        return 0

    def _hear(self, said: str | bytes) -> None:
        event = json.loads(said)
        if event["type"] == "hello":
            self.connected += 1
            self._look_again()
        elif code := event.get("run"):
            self.alive.add(code)
            if event["type"] == "ended":
                self._look(code)

    def _look_again(self) -> None:
        waits_for = list(self.waits_for)
        for code in random.sample(waits_for, min(MOST_LOOKS, len(waits_for))):
            self._look(code)

    def _look(self, code: str) -> None:
        with suppress(httpx2.HTTPError):
            answer = self.person.client.get(f"/o/{self.person.slug}/runs/{code}/card/", follow_redirects=False)
            if answer.status_code != 200:
                self.refusals.append(f"{answer.status_code} for {code}")
                return
            self.ended.update(run for run, is_alive in CARD.findall(answer.text) if is_alive != "yes")
