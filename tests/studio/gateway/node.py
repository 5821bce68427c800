"""The official SDK for Node in several versions, as npm installs it: once for all tests, and kept between test runs."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from saas.embedded import locks
from tests.embedded.instance import ROOT

# How each sends a form differs: as one body, or in chunks of a length that it never says.
VERSIONS = ("4.50.0", "5.0.0", "6.0.0", "6.10.0", "6.49.0", "7.59.0")
NEWEST = VERSIONS[-1]
CACHE = ROOT / ".cache" / "node"
INSTALL = ("npm", "install", "--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts")
INSTALL_SECONDS = 300
RUN_SECONDS = 240


def install() -> Path:
    """Return a folder with every version under a name of its own, and the newest one under the usual name too."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        _give_up("no Node on this machine; bin/test installs it as root on Debian")
    folder = CACHE / "_".join(VERSIONS)
    CACHE.mkdir(parents=True, exist_ok=True)
    with locks.held(folder.with_suffix(".lock")):
        if not folder.exists():
            _fetch(folder)
    return folder


def name_of(version: str) -> str:
    return f"openai-{version}"


def script(folder: Path, name: str, text: str) -> Path:
    """A program in this folder, which finds the SDK there."""
    modules = folder / "node_modules"
    if not modules.exists():
        modules.symlink_to(install() / "node_modules")
    written = folder / name
    written.write_text(text)
    return written


def run(script: Path, key: str, *arguments: str) -> str:
    """Return what the script prints."""
    command = ["node", str(script), *arguments]
    done = subprocess.run(
        command,
        cwd=script.parent,
        env={**os.environ, "DARKROOM_API_KEY": key},
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _fetch(folder: Path) -> None:
    making = folder.with_suffix(".making")
    shutil.rmtree(making, ignore_errors=True)  # an earlier installation failed
    making.mkdir()
    packages = [f"{name_of(version)}@npm:openai@{version}" for version in VERSIONS]
    command = [*INSTALL, f"openai@{NEWEST}", *packages]
    done = subprocess.run(command, cwd=making, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=False)
    if done.returncode != 0:
        _give_up(f"npm could not fetch the SDK: {done.stderr[-300:]}")
    making.rename(folder)


def _give_up(reason: str) -> None:
    pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
