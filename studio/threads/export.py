"""List what a thread's ZIP holds: its pictures in their order, and thread.json with words, parents and prices."""

from typing import Any

from saas.text import money
from studio.files import names
from studio.files.zip_stream import Archive, Member
from studio.models import Output
from studio.threads.tree import Tree, TreeTurn

DOCUMENT = "thread.json"
VERSION = 1


def archive_of(found: Tree) -> Archive:
    """Return the ZIP of a thread as one member sees it. Private turns of others have a place and nothing else."""
    members = [Member(_name_of_start(found), found.thread.start.file)] if found.thread.start else []
    for one in found.turns:
        members += [Member(_name_of(one, output), output.shown.file) for output in one.outputs]
    folder = f"{names.safe(found.title, most=40).strip('.-_') or 'thread'}-{str(found.thread.code)[:8]}".lower()
    return Archive(folder, found.thread.created_at, _document(found), tuple(members), DOCUMENT)


def _document(found: Tree) -> dict[str, Any]:
    thread = found.thread
    return {
        "version": VERSION,
        "thread": str(thread.code),
        "title": found.title,
        "maker": thread.maker.display_name,
        "created_at": thread.created_at.isoformat(),
        "cost": money.exact(sum(one.cost_micros for one in found.turns if not one.is_hidden)),
        "start": _name_of_start(found) if thread.start else None,
        "turns": [_turn(one) for one in found.turns],
    }


def _turn(one: TreeTurn) -> dict[str, Any]:
    place = {"number": one.number, "parent": one.parent.number if one.parent else 0, "is_private": one.is_hidden}
    if one.is_hidden:
        return place
    return {
        **place,
        "turn": str(one.turn.code),
        "run": str(one.run.code),
        "kind": one.turn.kind,
        "other": one.turn.other.number if one.turn.other else None,
        "starts_from_words": one.turn.is_fresh,
        "state": one.run.state,
        "said": one.said,
        "model": one.run.model,
        "size": one.run.asked.get("size"),
        "quality": one.run.asked.get("quality"),
        "has_mask": bool(one.run.asked.get("mask")),
        "maker": one.run.maker.display_name,
        "created_at": one.run.created_at.isoformat(),
        "cost": money.exact(one.cost_micros),
        "files": [_name_of(one, output) for output in one.outputs],
        "error": one.error or None,
    }


def _name_of_start(found: Tree) -> str:
    start = found.thread.start
    return f"000-start.{names.ending(start.file)}" if start else ""


def _name_of(one: TreeTurn, output: Output) -> str:
    words = names.safe(one.said[:80], most=40).strip(".-_").lower()
    several = f"-{output.slot.index + 1}" if one.run.count > 1 else ""
    return f"{one.number:03d}{'-' if words else ''}{words}{several}.{names.ending(output.shown.file)}"
