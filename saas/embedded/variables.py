"""Set the variables that Django's settings read in the embedded size. What the user has set stays."""

import os
from pathlib import Path

from saas.embedded import identity, keys
from saas.embedded.folder import DataFolder

DEFAULT_URL = "http://127.0.0.1:8000"
LOCAL_HOSTS = ("localhost", "127.0.0.1", "[::1]")


def chosen_folder(option: str | None) -> DataFolder:
    default = Path(__file__).resolve().parents[2] / "data"
    return DataFolder.at(option or os.environ.get("DARKROOM_DATA") or default)


def has_own_database() -> bool:
    """Return whether the user has named a PostgreSQL; ours is not started then."""
    return bool(os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"))


def name_settings() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")


def point_at(folder: DataFolder, *, url: str | None = None) -> None:
    """Set what holds with any database."""
    name_settings()
    os.environ["DARKROOM_DATA"] = str(folder.root)
    os.environ.setdefault("STATIC_ROOT", str(folder.static))
    os.environ.setdefault("PUBLIC_URL", url or last_url(folder))
    os.environ.setdefault("LOG_FORMAT", "console")
    os.environ.setdefault("LOG_LEVEL", "WARNING")  # the terminal is for e-mails and for what goes wrong


def embed(folder: DataFolder, *, hosts: tuple[str, ...] = ()) -> None:
    """Set what Darkroom decides only if the database is its own. With DATABASE_URL, the user sets all of it."""
    os.environ["DARKROOM_EMBEDDED"] = "1"
    os.environ["DATABASE_URL"] = identity.url(folder)
    os.environ.setdefault("ALLOWED_HOSTS", ",".join((*LOCAL_HOSTS, *hosts)))
    for name, value in keys.load(folder.secrets).items():
        os.environ.setdefault(name, value)


def remember_url(folder: DataFolder, url: str) -> None:
    """Write down where bin/run listens, so that links made by bin/manage lead there."""
    (folder.root / "url").write_text(url)


def last_url(folder: DataFolder) -> str:
    try:
        return (folder.root / "url").read_text()
    except OSError:
        return DEFAULT_URL
