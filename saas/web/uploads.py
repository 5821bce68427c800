"""Receive the uploaded files of every form: large ones on disk, and cut off just above the limit, so that a view can
refuse them."""

import os
from collections.abc import Mapping
from typing import IO, Any

from django.core.files.uploadhandler import FileUploadHandler
from django.http import QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict

from saas.ops.request_info import PublicRequest
from saas.server.body_limit import Body

LIMIT_BYTES = 50_000_000
TAIL_BYTES = 4096  # at the end of a form, in which its last line has to be


class MeasuredRequest(PublicRequest):
    """A request that measures its body instead of trusting a header. A body sent in chunks has no Content-Length, and
    Django would read its form as an empty one."""

    def __init__(self, scope: dict[str, Any], body_file: IO[bytes]) -> None:
        super().__init__(scope, body_file)
        self.body_bytes = body_file.seek(0, os.SEEK_END)
        body_file.seek(0)
        self.META["CONTENT_LENGTH"] = str(self.body_bytes)

    def parse_file_upload(
        self,
        META: Mapping[str, Any],  # noqa: N803 Django's name
        post_data: Any,
    ) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        """Refuse a form without its last line: Django would take the part of a file that arrived for the whole file."""
        boundary = self.content_params.get("boundary") if self.content_params else None
        if self.body_bytes and boundary and f"--{boundary}--".encode() not in self._tail():
            raise MultiPartParserError("The form arrived incomplete. Send it again.")
        return super().parse_file_upload(META, post_data)

    def _tail(self) -> bytes:
        if isinstance(self._stream, Body):
            return self._stream.tail(TAIL_BYTES)
        place = self._stream.tell()
        self._stream.seek(max(self.body_bytes - TAIL_BYTES, 0))
        tail: bytes = self._stream.read()
        self._stream.seek(place)
        return tail


class Bounded(FileUploadHandler):
    """An upload handler that passes on the limit and one piece more, and drops the rest. So the view sees that the file
    is too large and can say so, the form's other fields still arrive, and no disk fills up."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= LIMIT_BYTES else None

    def file_complete(self, file_size: int) -> None:
        """Leave it to the handlers behind this one to make the file."""
