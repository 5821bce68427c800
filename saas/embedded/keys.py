"""Make the secrets of a data folder once, readable by their owner only, and load them."""

import base64
import json
import os
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from saas.embedded.refusal import Refusal

NAMES = ("SECRET_KEY", "ENCRYPTION_KEYS")


def load(path: Path) -> dict[str, str]:
    """Load the secrets, which are made at the first start and never change: without the file, the provider keys that it
    encrypts are lost."""
    if not path.exists():
        _make(path)
    try:
        kept: dict[str, str] = json.loads(path.read_text())
        return {name: kept[name] for name in NAMES}
    except (OSError, ValueError, KeyError) as error:
        raise Refusal(f"{path} cannot be read; put it back from a backup.") from error


def _make(path: Path) -> None:
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEYS": base64.urlsafe_b64encode(os.urandom(32)).decode(),
    }
    with NamedTemporaryFile("w", dir=path.parent) as file:  # readable by its owner only
        json.dump(made, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
        with suppress(FileExistsError):  # never over a file that another process made at the same moment
            os.link(file.name, path)
