"""What bin/test does about programs that the machine lacks. Debian's tools are replaced by ones that write down."""

import subprocess
from pathlib import Path

import pytest

from tools import debian, test

LACKING = debian.Need("redis-server", ("no-such-program",), "NO_SUCH_VARIABLE", "some tests")


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """The policy file says in each call whether services may start."""
    made: list[str] = []
    monkeypatch.setattr(debian, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(debian, "NEEDS", (LACKING,))
    monkeypatch.setattr("shutil.which", lambda name, path=None: "/usr/bin/apt-get" if name == "apt-get" else None)

    def write_down(command: list[str], **_: object) -> "subprocess.CompletedProcess[bytes]":
        assert debian.POLICY.read_text().endswith("exit 101\n")
        made.append(" ".join(command[command.index("Dpkg::Use-Pty=0") + 1 :]))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("subprocess.run", write_down)
    return made


def test_root_installs_what_is_missing_and_starts_none_of_it(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    debian.provide()
    assert calls == ["update", "install --yes --no-install-recommends redis-server"]
    assert not debian.POLICY.exists()
    assert capsys.readouterr().out.startswith("Installing redis-server for the tests …\n")


def test_a_policy_that_stood_there_stays(calls: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    debian.POLICY.write_text("#!/bin/sh\n# the operator's own\nexit 101\n")
    debian.provide()
    assert len(calls) == 2
    assert "the operator's own" in debian.POLICY.read_text()


def test_others_are_told_what_is_skipped(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    debian.provide()
    assert calls == []
    assert capsys.readouterr().out == "redis-server is not installed, so some tests are skipped.\n"


@pytest.mark.parametrize(("user_id", "number"), [(0, 2), (1000, 0)])
def test_what_is_dearer_does_as_well_where_the_best_cannot_be_installed(
    user_id: int, number: int, calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    need = debian.Need("slim-browser", ("no-such-program",), "", "some tests", dearer=("apt-get",))
    monkeypatch.setattr(debian, "NEEDS", (need,))
    monkeypatch.setattr("os.geteuid", lambda: user_id)
    debian.provide()
    assert len(calls) == number
    assert "are skipped" not in capsys.readouterr().out


def test_one_that_runs_already_is_used(
    calls: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NO_SUCH_VARIABLE", "redis://127.0.0.1")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    debian.provide()
    assert calls == []
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("arguments", "is_parallel"),
    [
        ([], True),
        (["tests/saas", "-q"], True),
        (["-n0"], False),
        (["-n", "4"], False),
        (["-p", "no:xdist"], False),
        (["--pdb"], False),
    ],
)
def test_several_workers_unless_the_person_says_otherwise(arguments: list[str], is_parallel: bool) -> None:
    assert bool(test.parallel(arguments)) is is_parallel
