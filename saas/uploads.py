"""How uploaded files come in, for every form: on disk when they are large, and never larger than can be refused."""

from django.core.files.uploadhandler import FileUploadHandler

LIMIT_BYTES = 50_000_000


class Bounded(FileUploadHandler):
    """Lets the limit and one piece more through and forgets the rest. So whoever reads the file sees that it is too
    large and can say so, the form's other fields still arrive, and no disk fills up."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        return raw_data if start <= LIMIT_BYTES else None

    def file_complete(self, file_size: int) -> None:
        """The handlers behind it make the file."""
