"""Keep pictures on this machine's disk that storage or database did not take. They were paid for, so each waits there
under its slot's code until the caretaker can keep it."""

import base64
import json
import os
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings

from saas.database import tenancy
from studio.engine import record_picture, store_frames
from studio.models import Slot
from studio.providers.answers import Final
from studio.providers.incoming import Message

log = structlog.get_logger("darkroom.rescue")
MOST_UNREAD_BYTES = 1_000_000_000


def folder() -> Path:
    return Path(settings.DATA_DIR) / "rescued"


def put_aside(slot: Slot, frame: Final) -> None:
    """Write the picture to the disk. Raise OSError if that does not take it either. A file appears only when whole."""
    said = {"org": slot.org_id, "slot": str(slot.code), "try": slot.tries, "request_id": frame.request_id}
    picture = {"data": base64.b64encode(frame.data).decode(), "revised_prompt": frame.revised_prompt}
    text = json.dumps({**said, **picture, "used": frame.used, "usage": frame.usage})
    _write(folder() / f"{slot.code}-{slot.tries}.json", [text.encode()])


def put_aside_unread(slot: Slot, data: bytes | Message) -> None:
    """Keep what a provider charged for and Darkroom cannot read, for the operator to examine. The folder has a bound,
    so a provider that sends nothing else does not fill the disk."""
    size_bytes = len(data) if isinstance(data, bytes) else data.size_bytes
    try:
        if size_bytes + _weight(unread_folder()) > MOST_UNREAD_BYTES:
            log.error(
                "picture lost: the folder for rescued pictures is full", slot=str(slot.code), size_bytes=size_bytes
            )
            return
        _write(unread_folder() / f"{slot.code}-{slot.tries}.bin", [data] if isinstance(data, bytes) else data.pieces())
    except OSError:
        log.exception("picture lost", slot=str(slot.code), size_bytes=size_bytes)


def _weight(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.glob("*"))


def count_files() -> int:
    return sum(1 for path in folder().rglob("*") if path.is_file())


def unread_folder() -> Path:
    return folder() / "unread"


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    try:
        with open(unfinished, "wb", opener=_for_us_alone) as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def take_up() -> int:
    """Keep the pictures that were put aside. Return how many; what still fails stays for the next round."""
    return sum(_take_up(path) for path in sorted(folder().glob("*.json")))


def _take_up(path: Path) -> bool:
    try:
        said = json.loads(path.read_text())
        frame = Final(
            base64.b64decode(said["data"]), said["used"], said["usage"], said["revised_prompt"], said["request_id"]
        )
        with tenancy.tenant(said["org"]):
            slot = Slot.objects.select_related("run", "org").filter(code=UUID(said["slot"])).first()
        if slot is not None:  # a deleted slot's file is deleted, too
            slot.tries = said["try"]  # the try that the picture came from
            stored = store_frames.store_output(slot.org.code, slot.run, slot, frame, is_again=True)
            with tenancy.tenant(said["org"]):
                record_picture.record(slot.run, slot, frame, stored)
        path.unlink(missing_ok=True)
    except Exception:
        log.warning("still not stored", file=path.name, exc_info=True)
        return False
    return True


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
