"""Provide what the tests need of the operating system: install it as root on Debian, or name what is missing."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
START_NOTHING = "#!/bin/sh\nexit 101\n"
QUIET = {"DEBIAN_FRONTEND": "noninteractive", "NEEDRESTART_SUSPEND": "1"}
APT = ("apt-get", "--quiet=2", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Use-Pty=0")


@dataclass(frozen=True)
class Need:
    package: str
    programs: tuple[str, ...]
    variable: str  # set if it is there already
    tests: str
    dearer: tuple[str, ...] = ()  # do as well, and take longer

    def is_best_met(self) -> bool:
        return bool(os.environ.get(self.variable)) or _is_there(*self.programs)

    def is_met(self) -> bool:
        return self.is_best_met() or _is_there(*self.dearer)


def _is_there(*programs: str) -> bool:
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/sbin"
    return any(shutil.which(name, path=path) for name in programs)


NEEDS = (
    Need(
        *("chromium-headless-shell", ("chromium-headless-shell",), "BROWSER_PATH", "the browser tests"),
        dearer=("chromium", "chromium-browser", "google-chrome"),
    ),
    Need("redis-server", ("redis-server",), "REDIS_URL", "the tests of the scaled-out size"),
    Need("rabbitmq-server", ("rabbitmq-server",), "BROKER_URL", "the tests of the scaled-out size"),
    Need("caddy", ("caddy",), "", "the tests of the scaled-out size"),
    Need("nodejs", ("node",), "", "the tests of the official SDK for Node"),
    Need("npm", ("npm",), "", "the tests of the official SDK for Node"),
)


def provide() -> None:
    missing = [need for need in NEEDS if not need.is_best_met()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install([need.package for need in missing])
    for need in NEEDS:
        if not need.is_met():
            print(f"{need.package} is not installed, so {need.tests} are skipped.", flush=True)


def install(packages: list[str]) -> None:
    print(f"Installing {', '.join(packages)} for the tests …", flush=True)
    with _no_service_started():
        for arguments in (("update",), ("install", "--yes", "--no-install-recommends", *packages)):
            done = subprocess.run(
                [*APT, *arguments],
                env={**os.environ, **QUIET},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                check=False,
            )
            if done.returncode:
                print(f"apt-get {arguments[0]} failed.", flush=True)


@contextmanager
def _no_service_started() -> Iterator[None]:
    """Forbid Debian to start what it installs. The tests start services of their own, on ports of their own."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text(START_NOTHING)
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink()
