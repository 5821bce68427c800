"""Measure how far a turn's picture strayed from its parent's, or from the one that the thread starts from, outside of
what was painted: as a number, and as a heat map to lay over the picture."""

from dataclasses import dataclass

from accounts.errors import Refused
from studio.files import storage
from studio.imaging import compositing, straying
from studio.imaging.compositing import CannotCompose
from studio.imaging.sizes import Size, fits
from studio.imaging.straying import Straying
from studio.models import Output, RunInput, Thread, Turn
from studio.threads.base import DELETED, ParentRefused

SECONDS = 10.0


class CannotMeasure(Refused):
    code = "cannot_measure"


@dataclass(frozen=True, slots=True)
class Pair:
    """The files of two pictures, and of the mask between them if there is one."""

    org_id: int
    base: str
    result: str
    mask: str = ""
    feather: int = 0


def pair_of(thread: Thread, turn: Turn, output: Output, *, is_since_start: bool) -> Pair:
    """Return the files that are compared. Raise CannotMeasure if there are no two pictures of one shape."""
    shown = output.shown
    if turn.is_fresh and not is_since_start:
        raise CannotMeasure("This turn started from words alone, so there is nothing that it strayed from.")
    ground = None if is_since_start else turn.base
    if ground is not None and ground.purged_at is not None:
        raise ParentRefused(DELETED, "The picture that it started from was deleted.")
    if ground is None and thread.start is None:
        raise CannotMeasure("This thread starts from words, so there is no first picture to measure from.")
    size, file = (
        (ground.shown, ground.shown.file) if ground else (thread.start, thread.start and thread.start.sent_file)
    )
    if size is None or not file or not fits(Size(shown.width, shown.height), Size(size.width, size.height)):
        raise CannotMeasure("The two pictures have different shapes, so they cannot be laid over each other.")
    mask = turn.run.inputs.filter(number=RunInput.MASK).select_related("input").first()
    is_direct = not is_since_start or turn.parent_id is None
    if mask is None or not is_direct:
        return Pair(turn.org_id, file, shown.file)
    return Pair(turn.org_id, file, shown.file, mask.input.sent_file, int(turn.run.asked.get("feather") or 0))


def measure(pair: Pair) -> Straying:
    """Measure a pair, outside of any transaction. Raise CannotMeasure."""
    try:
        base, result = storage.load(pair.base), storage.load(pair.result)
        mask = storage.load(pair.mask) if pair.mask else None
        with compositing.turn(base, result, by=pair.org_id, seconds=SECONDS):
            return straying.measure(base, result, mask, pair.feather)
    except FileNotFoundError:
        raise CannotMeasure("The file of one of the pictures is missing in storage.") from None
    except CannotCompose as refusal:
        raise CannotMeasure(refusal.sentence) from None
