"""Collapse a branch: all its wishes in one numbered instruction, to be run once from the picture that it began with.
One edit changes faces and lettering less than many do."""

from collections.abc import Sequence

from studio.models import Turn
from studio.threads.tree import TreeTurn

INTRODUCTION = "Make all of these changes to Image 1, and nothing else:"


def turns_of(path: Sequence[TreeTurn]) -> list[TreeTurn]:
    """Return the turns of a branch whose wishes can be put in one: those said since it last started from words alone,
    or took all wishes together. Regions that were taken from elsewhere, and turns that are private, have no words."""
    found: list[TreeTurn] = []
    for one in reversed(path):
        if one.turn.is_fresh:
            break
        if one.turn.kind != Turn.Kind.REGION and one.said:
            found.append(one)
        if one.turn.kind == Turn.Kind.COLLAPSED:
            break
    return found[::-1]


def first_parent(path: Sequence[TreeTurn]) -> TreeTurn | None:
    """Return the turn whose picture the branch began with, or None for the picture that the thread starts from."""
    return next((one for one in reversed(path) if one.turn.is_fresh), None)


def instruction(turns: Sequence[TreeTurn]) -> str:
    """Return the wishes of these turns as one numbered instruction, in their order."""
    wishes = [line for one in turns for line in _wishes(one)]
    return "\n".join([INTRODUCTION, *(f"{number}. {wish}" for number, wish in enumerate(wishes, start=1))])


def _wishes(one: TreeTurn) -> list[str]:
    """Return what was wished for in a turn: one wish, or those of an instruction that was collapsed before."""
    lines = [" ".join(line.split()) for line in one.said.splitlines() if line.strip()]
    if one.turn.kind != Turn.Kind.COLLAPSED:
        return [" ".join(lines)]
    return [line.partition(". ")[2] or line for line in lines if line != INTRODUCTION]
