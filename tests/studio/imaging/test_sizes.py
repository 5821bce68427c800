"""The rules are written a second time here, and the nearest size is looked for among all that there are."""

from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.imaging.sizes import FixedSizes, FreeSizes, Size, SizeRule, fits, nearest, of_shape, read_rule
from tests.support.catalogue_rows import row

RULE = row().sizes
SIDES = range(16, 3841, 16)
LEGAL = [
    (width, height)
    for width in SIDES
    for height in SIDES
    if 655_360 <= width * height <= 8_294_400 and max(width, height) <= 3 * min(width, height)
]
EVERY_LEGAL = set(LEGAL)


def is_legal(width: int, height: int, rule: SizeRule) -> bool:
    return not rule.faults(Size(width, height))


def change(width: int, height: int, asked: tuple[int, int]) -> tuple[float, float]:
    across = max(width / asked[0], asked[0] / width)
    down = max(height / asked[1], asked[1] / height)
    return max(across, down), min(across, down)


def test_the_rule_of_the_default_model_allows_exactly_the_legal_sizes() -> None:
    sides = range(1, 3900)
    on_the_grid = {(w, h) for w in range(16, 3900, 16) for h in range(16, 3900, 16) if is_legal(w, h, RULE)}
    assert on_the_grid == EVERY_LEGAL
    assert not any(is_legal(side, 1024, RULE) for side in sides if side % 16)
    assert not any(is_legal(1024, side, RULE) for side in sides if side % 16)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("1920x1080", "1920x1088"),
        ("800x800", "816x816"),
        ("256x256", "816x816"),
        ("1x1", "816x816"),
        ("4096x2160", "3840x2160"),
        ("8000x4500", "3840x2160"),
        ("5000x5000", "2880x2880"),
        ("1254x1254", "1248x1248"),
        ("1024x1024", "1024x1024"),
        ("999999999x1", "3840x1280"),
        ("1x999999999", "1280x3840"),
    ],
)
def test_the_nearest_size_is_the_one_a_person_would_choose(asked: str, expected: str) -> None:
    assert str(nearest(*Size.read(asked), RULE)) == expected


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 6000), st.integers(1, 6000))
@example(1, 999_999_999)
@example(3840, 1080)
@example(1023, 1025)
def test_the_nearest_size_is_legal_and_no_legal_size_is_nearer(width: int, height: int) -> None:
    found = nearest(width, height, RULE)
    assert found in EVERY_LEGAL
    best = min((change(*size, (width, height)) for size in LEGAL), default=(inf, inf))
    assert change(*found, (width, height)) == best
    assert nearest(height, width, RULE).pixels == found.pixels


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(LEGAL))
def test_a_legal_size_is_its_own_nearest(size: tuple[int, int]) -> None:
    assert nearest(*size, RULE) == size
    assert RULE.faults(Size(*size)) == []


SMALL_RULES = st.builds(
    FreeSizes,
    multiple_of=st.sampled_from([1, 2, 3, 8]),
    pixels_min=st.integers(1, 300),
    pixels_max=st.integers(600, 2000),
    edge_max=st.integers(24, 64),
    ratio_max=st.integers(1, 4),
)


@settings(max_examples=100, deadline=None)
@given(SMALL_RULES, st.integers(1, 100), st.integers(1, 100))
def test_other_rules_are_searched_just_as_completely(rule: FreeSizes, width: int, height: int) -> None:
    sides = range(rule.multiple_of, rule.edge_max + 1, rule.multiple_of)
    legal = [Size(w, h) for w in sides for h in sides if not rule.faults(Size(w, h))]
    found = nearest(width, height, rule)
    assert found in legal
    assert change(*found, (width, height)) == min(change(*size, (width, height)) for size in legal)


def test_every_broken_rule_is_told() -> None:
    assert RULE.faults(Size(5001, 100)) == [
        "both sides must be divisible by 16",
        "no side may be longer than 3,840 pixels",
        "one side may be at most 3 times as long as the other",
        "it has fewer than 655,360 pixels",
    ]
    assert RULE.faults(Size(3840, 3840)) == ["it has more than 8,294,400 pixels"]


def test_a_fixed_list_allows_its_sizes_alone() -> None:
    rule = read_rule({"kind": "fixed", "sizes": ["1024x1024", "1536x1024"], "allows_auto": False})
    assert rule == FixedSizes((Size(1024, 1024), Size(1536, 1024)), allows_auto=False)
    assert is_legal(1536, 1024, rule)
    assert rule.faults(Size(1024, 1536)) == ["this model makes only 1024x1024, 1536x1024"]
    assert nearest(1920, 1080, rule) == Size(1536, 1024)


def test_a_rule_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="'round' is not known"):
        read_rule({"kind": "round"})


def test_a_scale_is_no_other_shape() -> None:
    assert fits(Size(1024, 1024), Size(2880, 2880))
    assert fits(Size(1024, 1024), Size(1000, 1024))
    assert fits(Size(1536, 1024), Size(1500, 1002))
    assert not fits(Size(1536, 1024), Size(1024, 1024))
    assert not fits(Size(1024, 1536), Size(1536, 1024))


@pytest.mark.parametrize(
    "asked", [(60, 40), (300, 900), (333, 500), (800, 600), (4000, 3000), (8192, 3000), (1254, 1254)]
)
def test_there_is_a_legal_size_of_every_shape_that_may_be(asked: tuple[int, int]) -> None:
    found = of_shape(*asked, RULE)
    assert is_legal(*found, RULE)
    assert fits(found, Size(*asked))
    assert of_shape(1536, 1024, RULE) == Size(1536, 1024)
