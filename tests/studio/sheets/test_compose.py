"""What the cells of a row ask for."""

from typing import Any

import pytest

from studio.sheets import compose, mapping, read_table
from studio.sheets.compose import Request, RowRefused


def requests(row: dict[str, Any], **more: Any) -> list[Request]:
    table = read_table.read_objects([row])
    defaults = more.pop("asked", {})
    columns = mapping.read(table.columns, has_default=defaults, **more)
    return compose.requests_of(table.rows[0], columns, defaults)


def test_a_cell_outweighs_what_counts_for_the_sheet() -> None:
    (one,) = requests(
        {"prompt": "A lamp", "Quality": "low", "Size": ""}, asked={"quality": "high", "size": "1024x1024"}
    )
    assert one.asked == {"prompt": "A lamp", "quality": "low", "size": "1024x1024"}


def test_lists_multiply_or_go_side_by_side() -> None:
    row = {"size": "S|M", "colour": "red|blue", "prompt": "x"}
    each = requests(
        row, template="{colour} {size}", chosen={"size": ""}, lists={"size": "multiply", "colour": "multiply"}
    )
    assert [one.asked["prompt"] for one in each] == ["red S", "blue S", "red M", "blue M"]
    side = requests(row, template="{colour} {size}", chosen={"size": ""}, lists={"size": "zip", "colour": "zip"})
    assert [one.asked["prompt"] for one in side] == ["red S", "blue M"]
    with pytest.raises(RowRefused, match="not equally long"):
        requests({**row, "size": "S|M|L"}, template="{colour} {size}", lists={"size": "zip", "colour": "zip"})


def test_a_column_that_comes_twice_in_the_template_says_the_same_both_times() -> None:
    each = requests({"colour": "{red|blue}"}, template="{colour} lamp, {colour} light")
    assert [one.asked["prompt"] for one in each] == ["red lamp, red light", "blue lamp, blue light"]


def test_a_mapping_outweighs_what_a_column_is_called() -> None:
    (one,) = requests({"Text": "A lamp", "prompt": "a note"}, chosen={"text": "prompt"})
    assert one.asked == {"prompt": "A lamp"}


def test_styles_tags_and_pictures_are_split() -> None:
    row = {"prompt": "x", "style": "neon, oil", "tags": "hero;new", "photo": "a.png|b.png\nc.png", "collection": "Shop"}
    (one,) = requests(row)
    assert one.asked == {"prompt": "x", "styles": ["neon", "oil"]}
    assert (one.references, one.tags, one.collection) == (("a.png", "b.png", "c.png"), ("hero", "new"), "Shop")


def test_a_row_that_stands_for_too_much_is_refused() -> None:
    with pytest.raises(RowRefused) as refused:
        requests({"a": "{1|2|3|4|5|6|7|8|9|10}", "b": "{1|2|3|4|5|6|7|8|9|10|11}"}, template="{a} {b}")
    assert refused.value.fault.code == "too_many_variants"
