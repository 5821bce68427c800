"""Read the strokes with which a mask was painted, in the picture's pixels, so that it can be edited again.

Strokes come from a browser and are sent to other browsers, so they are untrusted: their length is limited before they
are parsed, and only known fields are copied."""

import json
from typing import Any, NotRequired, TypedDict

from studio.imaging.inspection import UploadRefused

VERSION = 1
LIMIT_BYTES = 1_000_000
MOST_STROKES = 2_000
MOST_NUMBERS = 200_000
LARGEST = 20_000.0  # pixels; a stroke may leave the picture
SIZE_MAX = 4_000.0
WITH_SIZE = {"brush", "erase"}
WITH_POINTS = {*WITH_SIZE, "box", "lasso"}
WHOLE = {"invert", "clear"}
BOX_NUMBERS = 4


class Stroke(TypedDict):
    tool: str
    size: NotRequired[float]
    points: NotRequired[list[float]]  # x, y, x, y, …


class Strokes(TypedDict):
    version: int
    width: int
    height: int
    strokes: list[Stroke]


def read_strokes(text: str, *, width: int, height: int) -> Strokes:
    """Read the strokes of a mask of this size. Raise UploadRefused if they are not valid."""
    if len(text) > LIMIT_BYTES:
        raise _refusal()
    try:
        data = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise _refusal() from None
    if not isinstance(data, dict) or (data.get("width"), data.get("height")) != (width, height):
        raise _refusal()
    listed = data.get("strokes")
    if not isinstance(listed, list) or len(listed) > MOST_STROKES:
        raise _refusal()
    strokes = [_stroke(one) for one in listed]
    if sum(len(one.get("points", [])) for one in strokes) > MOST_NUMBERS:
        raise _refusal()
    return {"version": VERSION, "width": width, "height": height, "strokes": strokes}


def _stroke(data: Any) -> Stroke:
    tool = data.get("tool") if isinstance(data, dict) else None
    if not isinstance(tool, str) or tool not in WITH_POINTS | WHOLE:
        raise _refusal()
    stroke: Stroke = {"tool": tool}
    if tool in WITH_SIZE:
        stroke["size"] = _number(data.get("size"), least=0.1, most=SIZE_MAX)
    if tool in WITH_POINTS:
        stroke["points"] = _points(data.get("points"), tool)
    return stroke


def _points(data: Any, tool: str) -> list[float]:
    if not isinstance(data, list) or not data or len(data) % 2 or len(data) > MOST_NUMBERS:
        raise _refusal()
    if tool == "box" and len(data) != BOX_NUMBERS:
        raise _refusal()
    return [_number(one, least=-LARGEST, most=LARGEST) for one in data]


def _number(data: Any, *, least: float, most: float) -> float:
    if isinstance(data, bool) or not isinstance(data, int | float) or not least <= data <= most:
        raise _refusal()
    return round(data, 1)


def _refuse_constant(_: str) -> None:
    raise _refusal()


def _refusal() -> UploadRefused:
    return UploadRefused("strokes", "The strokes of this mask cannot be read. Paint it again.")
