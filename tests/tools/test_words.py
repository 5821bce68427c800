"""Words that are not plain English are found where people read them, and names in code are left alone."""

from pathlib import Path

import pytest

from tools import words


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(words, "ROOT", tmp_path)
    for name in ("docs", "studio", "studio/migrations", "templates", "tests"):
        (tmp_path / name).mkdir()
    return tmp_path


def test_each_is_named_with_its_place_and_better_words(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "docs/money.md").write_text("# Money\n\nWhoever pays is told.\n")
    (house / "templates/bin.html").write_text("<p>It shall go.</p>\n")
    assert words.main() == 1
    assert capsys.readouterr().out.splitlines() == [
        "docs/money.md:3 “Whoever”: better the person who, anyone who",
        "docs/money.md:3 “is told”: better gets, reads, is notified",
        "templates/bin.html:1 “shall”: better must, should, will",
    ]


def test_a_phrase_that_goes_on_in_the_next_line_is_found(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "studio/bar.py").write_text('"""The admins are\ntold."""\n# It stands\n# in a table.\n')
    assert words.main() == 1
    assert [line.partition(" ")[0] for line in capsys.readouterr().out.splitlines()] == [
        "studio/bar.py:1",
        "studio/bar.py:3",
    ]


def test_names_longer_words_tests_and_migrations_are_left_alone(house: Path) -> None:
    (house / "studio/bar.js").write_text("const NOBODY = 0; // shallow, and in front it stands in front of nothing\n")
    (house / "studio/health.py").write_text('send({"kind": "nobodys.business"})\n')
    (house / "studio/migrations/0001_rows.py").write_text("# made anew\n")
    (house / "tests/test_bar.py").write_text('"""What nobody is told."""\n')
    (house / "studio/picture.webp").write_bytes(b"\xff shall")
    assert words.main() == 0


def test_where_a_word_is_meant_it_is_an_exception(house: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (house / "saas/embedded").mkdir(parents=True)
    for name in ("runner.py", "sockets.py"):
        (house / "saas/embedded" / name).write_text('USER = "nobody"\n')
    assert words.main() == 1
    assert capsys.readouterr().out.startswith("saas/embedded/sockets.py:1 “nobody”")
