"""bin/_environment and tools/environment.py, in a copy that asks for one small thing instead of Django."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHOW = "import sys; print(sys.prefix)"
MAKING = """\
Making Darkroom's environment, once; it takes about half a minute:
  an empty environment …
  its 0 packages …
"""
SCRIPT = (
    '#!/usr/bin/env bash\nset -euo pipefail\nsource "$(dirname "${BASH_SOURCE[0]}")/_environment"\nrun_inside "$@"\n'
)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two starts at once have made its environment. Nothing is installed in it, so that no registry is asked."""
    root = tmp_path_factory.mktemp("with space") / "clone"
    for name in ("bin/_environment", "tools/environment.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for name in ("requirements.txt", "requirements-dev.txt"):
        (root / name).write_text("# nothing\n")
    (root / "bin" / "program").write_text(SCRIPT)
    (root / "bin" / "program").chmod(0o755)
    command = [str(root / "bin" / "program"), "requirements-dev.txt", "-c", SHOW]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    answers = [process.communicate() for process in both]
    assert [out for out, _ in answers] == [f"{root}/.venv\n"] * 2, answers
    assert sorted(error for _, error in answers) == ["", MAKING]
    return root


def run(root: Path, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [root / "bin" / "program", *arguments],
        env={**os.environ, **variables},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_second_time_nothing_is_made(made: Path) -> None:
    done = run(made, "requirements-dev.txt", "-c", SHOW)
    assert (done.stdout, done.stderr) == (f"{made}/.venv\n", "")


def test_the_developers_requirements_cover_the_others(made: Path) -> None:
    assert run(made, "requirements.txt", "-c", SHOW).stderr == ""


def test_the_programs_exit_code_and_arguments_come_through(made: Path) -> None:
    done = run(made, "requirements.txt", "-c", "import sys; print(sys.argv[1:]); sys.exit(7)", "a b", "--port")
    assert (done.returncode, done.stdout) == (7, "['a b', '--port']\n")


def test_the_program_has_the_scripts_process_id(made: Path) -> None:
    with subprocess.Popen(
        [made / "bin" / "program", "requirements.txt", "-c", "import os; print(os.getpid())"], stdout=subprocess.PIPE
    ) as process:
        assert process.communicate()[0] == f"{process.pid}\n".encode()


def test_changed_requirements_are_installed_and_an_interruption_begins_anew(made: Path) -> None:
    (made / "requirements.txt").write_text("no-such-package-of-darkroom @ file:///nowhere\n")
    failed = run(made, "requirements.txt", "-c", SHOW)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.endswith("Darkroom's environment could not be made; see the lines above.\n")

    (made / ".venv" / "left over").touch()
    (made / "requirements.txt").write_text("# something else, and still nothing\n")
    done = run(made, "requirements.txt", "-c", SHOW)
    assert done.stdout == f"{made}/.venv\n", done.stderr
    assert not (made / ".venv" / "left over").exists()
    assert run(made, "requirements.txt", "-c", SHOW).stderr == ""


def test_an_old_python_is_named_in_one_sentence(made: Path, tmp_path: Path) -> None:
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))
    (tmp_path / "python3").write_text("#!/usr/bin/env bash\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    (made / "requirements-dev.txt").write_text("# changed\n")
    done = run(made, "requirements-dev.txt", "-c", SHOW, PATH=str(tmp_path))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "Darkroom needs Python 3.11 or newer, and there is none on this machine's path.\n"


def test_a_python_without_venv_is_named_in_one_sentence(made: Path) -> None:
    code = (
        "import importlib.util as u, runpy, sys; find = u.find_spec;"
        "u.find_spec = lambda name: None if name == 'ensurepip' else find(name);"
        "sys.argv = [sys.argv[1], 'requirements.txt']; runpy.run_path(sys.argv[0], run_name='__main__')"
    )
    command = [sys.executable, "-c", code, str(made / "tools" / "environment.py")]
    shutil.rmtree(made / ".venv")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("on Debian and Ubuntu: apt-get install python3-venv.\n")
    assert not (made / ".venv").exists()
