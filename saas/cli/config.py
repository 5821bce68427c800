"""Find Darkroom's address and key: in flags, in the environment, in a file that only its owner may read."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from saas.cli.errors import CommandFailed

OWNER_ONLY = 0o600


@dataclass(frozen=True)
class Access:
    url: str
    key: str


def path() -> Path:
    base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "darkroom" / "config.json"


def load(url: str | None, key: str | None) -> Access:
    kept = _kept()
    url = url or os.environ.get("DARKROOM_URL") or kept.get("url") or ""
    key = key or os.environ.get("DARKROOM_API_KEY") or kept.get("key") or ""
    if not url or not key:
        raise CommandFailed(3, "You are not signed in. Run “darkroom login”, or set DARKROOM_URL and DARKROOM_API_KEY.")
    return Access(url.rstrip("/"), key)


def save(access: Access) -> Path:
    file = path()
    file.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, OWNER_ONLY), "w", encoding="utf-8") as out:  # noqa: PTH123 the mode is set before the key is written
        json.dump({"url": access.url, "key": access.key}, out)
    file.chmod(OWNER_ONLY)  # also if the file was there before
    return file


def _kept() -> dict[str, str]:
    try:
        found = json.loads(path().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {name: str(value) for name, value in found.items()} if isinstance(found, dict) else {}
