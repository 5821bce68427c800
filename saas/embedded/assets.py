"""Static files are collected, hashed and compressed once, and again when one of them changed."""

import hashlib
from pathlib import Path

STAMP = ".collected"


def collect(target: Path) -> None:
    from django.core.management import call_command  # Django is set up by the caller

    stamp = target / STAMP
    wanted = _fingerprint()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    call_command("collectstatic", interactive=False, verbosity=0, clear=stamp.exists())
    stamp.write_text(wanted)


def _fingerprint() -> str:
    """Of names, sizes and times; reading a few hundred files at each start would cost more than it tells."""
    from django.contrib.staticfiles.finders import get_finders

    lines = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            lines.append(f"{name} {status.st_size} {status.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
