"""bin/test's own PostgreSQL ends with the tests, however they end."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.embedded.instance import ROOT, environment

ASK = """
import os, time, psycopg
def test_ask():
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("darkroom",)
"""
WAIT = "    print('waiting', flush=True)\n    time.sleep(60)\n"


def bin_test(scratch: Path, text: str) -> "subprocess.Popen[str]":
    (scratch / "pytest.ini").write_text("[pytest]\n")
    (scratch / "test_it.py").write_text(text)
    (scratch / "tmp").mkdir()
    command = [sys.executable, "-m", "tools.test", "-s", "-p", "no:django", "-p", "no:xdist"]
    return subprocess.Popen(
        [*command, "-c", str(scratch / "pytest.ini"), str(scratch / "test_it.py")],
        cwd=ROOT,
        env=environment(TMPDIR=str(scratch / "tmp")),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def mentioned(folder: Path) -> list[str]:
    """The processes whose command line names something in this folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += [path.parent.name] if str(folder).encode() in path.read_bytes() else []
        except OSError:  # it ended meanwhile
            continue
    return found


@pytest.mark.parametrize(("more", "code"), [("", 0), ("    assert False\n", 1)])
def test_the_exit_code_is_pytests_and_nothing_stays(tmp_path: Path, more: str, code: int) -> None:
    with bin_test(tmp_path, ASK + more) as process:
        output, _ = process.communicate(timeout=60)
    assert process.returncode == code, output
    assert list((tmp_path / "tmp").iterdir()) == []
    assert mentioned(tmp_path / "tmp") == []


@pytest.mark.parametrize("kind", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_tests_and_nothing_stays(tmp_path: Path, kind: signal.Signals) -> None:
    with bin_test(tmp_path, ASK + WAIT) as process:
        assert process.stdout is not None
        while "waiting" not in process.stdout.readline():
            assert process.poll() is None
        assert mentioned(tmp_path / "tmp") != []
        os.killpg(process.pid, kind) if kind == signal.SIGINT else process.send_signal(kind)  # as a terminal does
        process.communicate(timeout=30)
    assert process.returncode != 0
    assert list((tmp_path / "tmp").iterdir()) == []
    assert mentioned(tmp_path / "tmp") == []
