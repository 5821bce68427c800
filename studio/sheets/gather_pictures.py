"""Gather the reference pictures that the rows of a sheet name: by their names in a ZIP, by their ids in the library, or
by links. They are read and stored before the transaction that keeps them, each once however many rows name it."""

import io
import lzma
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import IO
from uuid import UUID

from django.conf import settings

from accounts.models import Membership
from saas.database import release, tenancy
from saas.fairness.memory import Busy, Room
from saas.outbound.fetch import CannotFetch, fetch
from saas.text.codes import code_or_none
from studio.catalogue.fields import closest, quote
from studio.imaging.inspection import UPLOAD_LIMIT_BYTES, UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Input, Output
from studio.sheets.refusals import SheetRefused

LINK = ("http://", "https://")
MOST_ENTRIES = 20_000  # of a ZIP
MOST_UNPACKED_BYTES = 1_000_000_000
MOST_PICTURES = 2000  # of a sheet
MOST_LINKS, LINKS_AT_ONCE = 200, 4
LINK_SECONDS, ALL_LINKS_SECONDS = 20.0, 90.0
LONGEST_NAME = 2000
# What a broken entry raises, an encrypted one, and one that is packed in a way that is not known here.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    OSError,
    EOFError,
)
# Each link takes a thread and up to 50 MB while it is fetched; one organization has half of the places at most.
_fetching = Room(limit_bytes=8 * UPLOAD_LIMIT_BYTES, places=8, waiting_at_most=64, waiting_each=16)


@dataclass
class Gathered:
    """The pictures by what the rows call them, or why there is none."""

    ready: dict[str, Ready] = field(default_factory=dict)
    earlier: dict[str, Input] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def keep(self, by: Membership) -> dict[str, Input]:
        """Write the rows of new pictures, inside the organization's wall. Return all by what they are called."""
        return {**self.earlier, **{name: uploads.keep(one, by=by.user) for name, one in self.ready.items()}}


def gather(names: Iterable[str], *, packed: IO[bytes] | None, by: Membership, undo: ExitStack) -> Gathered:
    """Find, read and store these pictures, outside of any transaction. `undo` deletes what was stored. Raise
    SheetRefused if the ZIP cannot be read at all."""
    wanted = dict.fromkeys(names)
    if len(wanted) > MOST_PICTURES:
        raise SheetRefused("too_many_pictures", f"A sheet may name {MOST_PICTURES:,} different pictures at most.")
    codes = {name: code for name in wanted if (code := code_or_none(name.removeprefix("file-")))}
    links = [name for name in wanted if name.lower().startswith(LINK)]
    gatherer = _Gatherer(by, undo)
    gatherer.from_library(codes)
    gatherer.from_links(links)
    gatherer.from_zip([name for name in wanted if name not in codes and name not in set(links)], packed)
    return gatherer.found


