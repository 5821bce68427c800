"""Pictures that came and that storage or database did not take. They were paid for, so their bytes wait on this
machine's disk, each under its slot's code, until the caretaker can keep them."""

import base64
import json
import os
from pathlib import Path
from uuid import UUID

import structlog
from django.conf import settings

from saas import tenancy
from studio import finals, keeping
from studio.answers import Final
from studio.models import Slot

log = structlog.get_logger("darkroom.rescue")


def folder() -> Path:
    return Path(settings.DATA_DIR) / "rescued"


def put_aside(slot: Slot, frame: Final) -> None:
    """Raises OSError where the disk does not take it either. A file that is seen is whole."""
    said = {"org": slot.org_id, "slot": str(slot.code), "try": slot.tries, "request_id": frame.request_id}
    picture = {"data": base64.b64encode(frame.data).decode(), "revised_prompt": frame.revised_prompt}
    text = json.dumps({**said, **picture, "used": frame.used, "usage": frame.usage})
    _write(folder() / f"{slot.code}-{slot.tries}.json", text.encode())


def put_aside_unread(slot: Slot, data: bytes) -> None:
    """Nobody can make a picture of it by themselves, but it may have been paid for: somebody may want to see it."""
    try:
        _write(unread_folder() / f"{slot.code}-{slot.tries}.bin", data)
    except OSError:
        log.exception("what came is lost", slot=str(slot.code), size_bytes=len(data))


def count_files() -> int:
    return sum(1 for path in folder().rglob("*") if path.is_file())


def unread_folder() -> Path:
    return folder() / "unread"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    try:
        with open(unfinished, "wb", opener=_for_us_alone) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise


def take_up() -> int:
    """Keeps what was put aside; answers how many. What still cannot be kept stays for the next round."""
    return sum(_take_up(path) for path in sorted(folder().glob("*.json")))


def _take_up(path: Path) -> bool:
    try:
        said = json.loads(path.read_text())
        frame = Final(
            base64.b64decode(said["data"]), said["used"], said["usage"], said["revised_prompt"], said["request_id"]
        )
        with tenancy.tenant(said["org"]):
            slot = Slot.objects.select_related("run", "org").filter(code=UUID(said["slot"])).first()
            if slot is not None:  # else it was deleted, and so is this
                slot.tries = said["try"]  # the try that it came from
                finals.note(slot.run, slot, frame, keeping.store_output(slot.org.code, slot.run, slot, frame))
        path.unlink(missing_ok=True)
    except Exception:
        log.warning("still not kept", file=path.name, exc_info=True)
        return False
    return True


def _for_us_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
