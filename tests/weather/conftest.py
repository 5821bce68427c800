"""Two web processes behind Caddy, two workers, services whose ways can be cut, and a provider that counts what it is
asked."""

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from saas.embedded import identity
from saas.embedded.folder import DataFolder
from tests.scaled import databases
from tests.scaled.conftest import cluster, folder, own_template, programs, provider, rabbitmq, redis, s3, world
from tests.scaled.darkroom import World
from tests.scaled.postbox import Postbox
from tests.scaled.services import S3, RabbitMQ, Redis
from tests.support.fake_provider import Upstream, upstream
from tests.weather.painting import Painting
from tests.weather.pair import Pair
from tests.weather.ways import Ways, open_ways

__all__ = ["cluster", "folder", "own_template", "programs", "provider", "rabbitmq", "redis", "s3", "world"]


@pytest.fixture(scope="package")
def painting() -> Painting:
    return Painting()


@pytest.fixture(scope="package")
def up(painting: Painting) -> Iterator[Upstream]:
    with upstream(painting) as found:
        yield found


@pytest.fixture(scope="package")
def ear() -> Iterator[Upstream]:
    """Where webhooks arrive."""
    with upstream(lambda exchange: exchange.whole(200, {})) as found:
        yield found


@pytest.fixture(scope="package")
def postbox() -> Iterator[Postbox]:
    made = Postbox()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="package")
def ways(cluster: DataFolder, rabbitmq: RabbitMQ, redis: Redis, s3: S3) -> Iterator[Ways]:
    with open_ways(cluster, rabbitmq, redis, s3) as found:
        yield found


@pytest.fixture(scope="package")
def pair(
    folder: Path,
    cluster: DataFolder,
    own_template: str,
    world: World,
    rabbitmq: RabbitMQ,
    ways: Ways,
    postbox: Postbox,
    ear: Upstream,
    up: Upstream,
) -> Iterator[Pair]:
    """All its services are our own, since the weather is theirs too."""
    home = Path(tempfile.mkdtemp(prefix="pair-", dir=folder))
    around = replace(world, redis_url=ways.redis_url, s3_url=ways.s3_url, mail_url=postbox.url)
    with databases.made(identity.url(cluster), like=own_template) as database_url:
        databases.checkpoint(cluster)
        made = Pair(home, around, database_url, ways.broker_url, ways, hears=ear.host)
        try:
            rabbitmq.wait()
            made.start()
            made.wait()
            made.key = made.run("-m", "tests.scaled.keys", up.url)
            yield made
        finally:
            made.stop()


@pytest.fixture(autouse=True)
def _fair_weather(pair: Pair) -> None:
    """Each test begins with all that it needs, whatever the one before has done."""
    pair.mend()
