"""Lay out a thread's tree for its rail: a row for each turn in their order, and lanes side by side for branches."""

from collections.abc import Sequence
from dataclasses import dataclass

from studio.threads.tree import Tree, TreeTurn

CODE, SHAPE = "00000000-0000-0000-0000-000000000000", "the-shape"
ROW, LANE, LEFT, MOST_LANES = 68, 14, 11, 6  # pixels, and how many lanes have a place of their own


@dataclass(frozen=True, slots=True)
class Row:
    turn: TreeTurn | None  # None: the picture that the thread starts from
    lane: int
    thumbnail: str = ""  # addresses of its picture
    preview: str = ""

    @property
    def x(self) -> int:
        return LEFT + LANE * min(self.lane, MOST_LANES)


@dataclass(frozen=True, slots=True)
class Line:
    """An edge of the tree, as the data of an SVG path."""

    path: str
    is_of_branch: bool  # on the way to the turn that is looked at


@dataclass(frozen=True, slots=True)
class Drawing:
    rows: Sequence[Row]
    lines: Sequence[Line]
    width: int
    height: int


def draw(tree: Tree, current: TreeTurn | None, *, address: str) -> Drawing:
    """Lay out a tree. `address` is that of a picture's file, with CODE and SHAPE in the places of those."""
    lanes = _lanes(tree)
    rows = [Row(None, 0), *(_row(one, lanes[one.number], address) for one in tree.turns)]
    at = {row.turn.number if row.turn else 0: (row.x, ROW * index + ROW // 2) for index, row in enumerate(rows)}
    branch = {one.number for one in current.path} if current else set()
    lines = [
        Line(_edge(at[one.parent.number if one.parent else 0], at[one.number]), one.number in branch)
        for one in tree.turns
    ]
    lines.sort(key=lambda line: line.is_of_branch)  # drawn last, so above the others
    used = 1 + min(max(lanes.values(), default=0), MOST_LANES)
    return Drawing(rows, lines, LEFT + LANE * used, ROW * len(rows))


def _row(one: TreeTurn, lane: int, address: str) -> Row:
    picture = one.picture
    if picture is None:
        return Row(one, lane)
    file = address.replace(CODE, str(picture.code))
    return Row(one, lane, file.replace(SHAPE, picture.shown_thumbnail), file.replace(SHAPE, picture.shown_preview))


def _lanes(tree: Tree) -> dict[int, int]:
    """Return the lane of each turn. The first child goes on in its parent's lane; each other one opens another, the
    first that is free from its parent's row to the last of its own branch."""
    until: dict[int, int] = {}  # the last row in which a lane is taken
    lanes: dict[int, int] = {}
    taken: dict[int, int] = {}
    for one in tree.turns:
        parent = one.parent.number if one.parent else 0
        lane = lanes.get(parent, 0)
        if parent in taken:  # it has been gone on from before
            lane = next(free for free in range(len(until) + 1) if until.get(free, -1) < parent and free)
        taken[parent] = one.number
        lanes[one.number] = lane
        until[lane] = max(until.get(lane, 0), _last_of_line(one))
    return lanes


def _last_of_line(one: TreeTurn) -> int:
    while one.children:
        one = one.children[0]
    return one.number


def _edge(start: tuple[int, int], end: tuple[int, int]) -> str:
    (x, y), (to_x, to_y) = start, end
    if x == to_x:
        return f"M{x} {y}V{to_y}"
    return f"M{x} {y}C{x} {y + ROW // 2} {to_x} {y + ROW // 4} {to_x} {y + ROW}V{to_y}"
