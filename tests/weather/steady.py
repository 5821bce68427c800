"""A provider that takes the same time for each picture, and programs that call again and again, one picture each."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self
from uuid import uuid4

import openai

from tests.support.fake_provider import Exchange, completed, partial, text_of
from tests.support.invariants import SHADES

PICTURE = text_of(SHADES[1])


class Steady:
    """The script of an upstream. It knows how often each prompt was asked for, and for how long it had it in hand."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.asked: Counter[str] = Counter()
        self.took: dict[str, float] = {}
        self._guard = threading.Lock()

    def __call__(self, exchange: Exchange) -> None:
        prompt, began = exchange.asked.json["prompt"], time.monotonic()
        with self._guard:
            self.asked[prompt] += 1
        exchange.begin()
        exchange.wait(self.seconds / 2)
        exchange.frame(partial(0, SHADES[0]))
        exchange.wait(self.seconds / 2)
        exchange.frame(completed(SHADES[1]))
        with self._guard:
            self.took[prompt] = time.monotonic() - began


@dataclass
class Call:
    """`ended` names the picture, or what came in its stead."""

    is_streamed: bool
    prompt: str = field(default_factory=lambda: str(uuid4()))
    seconds: float = 0.0
    ended: str = "under way"


class Callers:
    """So many programs at once, half of which read streams, each with one call after the other."""

    def __init__(self, client: openai.OpenAI, count: int) -> None:
        self._client, self._count = client, count
        self._threads = ThreadPoolExecutor(count)
        self._is_over = threading.Event()
        self._guard = threading.Lock()
        self.calls: list[Call] = []

    def __enter__(self) -> Self:
        self._working = [
            self._threads.submit(self._call_again_and_again, number % 2 == 0) for number in range(self._count)
        ]
        return self

    def __exit__(self, *_: object) -> None:
        """Wait for the last call of each."""
        self._is_over.set()
        self._threads.shutdown()

    @property
    def under_way(self) -> int:
        with self._guard:
            return sum(call.ended == "under way" for call in self.calls)

    @property
    def ended(self) -> int:
        with self._guard:
            return sum(call.ended != "under way" for call in self.calls)

    def _call_again_and_again(self, is_streamed: bool) -> None:
        while not self._is_over.is_set():
            call = Call(is_streamed)
            with self._guard:
                self.calls.append(call)
            began = time.monotonic()
            try:
                ended = self._stream(call.prompt) if is_streamed else self._wait(call.prompt)
            except openai.OpenAIError as error:
                ended = repr(error)
            call.seconds = time.monotonic() - began
            call.ended = ended

    def _wait(self, prompt: str) -> str:
        answer = self._client.images.generate(prompt=prompt, model="gpt-image-2")
        return _named(str((answer.data or [])[0].b64_json))

    def _stream(self, prompt: str) -> str:
        """A stream that is cut ends without its last event, or in an error."""
        last, picture = "nothing", ""
        for event in self._client.images.generate(prompt=prompt, model="gpt-image-2", stream=True, partial_images=1):
            last, picture = event.type, event.b64_json
        return _named(picture) if last == "image_generation.completed" else f"cut after {last}"


def _named(picture: str) -> str:
    return "the picture" if picture == PICTURE else "another picture"
