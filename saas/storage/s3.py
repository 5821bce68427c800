"""Share one S3 client between all threads. django-storages makes a client for each thread, Django answers each request
in a thread of its own, and a client takes longer to make than most answers."""

from threading import Lock
from types import SimpleNamespace
from typing import Any

from botocore.config import Config  # type: ignore[import-untyped]  # botocore has no types
from storages.backends.s3 import S3Storage

from saas.database import release

PATIENCE = Config(connect_timeout=5, read_timeout=60, max_pool_connections=32)
# For writes and deletes that can be skipped, or done later.
IMPATIENCE = Config(connect_timeout=3, read_timeout=3, retries={"total_max_attempts": 1}, max_pool_connections=32)
HURRY = Config(connect_timeout=1, read_timeout=1, retries={"total_max_attempts": 1})


class SharedS3Storage(S3Storage):  # type: ignore[misc]  # django-storages is untyped
    client_config: Any
    bounds = PATIENCE

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


def _refuse_to_wait(**_: object) -> None:
    release.refuse_to_wait()


class ProbedS3Storage(SharedS3Storage):
    """The same bucket, tried once with a timeout of one second."""

    bounds = HURRY


class ImpatientS3Storage(SharedS3Storage):
    """The same bucket, tried once with a timeout of three seconds."""

    bounds = IMPATIENCE
