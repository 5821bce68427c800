"""The ways of a Darkroom to its services, each through a fault proxy."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from saas.embedded.folder import DataFolder
from tests.fault_proxy import FaultProxy
from tests.scaled import databases
from tests.scaled.services import S3, RabbitMQ, Redis


@dataclass(frozen=True)
class Ways:
    postgresql: FaultProxy
    rabbitmq: FaultProxy
    redis: FaultProxy
    s3: FaultProxy

    @property
    def redis_url(self) -> str:
        return f"redis://127.0.0.1:{self.redis.port}/0"

    @property
    def broker_url(self) -> str:
        return f"amqp://guest:guest@127.0.0.1:{self.rabbitmq.port}/%2F"

    @property
    def s3_url(self) -> str:
        return f"http://127.0.0.1:{self.s3.port}"

    def heal(self) -> None:
        for way in (self.postgresql, self.rabbitmq, self.redis, self.s3):
            way.heal()


@contextmanager
def open_ways(cluster: DataFolder, rabbitmq: RabbitMQ, redis: Redis, s3: S3) -> Iterator[Ways]:
    with ExitStack() as proxies:
        postgresql = proxies.enter_context(FaultProxy(databases.socket_of(cluster)))
        others = [proxies.enter_context(FaultProxy(("127.0.0.1", one.port))) for one in (rabbitmq, redis, s3)]
        yield Ways(postgresql, *others)
