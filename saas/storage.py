"""S3 for a web server: django-storages makes a client for each thread, Django answers each request in a thread of its
own, and a client takes longer to make than most answers. Clients may be shared; here all threads share one."""

from threading import Lock
from types import SimpleNamespace
from typing import Any

from botocore.config import Config  # type: ignore[import-untyped]  # botocore has no types
from storages.backends.s3 import S3Storage

PATIENCE = Config(connect_timeout=5, read_timeout=60, max_pool_connections=32)


class SharedS3Storage(S3Storage):  # type: ignore[misc]  # django-storages is untyped
    client_config: Any

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.client_config = self.client_config.merge(PATIENCE)
        self._connections = SimpleNamespace()
        self._making = Lock()

    @property
    def connection(self) -> Any:
        with self._making:
            return super().connection
