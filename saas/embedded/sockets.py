"""The folder of PostgreSQL's socket: nobody but the user of PostgreSQL (and root) gets into it."""

import shutil
import stat
from pathlib import Path

from saas.embedded.folder import SOCKET_NAME
from saas.embedded.refusal import Refusal
from saas.embedded.runner import Runner


def make(folder: Path, runner: Runner, *, data: Path) -> None:
    """Called while no PostgreSQL of ours runs, so whatever lies in the folder is stale."""
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
    """Called after PostgreSQL has stopped: outside of the data folder nothing of ours stays."""
    if not folder.is_relative_to(data):
        shutil.rmtree(folder, ignore_errors=True)


def quoted(folder: Path) -> str:
    """As PostgreSQL's list of folders wants it: a comma in a name is no separator then."""
    return '"' + str(folder).replace('"', '""') + '"'


def _refuse_foreign(folder: Path, runner: Runner) -> None:
    """In the shared temp folder somebody else may have been there first, to listen in on us."""
    status = folder.lstat()
    is_ours = stat.S_ISDIR(status.st_mode) and status.st_uid == runner.uid and not status.st_mode & 0o077
    if not is_ours:
        raise Refusal(f"{folder} belongs to somebody else; remove it, or choose a data folder with a shorter path.")
