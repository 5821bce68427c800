"""Where a run's pictures lie. Names are ours alone; an organization's files share its code as their first part."""

from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

EXTENSIONS = {"png": "png", "jpeg": "jpg", "webp": "webp"}


def folder_of(org_code: UUID, run_code: UUID, slot_index: int, tried: int) -> str:
    return f"{org_code}/runs/{run_code}/{slot_index}-{tried}"


def save(name: str, data: bytes) -> str:
    """The name that storage gave it."""
    return str(default_storage.save(name, ContentFile(data)))


def exists(name: str) -> bool:
    return bool(default_storage.exists(name))


def replace(name: str, data: bytes) -> str:
    """Over what may be there in part."""
    default_storage.delete(name)
    return save(name, data)


def load(name: str) -> bytes:
    with default_storage.open(name) as file:
        data: bytes = file.read()
    return data
