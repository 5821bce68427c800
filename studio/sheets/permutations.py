"""Expand `{red|blue} chair` into all texts that it stands for. Groups nest; a backslash before `{`, `|`, `}` or itself
takes its meaning away. Braces without a `|` between them are plain text."""

from itertools import product

MOST_VARIANTS = 100
DEEPEST = 12
SPECIAL = frozenset("{|}\\")


class TooManyVariants(Exception):
    def __init__(self) -> None:
        super().__init__(f"This stands for more than {MOST_VARIANTS} pictures.")


class NestedTooDeeply(Exception):
    def __init__(self) -> None:
        super().__init__(f"Groups may be nested {DEEPEST} deep at most.")


def expand(text: str) -> list[str]:
    """Return the texts in order, the last group changing fastest. Raise TooManyVariants or NestedTooDeeply."""
    if not SPECIAL & set(text):
        return [text]
    return _expanded(text, 0, len(text), _groups(text), 0)


def escape(text: str) -> str:
    return "".join(f"\\{char}" if char in SPECIAL else char for char in text)


def _groups(text: str) -> dict[int, list[int]]:
    """Return where each group begins, with the places of its bars and of its end."""
    found: dict[int, list[int]] = {}
    open_at: list[list[int]] = []
    place = 0
    while place < len(text):
        char = text[place]
        if char == "\\" and text[place + 1 : place + 2] in SPECIAL:
            place += 1
        elif char == "{":
            open_at.append([place])
        elif char == "|" and open_at:
            open_at[-1].append(place)
        elif char == "}" and open_at:
            begin, *bars = open_at.pop()
            if bars:
                found[begin] = [*bars, place]
        place += 1
    return found


def _expanded(text: str, begin: int, end: int, groups: dict[int, list[int]], depth: int) -> list[str]:
    if depth > DEEPEST:
        raise NestedTooDeeply
    parts: list[list[str]] = []
    plain: list[str] = []
    place = begin
    while place < end:
        char = text[place]
        if char == "\\" and place + 1 < end and text[place + 1] in SPECIAL:
            plain.append(text[place + 1])
            place += 2
        elif place in groups:
            parts += [["".join(plain)], []]
            plain = []
            first = place + 1
            for bar in groups[place]:
                parts[-1] += _expanded(text, first, bar, groups, depth + 1)
                first = bar + 1
            _bound(len(parts[-1]))
            place = groups[place][-1] + 1
        else:
            plain.append(char)
            place += 1
    parts.append(["".join(plain)])
    count = 1
    for part in parts:
        count *= len(part)
        _bound(count)
    return ["".join(chosen) for chosen in product(*parts)]


def _bound(count: int) -> None:
    if count > MOST_VARIANTS:
        raise TooManyVariants
