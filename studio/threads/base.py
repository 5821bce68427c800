"""Find the picture that a turn starts from: one of its parent's, or the thread's own."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from accounts.errors import Refused
from accounts.models import Membership
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import LIVE, Input, Output, Run, State, Thread, Turn

UNFINISHED, IN_BIN, DELETED, WITHOUT, LOST = (
    "parent_not_finished",
    "parent_in_bin",
    "parent_deleted",
    "parent_without_picture",
    "parent_file_missing",
)
ENDED: Mapping[str, str] = {
    State.REFUSED: "was refused by the provider's safety system",
    State.CANCELLED: "was stopped",
    State.UNKNOWN: "ended without an answer from the provider",
    State.ANSWERED: "was answered in words",
}


class ParentRefused(Refused):
    """A turn cannot start from this parent."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True, slots=True)
class Base:
    """The picture that a turn starts from: an output of its parent, or an input with which the thread starts. Neither,
    if the turn starts from words."""

    parent: Turn | None = None
    output: Output | None = None
    start: Input | None = None

    @property
    def is_fresh(self) -> bool:
        return self.output is None and self.start is None

    @property
    def size(self) -> tuple[int, int] | None:
        if self.output is not None:
            return self.output.shown.width, self.output.shown.height
        return (self.start.width, self.start.height) if self.start is not None else None

    @property
    def run(self) -> Run | None:
        """Return the run that it was made by, whose settings the next turn takes over."""
        return self.parent.run if self.parent is not None else None

    @property
    def source(self) -> Output | None:
        """Return the picture of the gallery that the thread starts with, if this is its start and it is one."""
        return self.start.source if self.start is not None else None

    @property
    def awaits_composite(self) -> bool:
        return self.output is not None and self.output.awaits_composite


def of_turn(by: Membership, turn: Turn, *, image: UUID | None = None, is_fresh: bool = False) -> Base:
    """Return the base of a turn that goes on from this one: the picture named, else its keeper, else its first. Raise
    ParentRefused if it has none that can be used."""
    if is_fresh:
        return Base(turn)
    outputs = _pictures(turn, image)
    usable = [one for one in outputs if one.binned_at is None]
    if not usable:
        raise why(turn, outputs)
    return Base(turn, min(usable, key=lambda one: (not one.is_keeper, one.slot.index)))


def of_image(by: Membership, thread: Thread, image: UUID) -> Base | None:
    """Return the base of a turn that goes on from this picture, if it is one of the thread's and may be seen."""
    turn = seen(by, thread).filter(run__outputs__code=image).first()
    return of_turn(by, turn, image=image) if turn else None


def of_start(thread: Thread, *, is_fresh: bool = False) -> Base:
    return Base(start=None if is_fresh else thread.start)


def newest(by: Membership, thread: Thread, *, is_fresh: bool = False) -> Base:
    """Return the base of a turn that goes on from the newest one, or from the nearest turn before it with a picture.
    Raise ParentRefused while the newest is being made."""
    usable = Output.objects.not_in_bin().filter(run=OuterRef("run"))
    rows = seen(by, thread).annotate(has_picture=Exists(usable)).order_by("-number")
    turns = {
        pk: (parent, has, state)
        for pk, parent, has, state in rows.values_list("pk", "parent", "has_picture", "run__state")
    }
    chosen: int | None = next(iter(turns), None)
    while chosen is not None and chosen in turns:
        parent, has_picture, state = turns[chosen]
        if has_picture or state in LIVE:
            return of_turn(by, seen(by, thread).get(pk=chosen), is_fresh=is_fresh)
        chosen = parent
    return of_start(thread, is_fresh=is_fresh)


def seen(by: Membership, thread: Thread) -> QuerySet[Turn]:
    """Return the thread's turns whose runs the member may see."""
    visible = Run.objects.visible_to(by)
    return thread.turns.filter(run__in=visible).select_related("run__connection", "run__org")


def earlier_input(base: Base, by: Membership) -> Input | None:
    """Return the input that the base is, or that this member has made of it before."""
    if base.start is not None or base.output is None:
        return base.start
    return uploads.of_output(output=base.output, by=by.user)


def store(base: Base, undo: ExitStack) -> Ready | None:
    """Read the base's output as an input, outside of any transaction. Raise as `store_output` does."""
    return store_output(base.output, undo, named=_named(base.parent)) if base.output is not None else None


def store_output(output: Output, undo: ExitStack, *, named: str = "this thread") -> Ready:
    """Read an output as an input. `undo` deletes its files again unless it is emptied. Raise ParentRefused if the
    picture is in the bin, deleted or missing in storage, or UploadRefused."""
    if output.binned_at is not None:
        raise _discarded(output, "That picture")
    try:
        ready = uploads.store_output(output)
    except FileNotFoundError:
        sentence = f"The file of the picture that {named} starts from is missing in storage. Choose another picture."
        raise ParentRefused(LOST, sentence) from None
    undo.callback(uploads.forget, ready)
    return ready


def _pictures(turn: Turn, image: UUID | None) -> Sequence[Output]:
    rows = Output.objects.filter(run=turn.run_id).select_related("slot", "composite", "org", "run")
    found = list(rows.filter(code=image) if image else rows)
    if image and not found:
        raise Output.DoesNotExist
    return found


def why(turn: Turn, outputs: Sequence[Output]) -> ParentRefused:
    """Return why a turn without a usable picture cannot be gone on from."""
    name = _named(turn).capitalize()
    if turn.run.state in LIVE:
        return ParentRefused(UNFINISHED, f"{name} is still being made. Wait for its picture, or choose another turn.")
    if any(one.purged_at is None for one in outputs):
        return ParentRefused(
            IN_BIN, f"The picture of {name.lower()} is in the bin. Restore it, or choose another turn."
        )
    if outputs:
        return ParentRefused(DELETED, f"The picture of {name.lower()} was deleted. Go on from another turn.")
    why = ENDED.get(turn.run.state, "failed")
    return ParentRefused(WITHOUT, f"{name} {why}, so it has no picture. Go on from another turn.")


def _discarded(output: Output, name: str) -> ParentRefused:
    if output.purged_at is not None:
        return ParentRefused(DELETED, f"{name} was deleted. Choose another one.")
    return ParentRefused(IN_BIN, f"{name} is in the bin. Restore it, or choose another one.")


def _named(turn: Turn | None) -> str:
    return f"turn {turn.number}" if turn else "turn 0"
