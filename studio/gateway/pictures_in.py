"""Read the pictures of a call: files of a form, data URLs, links that are fetched, and files sent before."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.conf import settings

from saas.database import tenancy
from saas.fairness.memory import Busy, Room, release_connection
from saas.outbound.fetch import CannotFetch, fetch
from saas.text.codes import code_or_none
from studio.files import storage
from studio.gateway.doors import GatewayCaller
from studio.imaging import containers
from studio.imaging.inspection import UPLOAD_LIMIT_BYTES, UploadRefused
from studio.inputs import mask_fit, uploads
from studio.inputs.uploads import Ready
from studio.models import Input, Run, Visibility
from studio.openai_wire import links
from studio.openai_wire.errors import IMAGE, OpenAIError, missing
from studio.openai_wire.forms import MaybeUpload, Upload, check_mime

FILE_PREFIX = "file-"
UNTYPED = ("", "application/octet-stream")
FETCH_SECONDS = 20.0
BUSY_SECONDS = 5
BUSY = "Many pictures are being uploaded right now. Try again in a few seconds."
# Each link takes a thread and up to 50 MB while it is fetched; one organization has half of the places at most.
_fetching = Room(limit_bytes=16 * UPLOAD_LIMIT_BYTES, places=16, waiting_at_most=128, waiting_each=32)


@dataclass
class LinkBudget:
    """How many bytes the links of one call may still bring together: in all, as many as a form may have."""

    left_bytes: int = field(default_factory=lambda: settings.REQUEST_LIMIT_BYTES)


@dataclass(frozen=True)
class SentPicture:
    """A picture of a call: its bytes, or the input that was sent before."""

    param: str
    name: str = ""
    data: bytes = field(default=b"", repr=False)
    earlier: Input | None = None

    @property
    def digest(self) -> bytes:
        """Return bytes that tell this picture from others, however it was sent."""
        return self.earlier.code.bytes if self.earlier else hashlib.sha256(self.data).digest()


def read_uploaded(images: Sequence[Upload], mask: MaybeUpload) -> tuple[list[SentPicture], SentPicture | None]:
    if not images:
        raise missing("image")
    return [_upload(image, "image") for image in images], _upload(mask, "mask") if mask else None


def _upload(upload: Upload, param: str) -> SentPicture:
    """Read a file of a form. Many programs send no type, or `application/octet-stream`; then the bytes decide."""
    data = upload.read()
    if (upload.content_type or "").lower() not in UNTYPED or not containers.is_known(data):
        check_mime(param, upload.content_type)
    return SentPicture(param, upload.name or "", data)


def read_linked(body: dict[str, object], caller: GatewayCaller) -> tuple[list[SentPicture], SentPicture | None]:
    """Read `images` and `mask` of a JSON edit."""
    link_budget = LinkBudget()
    found = [read_link(one, f"images[{index}]", caller, link_budget) for index, one in enumerate(links.images_of(body))]
    mask = body.get("mask")
    return found, read_link(mask, "mask", caller, link_budget) if mask is not None else None


def read_link(said: object, param: str, caller: GatewayCaller, link_budget: LinkBudget) -> SentPicture:
    name, value, of_link = links.read_link(said, param)
    if name == "file_id":
        return SentPicture(param, earlier=find_file(value, caller, of_link))
    if links.is_data(value):
        return SentPicture(param, "picture", links.data_of(value, of_link))
    return SentPicture(param, "picture", _fetched(value, of_link, caller, link_budget))


def find_file(file_id: str, caller: GatewayCaller, param: str) -> Input:
    """Return the input with this id. One that the member may not see is refused like one that does not exist."""
    code = code_or_none(file_id.removeprefix(FILE_PREFIX))
    if code is None:
        raise no_file(file_id, param)
    with tenancy.tenant(caller.org.pk):
        found = uploads.visible_to(caller.member).filter(code=code).first()
    if found is None:
        raise no_file(file_id, param)
    return found


def no_file(file_id: str, param: str) -> OpenAIError:
    return OpenAIError(f"No such File object: {file_id[:80]}", status=404, code="file_not_found", param=param)


def _fetched(url: str, param: str, caller: GatewayCaller, link_budget: LinkBudget) -> bytes:
    allowed, limit_bytes = settings.PICTURE_ALLOWED_HOSTS, min(UPLOAD_LIMIT_BYTES, link_budget.left_bytes)
    release_connection()
    try:
        with _fetching.held(UPLOAD_LIMIT_BYTES, by=caller.org.pk, seconds=FETCH_SECONDS):
            data = fetch(url, limit_bytes=limit_bytes, deadline_seconds=FETCH_SECONDS, allowed_hosts=allowed)
    except Busy:
        raise _busy() from None
    except CannotFetch:
        message = f"Failed to download image from '{param}'. It must be a public https link to a picture up to 50 MB."
        if limit_bytes < UPLOAD_LIMIT_BYTES:
            message += f" All links of a call may lead to {settings.REQUEST_LIMIT_BYTES // 1_000_000} MB together."
        raise OpenAIError(message, code="invalid_image_url", param=param) from None
    link_budget.left_bytes -= len(data)
    return data


class PictureReader:
    """The pictures of a call, read and stored before the transaction that keeps them."""

    def __init__(self, images: Sequence[SentPicture], mask: SentPicture | None, caller: GatewayCaller) -> None:
        self.caller, self._images, self._mask = caller, images, mask
        self._ready: list[Ready] = []

    def keep(self) -> tuple[list[Input], Input | None]:
        """Write the rows of the pictures, inside the organization's wall. Return the references and the mask."""
        kept = {ready.code: uploads.keep(ready, by=self.caller.member.user) for ready in self._ready}
        references, mask = self._found
        found = [kept[one.code] if isinstance(one, Ready) else one for one in references]
        return found, kept[mask.code] if isinstance(mask, Ready) else mask

    def forget(self) -> None:
        """Delete the stored files, because no run was made of them."""
        for ready in self._ready:
            uploads.forget(ready)

    def read(self) -> None:
        release_connection()
        references = [image.earlier or self._stored(image) for image in self._images]
        self._found = references, self._read_mask(self._mask, references[0]) if self._mask else None

    def _stored(self, image: SentPicture) -> Ready:
        name = image.name or "picture"
        return self._note(lambda: uploads.store_picture(org=self.caller.org, name=name, data=image.data), image)

    def _read_mask(self, mask: SentPicture, first: Input | Ready) -> Input | Ready:
        if mask.earlier and mask.earlier.is_mask:
            for fault in mask_fit.mask_faults(mask.earlier, [first]):
                raise OpenAIError(fault.sentence, kind=IMAGE, code="invalid_image_file", param=mask.param)
            return mask.earlier
        data = storage.load(mask.earlier.file) if mask.earlier else mask.data
        return self._note(
            lambda: uploads.store_mask(org=self.caller.org, name="mask.png", data=data, first=first), mask
        )

    def _note(self, read: Callable[[], Ready], given: SentPicture) -> Ready:
        try:
            ready = read()
        except UploadRefused as refusal:
            raise error_of_upload(refusal, given.param) from None
        self._ready.append(ready)
        return ready


def visibility_of(references: Sequence[Input], parent: Run | None = None) -> Visibility:
    """Return private if the parent or the run of any reference is private."""
    sources = [given.source.run for given in references if given.source]
    origins = [*sources, *([parent] if parent else [])]
    is_private = any(run.visibility == Visibility.PRIVATE for run in origins)
    return Visibility.PRIVATE if is_private else Visibility.TEAM


def error_of_upload(refusal: UploadRefused, param: str) -> OpenAIError:
    if refusal.code == "busy":
        return _busy()
    return OpenAIError(refusal.sentence, kind=IMAGE, code="invalid_image_file", param=param)


def _busy() -> OpenAIError:
    headers = {"Retry-After": str(BUSY_SECONDS)}
    return OpenAIError(BUSY, status=429, kind="rate_limit_error", code="slow_down", headers=headers)
