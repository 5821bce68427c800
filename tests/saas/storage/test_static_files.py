import re
from pathlib import Path

import pytest

from saas.storage.static_files import bundle, rebase

STATIC = Path(__file__).parents[3] / "saas/static"
OURS = STATIC / "darkroom"


def read(name: str) -> str:
    return (STATIC / Path(name)).resolve().read_text()


def test_the_bundle_is_one_file_with_every_part_in_its_layer() -> None:
    text = bundle("darkroom/css/main.css", read)

    assert "@import" not in text
    assert text.startswith("@layer tokens, base, components, pages;")
    assert text.count("@layer components {") == len(list((OURS / "css/components").glob("*.css")))
    assert text.count("@media (prefers-color-scheme: dark) {\n@layer tokens {") == 1


def test_the_bundle_names_no_file_that_is_not_there() -> None:
    text = bundle("darkroom/css/main.css", read)

    addresses = [address for address in re.findall(r'url\("([^"]+)"\)', text) if not address.startswith("data:")]

    assert [address for address in addresses if not (OURS / "css" / address).resolve().exists()] == []


def test_an_address_still_points_at_its_file_after_the_move() -> None:
    assert rebase('a { src: url("../../img/x.svg") }', "looks") == 'a { src: url("../img/x.svg") }'


@pytest.mark.parametrize("name", ["crayon"])
def test_drawings_in_a_look_hide_their_brackets_from_the_collector(name: str) -> None:
    """Collecting looks for addresses by their brackets, and would cut a drawing in two."""
    text = (OURS / f"css/looks/{name}.css").read_text()

    drawings = re.findall(r'url\("(data:[^"]+)"\)', text)

    assert len(drawings) == 5
    assert [drawing for drawing in drawings if "(" in drawing or ")" in drawing] == []


def test_every_module_that_the_entry_names_is_there() -> None:
    named = re.findall(r'import\("\./([\w/-]+\.js)"\)', (OURS / "js/main.js").read_text())

    assert len(named) > 10
    assert [name for name in named if not (OURS / "js" / name).exists()] == []


def test_every_part_of_the_stylesheet_is_in_the_bundle() -> None:
    named = set(re.findall(r'@import url\("([^"]+)"\)', (OURS / "css/main.css").read_text()))
    there = {str(path.relative_to(OURS / "css")) for path in (OURS / "css").rglob("*.css")}

    assert {name for name in there - named if not name.startswith("pages/")} == {"main.css"}
