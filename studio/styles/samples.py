"""Paint the sample of a style: the sandbox changes one and the same picture as the style says. It costs nothing, and
is kept in memory by what the style says, so that no file has to be stored or thrown away.

The sandbox's painters do it, in turns of the organizations and with less priority than pages: an organization that
writes a thousand styles waits for a thousand samples, and keeps no other organization waiting."""

import functools
from collections import OrderedDict
from concurrent.futures import Future
from threading import Lock

from studio.models import StyleVersion
from studio.sandbox import paint_queue
from studio.sandbox.paint.picture import Brief
from studio.sandbox.painter import Job, Painting
from studio.styles import wording

WIDTH, HEIGHT = 288, 360
MOST_KEPT = 256
PATIENCE_SECONDS = 10.0
RETRY_SECONDS = 5
SUBJECT = "Portrait of a woman with flowers, morning light"
SEED = 4


class NotPainted(Exception):
    """The painters are busy. The sample is there later."""


class Samples:
    """The samples that were asked for last, painted or lined up: however many ask for one, it is painted once."""

    def __init__(self) -> None:
        self._guard = Lock()
        self._by_words = OrderedDict[str, Future[bytes]]()

    def get(self, told: str, whose: str) -> Future[bytes]:
        with self._guard:
            found = self._by_words.get(told)
            if found is None or (found.done() and found.exception() is not None):
                found = self._by_words[told] = paint_queue.line_up(lambda: _paint(told), whose)
            self._by_words.move_to_end(told)
            if len(self._by_words) > MOST_KEPT:
                self._by_words.popitem(last=False)
            return found


_samples = Samples()


def sample_of(version: StyleVersion) -> bytes:
    """Return a small WebP. Raise NotPainted if it takes long. The caller keeps no database connection meanwhile."""
    try:
        return _samples.get(wording.tell(version, ""), str(version.org_id)).result(PATIENCE_SECONDS)
    except TimeoutError:
        raise NotPainted from None


def _paint(told: str) -> bytes:
    brief = Brief(told, WIDTH, HEIGHT, "medium", SEED)
    return Painting(Job(brief, "webp", 60, (_subject(),))).final()


@functools.cache
def _subject() -> bytes:
    return Painting(Job(Brief(SUBJECT, WIDTH, HEIGHT, "medium", SEED))).final()
