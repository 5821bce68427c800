"""Guard the folder of PostgreSQL's socket: only PostgreSQL's user and root may enter it."""

import shutil
import stat
from pathlib import Path

from saas.embedded.folder import SOCKET_NAME
from saas.embedded.refusal import Refusal
from saas.embedded.runner import Runner


def make(folder: Path, runner: Runner, *, data: Path) -> None:
    """Make the folder, without sockets of an earlier PostgreSQL. To be called while no PostgreSQL of ours runs, so that
    whatever is in the folder is stale."""
    if folder.is_relative_to(data):
        shutil.rmtree(folder, ignore_errors=True)
    try:
        folder.mkdir(mode=0o700)
        runner.give(folder)
    except FileExistsError:
        _refuse_foreign(folder, runner)
    for name in (SOCKET_NAME, f"{SOCKET_NAME}.lock"):
        (folder / name).unlink(missing_ok=True)


def remove(folder: Path, *, data: Path) -> None:
    """Remove the folder if it lies outside the data folder. To be called after PostgreSQL has stopped."""
    if not folder.is_relative_to(data):
        shutil.rmtree(folder, ignore_errors=True)


def quoted(folder: Path) -> str:
    """Quote the folder for PostgreSQL's list of folders, so that a comma in its name is no separator."""
    return '"' + str(folder).replace('"', '""') + '"'


def _refuse_foreign(folder: Path, runner: Runner) -> None:
    """Refuse a folder that is not ours alone: in the shared temp folder, another user may listen in by making it
    first."""
    status = folder.lstat()
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == runner.uid and not status.st_mode & 0o077
    if not is_ours:
        raise Refusal(f"{folder} belongs to another user; remove it, or choose a data folder with a shorter path.")
