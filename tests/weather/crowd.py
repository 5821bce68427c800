"""Many programs that call with the official SDK at once, each patiently for a picture of its own."""

import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Self
from uuid import uuid4

import openai

from tests.scaled.programs import wait_until
from tests.weather.callers import PICTURE
from tests.weather.painting import Painting
from tests.weather.pair import Pair

COMPLETED = "image_generation.completed"
ANSWER_SECONDS = 60.0
COME_AGAIN = {429, 503}
MOST_RETRIES = 8  # the proxy may have no process for some seconds, where one hangs and another restarts


@dataclass(frozen=True)
class Told:
    """How a call ended for its caller."""

    what: str  # "a picture", or the code of what came instead
    status: int = 0
    may_retry: bool = False
    text: str = ""
    seconds: float = 0

    @property
    def is_picture(self) -> bool:
        return self.what == "a picture"


@dataclass(eq=False)
class Wish:
    prompt: str
    is_streamed: bool
    answer: "Future[Told]" = field(default_factory=Future)
    may_come_at: float = 0  # when the provider was let finish

    @property
    def is_answered(self) -> bool:
        return self.answer.done()


class Crowd:
    """Half of them wait for the whole answer, half of them read a stream."""

    def __init__(self, pair: Pair, painting: Painting, name: str, most: int) -> None:
        self.name, self.wishes = name, list[Wish]()
        self._painting, self._client = painting, pair.client(MOST_RETRIES)
        self._threads = ThreadPoolExecutor(most)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._painting.finish()
        self._threads.shutdown(cancel_futures=True)
        self._client.close()

    @property
    def under_way(self) -> list[Wish]:
        return [wish for wish in self.wishes if not wish.is_answered]

    def begin(self, count: int) -> list[Wish]:
        made = [Wish(f"{self.name} {uuid4()}", number % 2 == 0) for number in range(count)]
        for wish in made:
            wish.answer = self._threads.submit(self._ask, wish)
        self.wishes += made
        return made

    def finish(self, count: int) -> list[Wish]:
        """Let the provider finish the pictures of those who have waited longest."""
        oldest = [wish for wish in self.under_way if not wish.may_come_at][:count]
        for wish in oldest:
            wish.may_come_at = time.monotonic()
        self._painting.finish_those(wish.prompt for wish in oldest)
        return oldest

    def let_finish(self, prompt: str) -> None:
        """Let a picture finish that was asked for in another way."""
        self._painting.finish_those([prompt])

    def wait_until_asked(self, wishes: Iterable[Wish]) -> None:
        """Until the provider paints for each, or its caller has been told otherwise."""
        wait_until(
            lambda: all(wish.is_answered or self._painting.times(wish.prompt) for wish in wishes),
            "the provider is asked for all",
            seconds=ANSWER_SECONDS,
        )

    def wait_until_answered(self, wishes: Iterable[Wish]) -> None:
        wait_until(lambda: all(wish.is_answered for wish in wishes), "all are answered", seconds=ANSWER_SECONDS)

    def must_be_honest(self) -> None:
        """Each caller has a picture, painted once, or was told to ask again in a moment, and none was painted."""
        for wish in self.wishes:
            told, times = wish.answer.result(), self._painting.times(wish.prompt)
            is_refused = told.status in COME_AGAIN and told.may_retry and "ry again in" in told.text
            assert (told.is_picture, times) == (True, 1) or (is_refused and times == 0), (wish, told, times)

    def must_be_pleased(self) -> None:
        """Each caller with an answer has a picture."""
        told = [wish.answer.result() for wish in self.wishes if wish.is_answered]
        displeased = [one for one in told if not one.is_picture]
        assert not displeased, displeased[0]

    def endings(self) -> Counter[tuple[str, int, bool]]:
        told = [wish.answer.result() for wish in self.wishes if wish.is_answered]
        return Counter((one.what, one.status, one.may_retry) for one in told)

    def _ask(self, wish: Wish) -> Told:
        began = time.monotonic()
        try:
            picture = self._streamed(wish) if wish.is_streamed else self._whole(wish)
        except openai.APIStatusError as error:
            may_retry = error.response.headers.get("x-should-retry") != "false"
            told = Told(str(error.code), error.status_code, may_retry, error.response.text[:500])
        except openai.APIError as error:  # in a stream that has begun, or no answer at all
            told = Told(str(error.code or type(error).__name__), text=str(error)[:500])
        else:
            told = Told("a picture" if picture == PICTURE else "a silent end", text=picture[:20])
        return Told(told.what, told.status, told.may_retry, told.text, time.monotonic() - (wish.may_come_at or began))

    def _whole(self, wish: Wish) -> str:
        answer = self._client.images.generate(prompt=wish.prompt, model="gpt-image-2")
        return str((answer.data or [])[0].b64_json)

    def _streamed(self, wish: Wish) -> str:
        """Return nothing where the stream ends without a word."""
        picture = ""
        for event in self._client.images.generate(
            prompt=wish.prompt, model="gpt-image-2", stream=True, partial_images=1
        ):
            picture = event.b64_json if event.type == COMPLETED else ""
        return picture
