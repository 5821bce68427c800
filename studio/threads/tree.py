"""Read a thread as a member may see it, in a fixed number of statements."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Sum

from accounts.models import Membership
from billing.models import Entry
from studio.models import LIVE, Output, Run, Slot, State, Thread, Turn, Visibility
from studio.threads.defaults import resized_from

TAGS = "taggings__tag"


@dataclass(frozen=True, eq=False)  # equal to itself alone: to compare the whole tree would be slow
class TreeTurn:
    """A turn with its pictures and cost, as one member sees it. Of a colleague's private run only its place is left."""

    turn: Turn
    parent: "TreeTurn | None"
    cost_micros: int
    is_hidden: bool
    children: list["TreeTurn"] = field(default_factory=list)

    @property
    def run(self) -> Run:
        return self.turn.run

    @property
    def number(self) -> int:
        return self.turn.number

    @cached_property
    def said(self) -> str:
        return "" if self.is_hidden else self.run.title

    @cached_property
    def slots(self) -> list[Slot]:
        return [] if self.is_hidden else list(self.run.slots.all())

    @cached_property
    def outputs(self) -> list[Output]:
        """Return the pictures that are not in the bin."""
        return [slot.output for slot in self.slots if hasattr(slot, "output") and slot.output.binned_at is None]

    @cached_property
    def picture(self) -> Output | None:
        """Return the picture that the next turn starts from: its keeper, else its first."""
        return min(self.outputs, key=lambda one: (not one.is_keeper, one.slot.index), default=None)

    @property
    def state(self) -> str:
        """Return the state of the run. A turn is running until the untouched pixels are put back, too, since the next
        one starts from them."""
        if self.run.state == State.SUCCEEDED and any(one.awaits_composite for one in self.outputs):
            return State.RUNNING
        return self.run.state

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def error(self) -> str:
        return next((slot.error_sentence for slot in self.slots if slot.has_failed and not slot.words), "")

    @property
    def resized_from(self) -> str:
        if self.is_hidden or self.turn.is_fresh:
            return ""
        shown = self.turn.base.shown if self.turn.base else self.turn.thread.start
        return resized_from((shown.width, shown.height) if shown else None, self.run.asked)

    @property
    def path(self) -> list["TreeTurn"]:
        """Return the turns from the first of its branch to this one."""
        found, one = [self], self.parent
        while one is not None:
            found.append(one)
            one = one.parent
        return found[::-1]


@dataclass(frozen=True, slots=True)
class Tree:
    thread: Thread
    turns: Sequence[TreeTurn]

    @property
    def cost_micros(self) -> int:
        return sum(one.cost_micros for one in self.turns)

    @property
    def newest(self) -> TreeTurn | None:
        return self.turns[-1] if self.turns else None

    @property
    def title(self) -> str:
        first = next((one.said for one in self.turns if one.said), "")
        return self.thread.title or first or (self.thread.start.name if self.thread.start else "")

    def turn(self, code: Any) -> TreeTurn | None:
        return next((one for one in self.turns if str(one.turn.code) == str(code)), None)

    def numbered(self, number: int) -> TreeTurn | None:
        return next((one for one in self.turns if one.number == number), None)


def read(thread: Thread, member: Membership) -> Tree:
    """Read a thread that was fetched with its start, for a member who may see it."""
    turns = list(_with_all(thread, member))
    costs = _costs([turn.run for turn in turns])
    found: dict[int, TreeTurn] = {}
    for turn in turns:
        turn.thread = thread
        parent = found.get(turn.parent_id) if turn.parent_id else None
        is_hidden = turn.run.visibility == Visibility.PRIVATE and turn.run.maker_id != member.user_id
        found[turn.pk] = one = TreeTurn(turn, parent, costs.get(turn.run.code, 0), is_hidden)
        if parent is not None:
            parent.children.append(one)
    return Tree(thread, list(found.values()))


def read_turn(thread: Thread, turn: Turn, member: Membership) -> TreeTurn:
    """Read one turn of a thread, with its parent's place alone."""
    found = _with_all(thread, member).select_related("parent__run").get(pk=turn.pk)
    found.thread = thread
    parent = TreeTurn(found.parent, None, 0, is_hidden=True) if found.parent else None
    is_hidden = found.run.visibility == Visibility.PRIVATE and found.run.maker_id != member.user_id
    return TreeTurn(found, parent, _costs([found.run]).get(found.run.code, 0), is_hidden)


def _with_all(thread: Thread, member: Membership) -> Any:
    outputs = Slot.objects.select_related("output__composite").prefetch_related(f"output__{TAGS}").order_by("index")
    slots: Prefetch[Any] = Prefetch("run__slots", outputs)
    related = thread.turns.select_related("run__maker", "run__api_key", "run__parent", "base__composite")
    return related.prefetch_related(slots).order_by("number")


def _costs(runs: Sequence[Run]) -> dict[Any, int]:
    """Return what the ledger says that each run has cost so far, by its code."""
    rows = Entry.objects.filter(run_code__in=[run.code for run in runs]).order_by()
    return dict(rows.values("run_code").annotate(micros=Sum("micros")).values_list("run_code", "micros"))
