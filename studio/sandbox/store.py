"""Keep what callers of the sandbox's Files and Batch API have sent, for a day. Each key has a folder of its own in
storage; the names in it begin with the time, so that a list of them is in order, and say how much they hold. What all
strangers have sent is bounded together, since anyone can make up keys."""

import hashlib
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from studio.openai_wire.errors import OpenAIError
from studio.sandbox import paint_queue

FOLDER = "sandbox"
KEPT_SECONDS = 24 * 3600
MOST_KEPT = 5000  # of a kind, for one key
STRANGERS_KEPT, STRANGERS_BYTES = 200, 300_000_000  # of a kind for one of their keys; of all of them
OURS, STRANGERS = "ours", "strangers"
ID_CHARACTERS = 44


def new_id(prefix: str) -> str:
    return f"{prefix}{int(time.time() * 1000):012x}{secrets.token_hex(10)}"


def put(key: str, kind: str, id: str, described: dict[str, Any], content: Any = None) -> None:  # noqa: A002 as below
    """Keep a description, and what belongs to it. Refuse more than may be kept."""
    folder, size = _folder(key, kind), int(described.get("bytes", 0))
    is_strangers = folder.startswith(f"{FOLDER}/{STRANGERS}/")
    is_full = len(ids(key, kind)) >= (STRANGERS_KEPT if is_strangers else MOST_KEPT)
    if is_full or (is_strangers and _bytes_of_strangers() + size > STRANGERS_BYTES):
        message = "The sandbox keeps no more files and batches for now. It deletes them after a day."
        raise OpenAIError(message, status=429, kind="requests", code="rate_limit_exceeded")
    if content is not None:
        default_storage.save(f"{folder}/{id}.{size}.content", File(content))
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
    folder = _folder(key, kind)
    name = next((name for name in _listed(folder)[1] if name.startswith(f"{id}.") and name.endswith(".content")), "")
    if not name:
        raise FileNotFoundError(id)
    return default_storage.open(f"{folder}/{name}")


def picture(key: str, id: str) -> bytes:  # noqa: A002
    """Return a picture that was sent before. Raise FileNotFoundError if there is none under this key."""
    if get(key, "files", id) is None:
        raise FileNotFoundError(id)
    with content(key, "files", id) as sent:
        data: bytes = sent.read()
    return data


def ids(key: str, kind: str) -> list[str]:
    """Return the ids of what is kept, the newest first."""
    _, names = _listed(_folder(key, kind))
    return sorted((name.removesuffix(".json") for name in names if name.endswith(".json")), reverse=True)


def delete(key: str, kind: str, id: str) -> None:  # noqa: A002
    folder = _folder(key, kind)
    for name in _listed(folder)[1]:
        if name.startswith(f"{id}."):
            default_storage.delete(f"{folder}/{name}")


def tidy() -> None:
    """Delete what is older than a day, of all keys."""
    before = f"{int((time.time() - KEPT_SECONDS) * 1000):012x}"
    for whose in (OURS, STRANGERS):
        for folder, name in _names(whose):
            if _time_of(name) < before:
                default_storage.delete(f"{folder}/{name}")


def _names(whose: str) -> Iterator[tuple[str, str]]:
    for key in _listed(f"{FOLDER}/{whose}")[0]:
        for kind in _listed(f"{FOLDER}/{whose}/{key}")[0]:
            folder = f"{FOLDER}/{whose}/{key}/{kind}"
            for name in _listed(folder)[1]:
                yield folder, name


def _bytes_of_strangers() -> int:
    sizes = [name.split(".")[1] for _, name in _names(STRANGERS) if name.endswith(".content")]
    return sum(int(size) for size in sizes if size.isdecimal())


def _listed(folder: str) -> tuple[list[str], list[str]]:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return [], []
    return list(folders), list(files)


def _time_of(name: str) -> str:
    return name.partition("-")[2][:12] if name.startswith("file-") else name.partition("_")[2][:12]


def _folder(key: str, kind: str) -> str:
    whose = STRANGERS if paint_queue.tenant_of_key(key) == paint_queue.STRANGERS else OURS
    return f"{FOLDER}/{whose}/{hashlib.sha256(key.strip().encode()).hexdigest()[:32]}/{kind}"
