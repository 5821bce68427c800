"""What nothing in the product uses is found, also where a test still uses it."""

from pathlib import Path

import pytest

from tools import unused


@pytest.fixture
def product(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setattr(unused, "ROOT", tmp_path)
    for name in unused.PRODUCT:
        (tmp_path / name).write_text("") if name.endswith(".py") else (tmp_path / name).mkdir()
    (tmp_path / "templates").mkdir()
    return tmp_path


def test_what_is_used_nowhere_is_named(product: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (product / "studio/shapes.py").write_text("def legal():\n    pass\n\n\ndef nearest():\n    pass\n")
    (product / "studio/page.py").write_text("from studio.shapes import nearest\n\nnearest()\n")
    assert unused.main() == 1
    assert capsys.readouterr().out == "studio/shapes.py:1 function legal is used nowhere\n"


def test_a_template_a_dotted_string_and_a_framework_use_things(product: Path) -> None:
    (product / "studio/shapes.py").write_text(
        "class Bar:\n    @property\n    def choices(self):\n        pass\n\n    def clean_name(self):\n        pass\n"
    )
    (product / "templates/bar.html").write_text("{{ bar.choices }}")
    (product / "saas/settings.py").write_text('BAR = "studio.shapes.Bar"\n')
    assert unused.main() == 0
