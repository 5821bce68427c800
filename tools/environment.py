"""Make .venv as the requirements say, then become the program that was asked for. Only Python itself is needed.

Of two starts at once, the second waits for the first; an interrupted installation is begun again from nothing.
"""

import fcntl
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
UNFINISHED = VENV / "unfinished"
PIP = (PYTHON, "-m", "pip")
QUIETLY = ("-qq", "--no-input", "--no-user")
PIN = re.compile(r"^[\w.-]+==\S+", re.MULTILINE)


def main(requirements: str, arguments: list[str]) -> NoReturn:
    signal.signal(signal.SIGTERM, _leave)
    try:
        lock = os.open(ROOT, os.O_RDONLY)  # a folder can be locked like a file, without a lock file
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_right(requirements):
            make(requirements)
        os.close(lock)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        sys.exit(f"Darkroom's environment cannot be made in {ROOT}: {error.strerror}.")
    os.execv(PYTHON, [str(PYTHON), *arguments])  # noqa: S606


def is_right(requirements: str) -> bool:
    stamp = _stamp(requirements)
    return PYTHON.exists() and stamp.exists() and stamp.read_text() == (ROOT / requirements).read_text()


def make(requirements: str) -> None:
    _say("Making Darkroom's environment, once; it takes about half a minute:")
    if os.geteuid() == 0:
        os.umask(0o022)  # PostgreSQL, which does not run as root, must be able to read its programs
    if not PYTHON.exists() or UNFINISHED.exists():
        _say("  an empty environment …")
        _make_empty()
    UNFINISHED.touch()
    _say(f"  its {len(PIN.findall((ROOT / requirements).read_text()))} packages …")
    # The requirements name every package, so pip has none to look for. Bytecode of what is used comes by its first use.
    _run([*PIP, "install", *QUIETLY, "--no-deps", "--no-compile", "--require-hashes", "-r", requirements])
    UNFINISHED.unlink()
    for name in (requirements, "requirements.txt"):
        if _covers(requirements, name):
            _stamp(name).write_text((ROOT / name).read_text())


def _make_empty() -> None:
    if not importlib.util.find_spec("venv") or not importlib.util.find_spec("ensurepip"):
        sys.exit("Python's venv module is missing; on Debian and Ubuntu: apt-get install python3-venv.")
    if VENV.is_symlink() or VENV.is_file():
        sys.exit(f"{VENV} is in the way; remove it.")
    shutil.rmtree(VENV, ignore_errors=True)
    _run([sys.executable, "-m", "venv", VENV])


def _covers(requirements: str, name: str) -> bool:
    """Return whether the requirements contain the others at the same versions, as the developers' do."""
    pins = set(PIN.findall((ROOT / requirements).read_text()))
    return pins >= set(PIN.findall((ROOT / name).read_text()))


def _stamp(requirements: str) -> Path:
    return VENV / f"made-from-{requirements}"


def _say(text: str) -> None:
    """Print on standard error, because another program may read standard output."""
    print(text, file=sys.stderr, flush=True)


def _run(command: list[str | Path]) -> None:
    """Run a command with its output on standard error."""
    environment = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode:
        sys.exit("Darkroom's environment could not be made; see the lines above.")


def _leave(_kind: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
