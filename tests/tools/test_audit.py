"""bin/audit reports what pip-audit found, and says so if that is nothing at all."""

import json
import subprocess

import pytest

from tools import audit

KNOWN = {"name": "django", "version": "5.2.1", "vulns": []}
UNKNOWN = {"name": "tzdata", "skip_reason": "Dependency not found on PyPI and could not be audited: tzdata (2026.6)"}


def report(*packages: object) -> list[str]:
    return list(audit.report(json.dumps({"dependencies": packages, "fixes": []}), ""))


def test_a_vulnerability_is_named_with_the_version_that_fixes_it() -> None:
    found = {"id": "PYSEC-2026-1", "fix_versions": ["5.2.2"], "aliases": [], "description": "Reads too much.\nMore."}
    assert report(UNKNOWN, {**KNOWN, "vulns": [found]}) == [
        "django 5.2.1: PYSEC-2026-1, fixed in 5.2.2. Reads too much.",
        "bin/audit: 1 of 2 packages looked up. Known vulnerabilities: 1.",
    ]


def test_an_unfixed_vulnerability_without_a_description_is_named_too() -> None:
    found = {"id": "PYSEC-2026-2", "fix_versions": [], "aliases": [], "description": ""}
    assert report({**KNOWN, "vulns": [found]})[0] == "django 5.2.1: PYSEC-2026-2, fixed in no version yet."


def test_a_service_that_knows_no_package_is_not_taken_for_a_clean_bill() -> None:
    assert report(UNKNOWN) == ["bin/audit: nothing was audited: the advisory service knows none of our packages (1)."]


def test_without_a_network_the_report_says_so_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def offline(command: list[str], **_options: object) -> "subprocess.CompletedProcess[str]":
        return subprocess.CompletedProcess(command, 1, "", "Traceback\nConnectionError: no route\n")

    monkeypatch.setattr(subprocess, "run", offline)
    assert audit.main() == 0
    assert capsys.readouterr().out == (
        "bin/audit: nothing was audited, probably because the advisory service could not be reached "
        "(ConnectionError: no route).\n"
    )
