"""What `{a|b}` stands for."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from studio.sheets import permutations
from studio.sheets.permutations import NestedTooDeeply, TooManyVariants, escape, expand


@pytest.mark.parametrize(
    ("text", "stands_for"),
    [
        ("A lamp", ["A lamp"]),
        ("A {red|blue} lamp", ["A red lamp", "A blue lamp"]),
        ("{a|b}{1|2}", ["a1", "a2", "b1", "b2"]),
        ("{a {x|y}|b}", ["a x", "a y", "b"]),
        ("{|very }big", ["big", "very big"]),
        ("\\{a\\|b\\}", ["{a|b}"]),
        ("{a\\|b|c}", ["a|b", "c"]),
        ('{"json": "stays"}', ['{"json": "stays"}']),
        ("{x {a|b}}", ["{x a}", "{x b}"]),
        ("{open|never closed", ["{open|never closed"]),
        ("closed} | only", ["closed} | only"]),
        ("C:\\dir", ["C:\\dir"]),
    ],
)
def test_a_text_stands_for(text: str, stands_for: list[str]) -> None:
    assert expand(text) == stands_for


def test_too_many_are_refused_before_they_are_made() -> None:
    began = time.process_time()
    with pytest.raises(TooManyVariants):
        expand("{a|b}" * 4000)
    with pytest.raises(NestedTooDeeply):
        expand("{a|" * 4000 + "b" + "}" * 4000)
    assert time.process_time() - began < 2
    assert len(expand("{a|b}" * 6)) == 64 <= permutations.MOST_VARIANTS


@given(some.text())
def test_what_is_escaped_stands_for_itself(text: str) -> None:
    assert expand(escape(text)) == [text]


@given(some.text(alphabet="{|}\\ab", max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    try:
        assert expand(text)
    except (TooManyVariants, NestedTooDeeply):
        return