@dataclass
class _Gatherer:
    by: Membership
    undo: ExitStack
    found: Gathered = field(default_factory=Gathered)

    def from_library(self, codes: Mapping[str, UUID]) -> None:
        """Find inputs and finished pictures that the member may see. A picture becomes an input when it is first used
        so."""
        if not codes:
            return
        outputs: dict[str, Output] = {}
        with tenancy.tenant(self.by.org_id):
            visible = uploads.visible_to(self.by).filter(code__in=codes.values(), is_mask=False)
            inputs = {one.code: one for one in visible}
            kept = Output.objects.not_in_bin().visible_to(self.by).filter(code__in=codes.values())
            made = {one.code: one for one in kept.select_related("run", "org", "composite")}
            for name, code in codes.items():
                output = made.get(code)
                given = inputs.get(code) or (output and uploads.of_output(output=output, by=self.by.user))
                if given:
                    self.found.earlier[name] = given
                elif output:
                    outputs[name] = output
                else:
                    sentence = f"There is no picture {quote(name)} in the library, or you may not see it."
                    self.found.missing[name] = sentence
        for name, output in outputs.items():
            self._keep(name, partial(uploads.store_output, output))

    def from_links(self, links: list[str]) -> None:
        """Fetch pictures from the web, several at once, within one deadline for all of them."""
        if not links:
            return
        if len(links) > MOST_LINKS:
            sentence = f"A sheet may link to {MOST_LINKS} pictures at most. Send a ZIP instead."
            raise SheetRefused("too_many_links", sentence)
        release.give_back()
        fetched = partial(_fetched, org_id=self.by.org_id, ends_at=time.monotonic() + ALL_LINKS_SECONDS)
        with ThreadPoolExecutor(LINKS_AT_ONCE, thread_name_prefix="sheet links") as pool:
            for first in range(0, len(links), LINKS_AT_ONCE):  # so that no more than these are in memory
                some = links[first : first + LINKS_AT_ONCE]
                for link, data in zip(some, pool.map(fetched, some), strict=True):
                    self._from_link(link, data)

    def _from_link(self, link: str, data: bytes | None) -> None:
        if data is None:
            self.found.missing[link] = "This link does not lead to a picture that can be fetched."
        else:
            self._store(link, link.partition("?")[0].rpartition("/")[2] or "picture", data)

    def from_zip(self, names: list[str], file: IO[bytes] | None) -> None:
        """Unpack only what is named, one picture at a time, to memory and never to a path that the ZIP chooses."""
        if file is None:
            for name in names:
                sentence = f"The picture {quote(name)} was not sent. Send a ZIP of the pictures with the table."
                self.found.missing[name] = sentence
            return
        with _opened(file) as packed:
            entries, left_bytes = _entries(packed), MOST_UNPACKED_BYTES
            for name in names:
                entry = entries.get(_key(name)) or entries.get(_key(name.replace("\\", "/").rpartition("/")[2]))
                if entry is None:
                    meant = closest(_key(name), [*entries])
                    hint = f" Is it {quote(entries[meant].filename)}?" if meant else ""
                    self.found.missing[name] = f"The ZIP has no picture {quote(name)}.{hint}"
                elif entry.file_size > min(UPLOAD_LIMIT_BYTES, left_bytes):
                    self.found.missing[name] = f"The picture {quote(name)} is too large."
                elif (data := _unpacked(packed, entry)) is None:
                    self.found.missing[name] = f"The picture {quote(name)} cannot be unpacked."
                else:
                    left_bytes -= len(data)
                    self._store(name, entry.filename, data)

    def _store(self, called: str, name: str, data: bytes) -> None:
        self._keep(called, partial(uploads.store_picture, org=self.by.org, name=name, data=data))

    def _keep(self, called: str, store: Callable[[], Ready]) -> None:
        try:
            self.found.ready[called] = ready = store()
        except UploadRefused as refusal:
            self.found.missing[called] = refusal.sentence
        else:
            self.undo.callback(uploads.forget, ready)


def _fetched(link: str, *, org_id: int, ends_at: float) -> bytes | None:
    seconds = min(LINK_SECONDS, ends_at - time.monotonic())
    if seconds <= 0 or len(link) > LONGEST_NAME:
        return None
    try:
        with _fetching.held(UPLOAD_LIMIT_BYTES, by=org_id, seconds=seconds):
            return fetch(
                link,
                limit_bytes=UPLOAD_LIMIT_BYTES,
                deadline_seconds=seconds,
                allowed_hosts=settings.PICTURE_ALLOWED_HOSTS,
            )
    except (CannotFetch, Busy):
        return None


def _opened(file: IO[bytes]) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
        raise SheetRefused("unreadable", "This is not a ZIP that can be read.", "pictures") from None


def _entries(packed: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Return the files of a ZIP by their paths and, where only one is called so, by their names."""
    entries = [one for one in packed.infolist() if not one.is_dir() and "__MACOSX" not in one.filename]
    if len(entries) > MOST_ENTRIES:
        raise SheetRefused("too_many_pictures", f"A ZIP may have {MOST_ENTRIES:,} files at most.", "pictures")
    by_name: dict[str, list[zipfile.ZipInfo]] = {}
    for one in entries:
        by_name.setdefault(_key(one.filename.replace("\\", "/").rpartition("/")[2]), []).append(one)
    alone = {name: found[0] for name, found in by_name.items() if len(found) == 1}
    return {**alone, **{_key(one.filename.replace("\\", "/")): one for one in entries}}


def _unpacked(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    """Return the bytes of an entry: never more than it claims, which was bounded."""
    try:
        with packed.open(entry) as source:
            data = io.BytesIO()
            while piece := source.read(256 * 1024):
                data.write(piece)
                if data.tell() > UPLOAD_LIMIT_BYTES:
                    return None
            return data.getvalue()
    except UNREADABLE:
        return None


def _key(name: str) -> str:
    return name.strip().casefold()
