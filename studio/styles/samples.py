"""Paint the sample of a style: the sandbox changes one and the same picture as the style says. It costs nothing, and
is kept in memory by what the style says, so that no file has to be stored or thrown away."""

import functools
import threading

from studio.models import StyleVersion
from studio.sandbox.paint.picture import Brief
from studio.sandbox.painter import Job, Painting
from studio.styles import wording

WIDTH, HEIGHT = 288, 360
MOST_KEPT = 256
SUBJECT = "Portrait of a woman with flowers, morning light"
SEED = 4

_one_at_a_time = threading.Lock()  # a page asks for twelve at once, and others want to be served meanwhile


def sample_of(version: StyleVersion) -> bytes:
    """Return a small WebP."""
    return _painted(wording.tell(version, ""))


@functools.lru_cache(MOST_KEPT)
def _painted(told: str) -> bytes:
    with _one_at_a_time:
        brief = Brief(told, WIDTH, HEIGHT, "medium", SEED)
        return Painting(Job(brief, "webp", 60, (_subject(),))).final()


@functools.cache
def _subject() -> bytes:
    return Painting(Job(Brief(SUBJECT, WIDTH, HEIGHT, "medium", SEED))).final()
