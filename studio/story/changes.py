"""Describe how two runs differ, in words such as “quality low → high”."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

NAMES = {
    "kind": "kind",
    "model": "model",
    "size": "size",
    "quality": "quality",
    "format": "format",
    "compression": "compression",
    "background": "background",
    "moderation": "moderation",
    "n": "pictures",
    "references": "references",
    "mask": "mask",
    "keep_rest": "keep everything else",
    "feather": "feather",
    "input_fidelity": "input fidelity",
    "api": "API",
}
MOST_WORDS = 1500  # of a text that is compared word by word: a longer one would take seconds
PIECE = re.compile(r"\s*\S+|\s+$")
SIZE = re.compile(r"(\d+)x(\d+)")


@dataclass(frozen=True)
class Word:
    """A piece of a text: in both versions, deleted, or inserted."""

    text: str
    mark: str = ""  # "", "del" or "ins"


@dataclass(frozen=True)
class Change:
    name: str
    before: str = ""
    after: str = ""
    words: Sequence[Word] = ()

    def __str__(self) -> str:
        return f"{self.name} {self.before} → {self.after}" if self.before or self.after else self.name


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return the changes between two stored specs. The first one is always about the prompt."""
    return [_of_the_prompt(before.get("prompt", ""), after.get("prompt", "")), *_of_the_rest(before, after)]


def said(changes: Iterable[Change]) -> str:
    return ", ".join(str(change) for change in changes)


def words(before: str, after: str) -> list[Word]:
    """Compare two texts word by word. Return an empty list if they are equal or too long."""
    old, new = PIECE.findall(before), PIECE.findall(after)
    if before == after or max(len(old), len(new)) > MOST_WORDS:
        return []
    return list(_compared(old, new))


def shown(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    found = SIZE.fullmatch(str(value))
    if found is None:
        return str(value)
    return f"{found[1]}²" if found[1] == found[2] else f"{found[1]} × {found[2]}"  # noqa: RUF001 the sign


def _of_the_prompt(before: str, after: str) -> Change:
    if before == after:
        return Change("same prompt")
    return Change("different prompt", words=words(before, after))


def _of_the_rest(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for field, name in NAMES.items():
        if before.get(field) != after.get(field):
            yield Change(name, shown(before.get(field)), shown(after.get(field)))


def _compared(old: list[str], new: list[str]) -> Iterator[Word]:
    for what, a, b, c, d in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield Word("".join(new[c:d]))
            continue
        if a < b:
            yield Word("".join(old[a:b]), "del")
        if c < d:
            yield Word("".join(new[c:d]), "ins")
