"""Keep what callers of the sandbox's Files and Batch API have sent, for a day. Each key has a folder of its own in
storage; the names in it begin with the time, so that a list of them is in order."""

import hashlib
import json
import secrets
import time
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from studio.openai_wire.errors import OpenAIError

FOLDER = "sandbox"
KEPT_SECONDS = 24 * 3600
MOST_KEPT = 200  # of a kind, for one key
ID_CHARACTERS = 44


def new_id(prefix: str) -> str:
    return f"{prefix}{int(time.time() * 1000):012x}{secrets.token_hex(10)}"


def put(key: str, kind: str, id: str, described: dict[str, Any], content: Any = None) -> None:  # noqa: A002 as below
    """Keep a description, and what belongs to it. Refuse more than MOST_KEPT of a kind."""
    folder = _folder(key, kind)
    if len(ids(key, kind)) >= MOST_KEPT:
        message = f"The sandbox keeps {MOST_KEPT} of each kind for a day. Delete some, or use another key."
        raise OpenAIError(message, status=429, kind="requests", code="rate_limit_exceeded")
    if content is not None:
        default_storage.save(f"{folder}/{id}.content", File(content))
    default_storage.save(f"{folder}/{id}.json", ContentFile(json.dumps(described).encode()))


def replace(key: str, kind: str, id: str, described: dict[str, Any]) -> None:  # noqa: A002
    name = f"{_folder(key, kind)}/{id}.json"
    default_storage.delete(name)
    default_storage.save(name, ContentFile(json.dumps(described).encode()))


def get(key: str, kind: str, id: str) -> dict[str, Any] | None:  # noqa: A002 OpenAI's name
    """Return the description, or None if there is none under this key."""
    if not id.replace("-", "").replace("_", "").isalnum() or len(id) > ID_CHARACTERS:
        return None
    try:
        with default_storage.open(f"{_folder(key, kind)}/{id}.json") as file:
            described: dict[str, Any] = json.loads(file.read())
    except FileNotFoundError:
        return None
    return described


def content(key: str, kind: str, id: str) -> Any:  # noqa: A002
    return default_storage.open(f"{_folder(key, kind)}/{id}.content")


def picture(key: str, id: str) -> bytes:  # noqa: A002
    """Return a picture that was sent before. Raise FileNotFoundError if there is none under this key."""
    if get(key, "files", id) is None:
        raise FileNotFoundError(id)
    with content(key, "files", id) as sent:
        data: bytes = sent.read()
    return data


def ids(key: str, kind: str) -> list[str]:
    """Return the ids of what is kept, the newest first."""
    try:
        _, names = default_storage.listdir(_folder(key, kind))
    except FileNotFoundError:
        return []
    return sorted((name.removesuffix(".json") for name in names if name.endswith(".json")), reverse=True)


def delete(key: str, kind: str, id: str) -> None:  # noqa: A002
    for ending in ("json", "content"):
        default_storage.delete(f"{_folder(key, kind)}/{id}.{ending}")


def tidy() -> None:
    """Delete what is older than a day, of all keys."""
    before = f"{int((time.time() - KEPT_SECONDS) * 1000):012x}"
    for key in _listed(FOLDER)[0]:
        for kind in _listed(f"{FOLDER}/{key}")[0]:
            for name in _listed(f"{FOLDER}/{key}/{kind}")[1]:
                if _time_of(name) < before:
                    default_storage.delete(f"{FOLDER}/{key}/{kind}/{name}")


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return list(folders), list(files)


def _time_of(name: str) -> str:
    return name.partition("-")[2][:12] if name.startswith("file-") else name.partition("_")[2][:12]


def _folder(key: str, kind: str) -> str:
    return f"{FOLDER}/{hashlib.sha256(key.strip().encode()).hexdigest()[:32]}/{kind}"
