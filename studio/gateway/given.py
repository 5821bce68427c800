"""The pictures that a call brings: as files of a form, as data URLs, as links that we fetch, as files given before."""

import hashlib
import threading
import uuid
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from django.conf import settings

from saas import tenancy
from saas.fetching import CannotFetch, fetch
from studio import files, inputs, masks
from studio.gateway.doors import Caller
from studio.models import Input
from studio.uploads import UPLOAD_LIMIT_BYTES, UploadRefused
from studio.wire import links
from studio.wire.forms import MaybeUpload, Upload, check_mime
from studio.wire.refusals import IMAGE, Refused, missing

FILE_PREFIX = "file-"
FETCH_SECONDS = 20.0
BUSY_SECONDS = 5
# Reading a picture takes much memory: who comes meanwhile waits here, where it costs no database connection.
_reading = threading.BoundedSemaphore(inputs.READ_AT_ONCE)


@dataclass(frozen=True)
class Given:
    """Bytes, or what was given before."""

    param: str
    name: str = ""
    data: bytes = field(default=b"", repr=False)
    earlier: Input | None = None

    @property
    def digest(self) -> bytes:
        """Tells one picture from another, whatever it travelled in."""
        return self.earlier.code.bytes if self.earlier else hashlib.sha256(self.data).digest()


def uploaded(images: Sequence[Upload], mask: MaybeUpload) -> tuple[list[Given], Given | None]:
    if not images:
        raise missing("image")
    return [_upload(image, "image") for image in images], _upload(mask, "mask") if mask else None


def _upload(upload: Upload, param: str) -> Given:
    check_mime(param, upload.content_type)
    return Given(param, upload.name or "", upload.read())


def linked(body: dict[str, object], caller: Caller) -> tuple[list[Given], Given | None]:
    """`images` and `mask` of a JSON edit."""
    found = [link(one, f"images[{index}]", caller) for index, one in enumerate(links.images_of(body))]
    mask = body.get("mask")
    return found, link(mask, "mask", caller) if mask is not None else None


def link(said: object, param: str, caller: Caller) -> Given:
    name, value, of_link = links.read(said, param)
    if name == "file_id":
        return Given(param, earlier=file(value, caller, of_link))
    return Given(param, "picture", links.data_of(value, of_link) if links.is_data(value) else _fetched(value, of_link))


def file(file_id: str, caller: Caller, param: str) -> Input:
    """Foreign ones are as unknown as those that never were."""
    try:
        code = uuid.UUID(hex=file_id.removeprefix(FILE_PREFIX))
    except ValueError:
        raise _no_file(file_id, param) from None
    with tenancy.tenant(caller.org.pk):
        found = inputs.visible_to(caller.member).filter(code=code).first()
    if found is None:
        raise _no_file(file_id, param)
    return found


def _no_file(file_id: str, param: str) -> Refused:
    return Refused(f"No such File object: {file_id[:80]}", status=404, code="file_not_found", param=param)


def _fetched(url: str, param: str) -> bytes:
    allowed = settings.PICTURE_ALLOWED_HOSTS
    try:
        return fetch(url, limit_bytes=UPLOAD_LIMIT_BYTES, deadline_seconds=FETCH_SECONDS, allowed_hosts=allowed)
    except CannotFetch:
        message = f"Failed to download image from '{param}'. It must be a public https link to a picture up to 50 MB."
        raise Refused(message, code="invalid_image_url", param=param) from None


def keeper(
    images: Sequence[Given], mask: Given | None, caller: Caller
) -> Callable[[], tuple[list[Input], Input | None]]:
    """Keeps them when it is called, inside the organization's wall."""

    def keep() -> tuple[list[Input], Input | None]:
        references = [image.earlier or _take(image, caller) for image in images]
        return references, _take_mask(mask, references[0], caller) if mask else None

    return keep


def in_turn(images: Sequence[Given]) -> AbstractContextManager[object]:
    """To keep these: those that are kept already need no reading."""
    return nullcontext() if all(image.earlier for image in images) else _reading


def _take(image: Given, caller: Caller) -> Input:
    try:
        return inputs.take(org=caller.org, by=caller.member.user, name=image.name or "picture", data=image.data)
    except UploadRefused as refusal:
        raise of_upload(refusal, image.param) from None


def _take_mask(mask: Given, first: Input, caller: Caller) -> Input:
    if mask.earlier and mask.earlier.is_mask:
        for fault in masks.mask_faults(mask.earlier, [first]):
            raise Refused(fault.sentence, kind=IMAGE, code="invalid_image_file", param=mask.param)
        return mask.earlier
    data = files.load(mask.earlier.file) if mask.earlier else mask.data
    try:
        return inputs.take_mask(org=caller.org, by=caller.member.user, name="mask.png", data=data, first=first)
    except UploadRefused as refusal:
        raise of_upload(refusal, mask.param) from None


def of_upload(refusal: UploadRefused, param: str) -> Refused:
    if refusal.code == "busy":
        headers = {"Retry-After": str(BUSY_SECONDS)}
        return Refused(refusal.sentence, status=429, kind="rate_limit_error", code="slow_down", headers=headers)
    return Refused(refusal.sentence, kind=IMAGE, code="invalid_image_file", param=param)
