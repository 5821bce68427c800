"""Choose the user that PostgreSQL runs as. PostgreSQL refuses to run as root, so root lends it a system user."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from saas.embedded.refusal import Refusal

SYSTEM_USER = "darkroom"
USERADD = (
    "useradd",
    "--system",
    "--no-create-home",
    "--home-dir",
    "/nonexistent",
    "--shell",
    "/usr/sbin/nologin",
)


@dataclass(frozen=True)
class Runner:
    uid: int
    gid: int
    is_lent: bool  # by root

    @property
    def process_options(self) -> dict[str, Any]:
        """Return the options for subprocess, which leave out root's groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []} if self.is_lent else {}

    def give(self, path: Path) -> None:
        if self.is_lent:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def take_back(self, folder: Path) -> None:
        """Give the folder to this user if another owns it, as root does after it has restored a backup."""
        if self.is_lent and folder.stat().st_uid != self.uid:
            for path in (folder, *folder.rglob("*")):
                self.give(path)

    def open_way_to(self, *folders: Path) -> list[Path]:
        """Add the search bit, never the right to read, to those folders that this user cannot pass, and return them."""
        if not self.is_lent:
            return []
        way = {step for folder in folders for step in (*folder.parents, folder)}
        closed = [step for step in sorted(way) if not self._may_pass(step.stat())]
        for step in closed:
            step.chmod(stat.S_IMODE(step.stat().st_mode) | stat.S_IXOTH)
        return closed

    def _may_pass(self, status: os.stat_result) -> bool:
        if status.st_uid == self.uid:
            return bool(status.st_mode & stat.S_IXUSR)
        if status.st_gid == self.gid:
            return bool(status.st_mode & stat.S_IXGRP)
        return bool(status.st_mode & stat.S_IXOTH)


def runner_for(cluster: Path) -> Runner:
    """Return our own user; for root, the owner of the files that exist already, or else a system user."""
    if os.geteuid() != 0:
        return Runner(os.geteuid(), os.getegid(), is_lent=False)
    if cluster.exists() and (status := cluster.stat()).st_uid != 0:
        return Runner(status.st_uid, _group_of(status.st_uid), is_lent=True)
    user = _find(SYSTEM_USER) or _make_user() or _find("nobody")
    if not user:
        raise Refusal("PostgreSQL does not run as root, and this machine has neither useradd nor a user called nobody.")
    return Runner(user.pw_uid, user.pw_gid, is_lent=True)


def own_name() -> str:
    """Return our user's name, by which PostgreSQL recognizes us."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        raise Refusal(f"The user id {os.geteuid()} has no name on this machine, and PostgreSQL needs one.") from None


def _group_of(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        return uid  # any group but root's


def _find(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _make_user() -> pwd.struct_passwd | None:
    if shutil.which(USERADD[0]):
        subprocess.run([*USERADD, SYSTEM_USER], check=False, capture_output=True)
    return _find(SYSTEM_USER)  # also if another start made it at the same moment
