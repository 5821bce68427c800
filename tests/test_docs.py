"""What the documents say is so."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
READ = re.compile(r'environment\.(?:text|flag|number|dollars|choice|listing|database|mail)\(\s*"([A-Z][A-Z0-9_]*)"')
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def settings_read() -> set[str]:
    return {name for file in (ROOT / "saas").rglob("*.py") for name in READ.findall(file.read_text())}


def settings_documented() -> set[str]:
    rows = re.findall(r"^\| (`[^|]+) \|", (ROOT / "docs/settings.md").read_text(), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([A-Z][A-Z0-9_]*)`", row)}


def test_every_setting_is_documented_and_every_documented_setting_is_read() -> None:
    assert settings_read() == settings_documented()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_a_document_names_exists(document: Path) -> None:
    named = re.findall(
        r"`((?:saas|accounts|studio|templates|tests|docs|deploy|bench|bin)/[\w./-]*)`", document.read_text()
    )
    missing = [path for path in named if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_that_a_document_names_exists(document: Path) -> None:
    from django.core.management import get_commands

    named = set(re.findall(r"(?:bin/manage|manage\.py)(?: --data \S+)? ([a-z_]+)", document.read_text()))
    assert named <= set(get_commands())


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{document.name} → {target}"
        for document in DOCUMENTS
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", document.read_text())
        if not (document.parent / target).exists()
    ]
    assert broken == []
