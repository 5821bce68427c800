"""Save, load and delete files in storage. Names contain nothing that people chose; an organization's files all start
with its code."""

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage, storages

EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp"}
PIECE_BYTES = 4 * 1024 * 1024


def folder_of(org_code: UUID, run_code: UUID, slot_index: int, tried: int) -> str:
    return f"{org_code}/runs/{run_code}/{slot_index}-{tried}"


def save(name: str, data: bytes) -> str:
    """Save the data. Return the name that storage gave it."""
    return str(default_storage.save(name, ContentFile(data)))


def save_file(name: str, content: Any) -> str:
    """Save what a file holds, of which a piece at a time is in memory. Return the name that storage gave it."""
    return str(default_storage.save(name, File(content)))


def save_soon(name: str, data: bytes) -> str:
    """Save data that may be lost. Raise if storage does not take it within seconds."""
    return str(storages["impatient"].save(name, ContentFile(data)))


def save_again(name: str, data: bytes) -> str:
    """Save data that an earlier try may have saved already, its answer being lost. The file is stored only once."""
    if exists(name):
        if load(name) == data:
            return name
        delete(name)
    return save(name, data)


def exists(name: str) -> bool:
    return bool(default_storage.exists(name))


def replace(name: str, data: bytes) -> str:
    """Save the data in place of a file that may be there, perhaps incomplete."""
    default_storage.delete(name)
    return save(name, data)


def delete(name: str) -> None:
    default_storage.delete(name)


def load_part(name: str, offset: int, size_bytes: int) -> bytes:
    """Load a part of a file that is longer. A bucket sends no more than the part."""
    read: Callable[[str, int, int], bytes] = getattr(default_storage, "read_part", _read_part)
    return read(name, offset, size_bytes)


def _read_part(name: str, offset: int, size_bytes: int) -> bytes:
    with default_storage.open(name) as file:
        file.seek(offset)
        return bytes(file.read(size_bytes))


def pieces(name: str, size_bytes: int) -> Iterator[bytes]:
    """Yield a file of this size, a piece at a time in memory."""
    for at in range(0, size_bytes, PIECE_BYTES):
        yield load_part(name, at, min(PIECE_BYTES, size_bytes - at))


def load(name: str) -> bytes:
    with default_storage.open(name) as file:
        data: bytes = file.read()
    return data
