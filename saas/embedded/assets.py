"""Collect, hash and compress the static files once, and again when one of them has changed."""

import hashlib
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path

from saas.embedded.refusal import Refusal

STAMP = ".collected"


@contextmanager
def collected(target: Path) -> Iterator[None]:
    """Collect the static files into `target` while the block runs, and wait for them at its end. The first time takes
    seconds of computing, so a process of its own does it: a copy of this one, which has no connections yet. If the
    block is interrupted, give up; the next start begins with an empty folder."""
    wanted, stamp = _fingerprint(), target / STAMP
    if stamp.exists() and stamp.read_text() == wanted:
        yield
        return
    print("Collecting the static files …", flush=True)
    process = get_context("fork").Process(target=_collect, args=(stamp, wanted))
    process.start()
    try:
        yield
    except BaseException:
        process.kill()
        raise
    finally:
        process.join()
    if process.exitcode:
        raise Refusal("The static files cannot be collected; see the lines above.")


def _collect(stamp: Path, wanted: str) -> None:
    from django.core.management import call_command  # Django is set up by the caller

    for kind in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            kind, signal.SIG_IGN
        )  # Ctrl-C reaches it too, and the inherited handlers stop what is the parent's
    call_command("collectstatic", interactive=False, verbosity=0, clear=stamp.parent.exists())
    stamp.write_text(wanted)


def _fingerprint() -> str:
    """Hash names, sizes and times of all static files: reading a few hundred files at each start would cost too
    much."""
    from django.contrib.staticfiles.finders import get_finders

    lines = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            lines.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
