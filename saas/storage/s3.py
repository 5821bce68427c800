"""Share one S3 client between all threads, and ask it directly. django-storages makes a client for each thread, Django
answers each request in a thread of its own, and a client takes longer to make than most answers. For each file it also
makes an object of boto3, whose class is built each time, and starts threads of its own."""

from contextlib import closing
from http import HTTPStatus
from io import BytesIO
from threading import Lock
from types import SimpleNamespace
from typing import Any

from botocore.config import Config  # type: ignore[import-untyped]  # botocore has no types
from botocore.exceptions import (  # type: ignore[import-untyped]
    ClientError,
    HTTPClientError,
    IncompleteReadError,
)
from django.core.files.base import File
from storages.backends.s3 import S3Storage
from storages.utils import ReadBytesWrapper, clean_name

from saas.database import release

PATIENCE = Config(connect_timeout=5, read_timeout=60, max_pool_connections=32)
# For writes and deletes that can be skipped, or done later.
IMPATIENCE = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 1}, max_pool_connections=32)
HURRY = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})
CUT_OFF = (HTTPClientError, IncompleteReadError)  # while a file was read


class SharedS3Storage(S3Storage):  # type: ignore[misc]  # django-storages is untyped
    client_config: Any
    bounds = PATIENCE
    most_reads = 5  # of a file whose bytes end too early; the client itself repeats only requests without an answer

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_config = self.client_config.merge(self.bounds)
        self._connections = SimpleNamespace()
        self._making = Lock()

    @property
    def connection(self) -> Any:
        with self._making:
            is_new = not hasattr(self._connections, "connection")
            made = super().connection
            if is_new:
                made.meta.client.meta.events.register("before-send.s3", _refuse_to_wait)
            return made

    @property
    def _client(self) -> Any:
        return self.connection.meta.client

    def _open(self, name: str, mode: str = "rb") -> File:  # type: ignore[type-arg]  # django-stubs: of bytes or text
        """Read the whole file by one request. Raise FileNotFoundError if there is none."""
        if mode != "rb":
            raise ValueError("A stored file is read as it is.")
        try:
            return File(BytesIO(self._read(name)), name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
                raise FileNotFoundError(f"File does not exist: {name}") from error
            raise

    def read_part(self, name: str, offset: int, size_bytes: int) -> bytes:
        """Read a part of the file by one request."""
        return self._read(name, Range=f"bytes={offset}-{offset + size_bytes - 1}")

    def _read(self, name: str, **also: str) -> bytes:
        left = self.most_reads
        while True:
            left -= 1
            answer = self._client.get_object(Bucket=self.bucket_name, Key=self._key(name), **also)
            try:
                with closing(answer["Body"]) as body:
                    return bytes(body.read())
            except CUT_OFF:
                if not left:
                    raise

    def _save(self, name: str, content: Any) -> str:
        content.seek(0)
        said = self._get_write_parameters(self._key(name), content)
        self._client.put_object(Bucket=self.bucket_name, Key=self._key(name), Body=ReadBytesWrapper(content), **said)
        return str(clean_name(name))

    def delete(self, name: str) -> None:
        """Delete the file. S3 does not mind if there is none."""
        self._client.delete_object(Bucket=self.bucket_name, Key=self._key(name))

    def _key(self, name: str) -> str:
        return str(self._normalize_name(clean_name(name)))


def _refuse_to_wait(**_: object) -> None:
    release.refuse_to_wait()


class ProbedS3Storage(SharedS3Storage):
    """The same bucket, tried once with a timeout of one second."""

    bounds, most_reads = HURRY, 1


class ImpatientS3Storage(SharedS3Storage):
    """The same bucket, tried once with a timeout of three seconds."""

    bounds, most_reads = IMPATIENCE, 1
