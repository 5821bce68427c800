"""Ask for pictures again and again, as a browser does, and note when each frame arrives."""

import http.client
import itertools
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from bench.sizes import Size
from bench.start import processor_seconds
from bench.upstream import STAMP_AT, sent_at

PARTIALS = 2
STAMPED_BYTES = 75  # of a PNG, enough for its stamp
MOST_LOOKED_AT = 150  # frames of each kind in a cell
PATIENCE_SECONDS = 60.0
numbers = itertools.count()


@dataclass
class Frame:
    kind: str  # partial or final
    lag_seconds: float
    size_bytes: int


@dataclass
class Cell:
    """The frames and costs of so many runs at once, for so long."""

    frames: list[Frame] = field(default_factory=list)
    streams: int = 0
    seconds: float = 0.0
    processor_seconds: float = 0.0
    came: list[tuple[float, dict[str, Any], int]] = field(default_factory=list)
    asked: dict[str, float] = field(default_factory=dict)  # by prompt, when it was submitted

    def lags(self, kind: str) -> list[float]:
        return [frame.lag_seconds for frame in self.frames if frame.kind == kind]


class Watcher:
    """A person with one socket, who keeps so many runs developing at once."""

    def __init__(self, size: Size, upstream_url: str) -> None:
        self.person = size.person()
        self.person.make_default(self.person.add_connection("Bench", f"{upstream_url}/v1"))
        self.person.ask_for("a first one, so that all is warm")

    def watch(self, at_once: int, seconds: float, delay_seconds: float, *, spread_seconds: float = 0) -> Cell:
        """Keep runs developing. They begin together, or one after the other within `spread_seconds`, as people do."""
        cell = Cell()
        with self.person.listen() as socket, ThreadPoolExecutor(min(at_once, 16)) as asking:
            socket.recv(timeout=5)  # hello
            began, running = time.time(), at_once
            for number in range(at_once):
                wait = spread_seconds * number / at_once
                threading.Timer(wait, asking.submit, (self.ask, cell, delay_seconds)).start()
            while running:
                message = socket.recv(timeout=PATIENCE_SECONDS)
                now = time.time()
                event = json.loads(message)
                if event["type"] in {"partial", "output"}:
                    cell.came.append((now, event, len(message)))
                elif event["type"] == "ended":
                    cell.streams += 1
                    if now - began < seconds:
                        asking.submit(self.ask, cell, delay_seconds)
                    else:
                        running -= 1
            cell.seconds = time.time() - began
        return cell

    def look_at_pictures(self, cell: Cell) -> None:
        for kind in ("partial", "output"):
            self._look_at([one for one in cell.came if one[1]["type"] == kind], cell)

    def ask(self, cell: Cell, delay_seconds: float) -> None:
        prompt = f"a pear, number {next(numbers)}, delay={delay_seconds}"
        cell.asked[prompt] = time.time()
        self.person.ask_for(prompt)

    def _look_at(self, came: list[tuple[float, dict[str, Any], int]], cell: Cell) -> None:
        """Note the lags of frames: each picture itself says when it left."""
        step = max(1, len(came) // MOST_LOOKED_AT)
        for at, event, size_bytes in came[::step]:
            kind = event["type"]
            with self.person.client.stream("GET", f"/o/{self.person.slug}/{kind}s/{event[kind]}/original/") as answer:
                head = next(answer.iter_bytes(STAMPED_BYTES))
            left_at = float(head[33 + 8 + 8 :][:22])
            cell.frames.append(Frame("final" if kind == "output" else "partial", at - left_at, size_bytes))


class PeerWatcher:
    """A client of a server that answers with lines of JSON, one for each frame, with the picture inside."""

    def __init__(self, url: str) -> None:
        self.address = urlsplit(url).netloc

    def watch(self, at_once: int, seconds: float, delay_seconds: float) -> Cell:
        cell, began = Cell(), time.time()
        people = [
            threading.Thread(target=self._ask_again, args=(cell, began + seconds, delay_seconds))
            for _ in range(at_once)
        ]
        for person in people:
            person.start()
        for person in people:
            person.join()
        cell.seconds = time.time() - began
        return cell

    def _ask_again(self, cell: Cell, until: float, delay_seconds: float) -> None:
        while time.time() < until:
            with suppress(OSError):
                self._ask(cell, delay_seconds)

    def _ask(self, cell: Cell, delay_seconds: float) -> None:
        prompt = f"a pear, number {next(numbers)}, delay={delay_seconds}"
        asked = {"prompt": prompt, "partial_images": PARTIALS, "size": "1024x1024", "user": f"delay={delay_seconds}"}
        peer = http.client.HTTPConnection(self.address, timeout=PATIENCE_SECONDS)
        peer.request("POST", "/api/generate", json.dumps(asked), {"Content-Type": "application/json"})
        for line in peer.getresponse():
            now = time.time()
            at = line.find(b'"b64_json":"')
            if at >= 0:
                kind = "final" if b"final" in line[:60] else "partial"
                picture = line[at + 12 : at + 12 + STAMP_AT.stop]
                cell.frames.append(Frame(kind, now - sent_at(picture), len(line)))
        cell.streams += 1
        peer.close()


@dataclass
class Target:
    """A server that is measured, and its processes."""

    name: str
    watcher: Watcher | PeerWatcher
    processes: list[int]

    def measure(self, at_once: int, seconds: float, delay_seconds: float) -> Cell:
        spent = self._spent()
        cell = self.watcher.watch(at_once, seconds, delay_seconds)
        cell.processor_seconds = self._spent() - spent
        if isinstance(self.watcher, Watcher):
            self.watcher.look_at_pictures(cell)
        return cell

    def _spent(self) -> float:
        return sum(processor_seconds(each) for each in self.processes)
