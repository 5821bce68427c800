"""A Darkroom as `bin/run` starts it, in a process of its own."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from saas.embedded.folder import DataFolder

ROOT = Path(__file__).resolve().parents[2]
READY = re.compile(r"^Darkroom is ready at (?P<url>\S+)$", re.MULTILINE)
READY_SECONDS = 300  # a machine that is shared by others may take minutes
STOP_SECONDS = 10  # for a program with nothing in flight
KILL_SECONDS = 60
DRAIN_SECONDS = 5  # most tests end with what nobody waits for any more
SETTINGS = "tests.started_settings"

# What a person, or this test run, has set must not reach it: it makes its own.
FOREIGN = re.compile(
    r"(DATABASE|REDIS|BROKER|PUBLIC|EMAIL)_URL|SECRET_KEY|ENCRYPTION_KEYS|ALLOWED_HOSTS|(MEDIA|STATIC)_ROOT|DEBUG"
    r"|DJANGO_SETTINGS_MODULE|LOG_(LEVEL|FORMAT)|(DARKROOM|AWS|OIDC|PG)\w+"
)


@dataclass
class Instance:
    url: str
    process: "subprocess.Popen[bytes]"
    log: Path
    folder: DataFolder


@contextmanager
def running_darkroom(data: Path, port: int = 0, *options: str, **variables: str) -> Iterator[Instance]:
    """Port 0: any free one. The log, e-mails included, lies beside the data folder."""
    with started_darkroom(data, port, *options, **variables) as instance:
        instance.url = wait_for_ready_line(instance)
        yield instance


@contextmanager
def started_darkroom(data: Path, port: int = 0, *options: str, **variables: str) -> Iterator[Instance]:
    """Not ready yet, and perhaps never. Afterwards it is gone in any case."""
    log = data.parent / f"{data.name}.log"
    command = [sys.executable, "-m", "saas.embedded", "--port", str(port), "--data", str(data), *options]
    variables = {"DRAIN_SECONDS": str(DRAIN_SECONDS), **variables}
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=ROOT, env=environment(**variables), stdin=subprocess.DEVNULL, stdout=output, stderr=output
        ) as process,
    ):
        try:
            yield Instance("", process, log, DataFolder.at(data))
        finally:
            stop(process)


def environment(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not FOREIGN.fullmatch(name)}
    return {**kept, "DJANGO_SETTINGS_MODULE": SETTINGS, **variables}


def wait_for_ready_line(instance: Instance) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while not (found := READY.findall(instance.log.read_text())):
        assert instance.process.poll() is None, instance.log.read_text()
        assert time.monotonic() < deadline, instance.log.read_text()
        time.sleep(0.02)
    return str(found[-1])


def stop(process: "subprocess.Popen[bytes]") -> int:
    """The exit code. SIGTERM must do; what it does not stop in time is killed, and the test fails."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(KILL_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
    return process.returncode


def manage(data: Path, *arguments: str, **variables: str) -> str:
    """What bin/manage prints."""
    command = [sys.executable, str(ROOT / "manage.py"), "--data", str(data), *arguments]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=READY_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
