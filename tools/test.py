"""Run the tests, with a PostgreSQL of their own: bin/test [--quick] [--coverage] [pytest arguments]"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from saas.embedded.folder import DataFolder
from saas.embedded.postgres import Postgres
from saas.embedded.refusal import Refusal
from tools import debian

# Thrown away afterwards, so nothing is lost when the machine crashes.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "150"}
PUT_AWAY_SECONDS = 30
# For two processors: a story of whole systems waits for most of its time, and a quick test hardly at all.
PARALLEL, QUICKLY = ["-n", "3"], ["-n", "2"]
COVERAGE = ["--cov", "--cov-report=term"]
SLOWEST = ["--durations=10", "--durations-min=1"]


def main(arguments: list[str]) -> int:
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it, and so would pytest
    debian.provide()
    try:
        with scratch_folder() as scratch, database(scratch) as url:
            os.environ.update(DATABASE_URL=url, TMPDIR=str(scratch))
            os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # some hundred processes would compile the same sources
            return run_pytest(options(arguments))
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def options(arguments: list[str]) -> list[str]:
    """Return what pytest gets. "--coverage" is ours, so that pytest-cov's options are in one place."""
    own = [word for word in arguments if word != "--coverage"]
    return [*parallel(own), *SLOWEST, *(COVERAGE if own != arguments else []), *own]


def parallel(arguments: list[str]) -> list[str]:
    """Return the options for several workers, or none if the arguments choose the workers or look inside the tests."""
    own = ("-n", "--numprocesses", "-p", "--dist", "--pdb", "-s", "--capture", "--trace")
    if any(word.startswith(own) for word in arguments):
        return []
    return QUICKLY if "--quick" in arguments else PARALLEL


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """Make a temp folder for the tests, and remove it with all that they leave in it."""
    scratch = Path(tempfile.mkdtemp(prefix="darkroom-test-"))
    scratch.chmod(0o711)  # PostgreSQL's own user passes through
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def database(scratch: Path) -> Iterator[str]:
    if own := os.environ.get("DATABASE_URL"):
        yield own
        return
    folder = DataFolder.at(scratch / "data")
    postgres = Postgres(folder, FAST)
    try:
        folder.prepare()
        postgres.begin()
        postgres.wait()
        yield postgres.url
    finally:
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, signal.SIG_IGN)
        postgres.leave()


def run_pytest(arguments: list[str]) -> int:
    with subprocess.Popen([sys.executable, "-m", "pytest", *arguments]) as pytest:
        try:
            return pytest.wait()
        except KeyboardInterrupt:  # the terminal has sent it to pytest as well
            return _end(pytest)
        except SystemExit:
            pytest.send_signal(signal.SIGINT)  # so that it still stops what its tests have started
            _end(pytest)
            raise


def _end(pytest: "subprocess.Popen[bytes]") -> int:
    try:
        return pytest.wait(PUT_AWAY_SECONDS)
    except subprocess.TimeoutExpired:
        pytest.kill()
        return pytest.wait()


def _leave(_kind: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
