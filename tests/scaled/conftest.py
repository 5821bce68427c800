"""The scaled-out size: every service is real, every process is one of its own."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from saas.embedded import identity
from saas.embedded.folder import DataFolder
from tests.embedded.prepared import copied
from tests.scaled import databases, services
from tests.scaled.darkroom import Darkroom, World
from tests.scaled.provider import Provider
from tests.scaled.services import S3, RabbitMQ, Redis


@pytest.fixture(scope="package")
def folder() -> Iterator[Path]:
    """Not pytest's own, which PostgreSQL's user may not pass through."""
    with tempfile.TemporaryDirectory(prefix="darkroom-scaled-") as made:
        path = Path(made)
        path.chmod(0o711)
        yield path


@pytest.fixture(scope="package")
def programs() -> None:
    """Where they are missing it is said, and in CI it is an error."""
    if missing := services.missing_programs():
        sentence = f"Debian's packages {', '.join(missing)} are not installed"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)


@pytest.fixture(scope="package")
def rabbitmq(folder: Path, programs: None) -> Iterator[RabbitMQ]:
    """Started first and waited for last: it takes longest."""
    home = folder / "rabbitmq"
    home.mkdir()
    service = RabbitMQ(home)
    service.start()
    yield service
    service.stop()


@pytest.fixture(scope="package")
def redis(folder: Path, programs: None) -> Iterator[Redis]:
    home = folder / "redis"
    home.mkdir()
    service = Redis(home)
    service.start()
    service.wait()
    yield service
    service.stop()


@pytest.fixture(scope="package")
def s3(folder: Path) -> Iterator[S3]:
    service = S3(folder)
    service.start()
    service.wait()
    yield service
    service.stop()


@pytest.fixture(scope="package")
def cluster(folder: Path, first_data: Path) -> Iterator[DataFolder]:
    """With Darkroom's tables already, empty."""
    with databases.own_cluster(copied(first_data, folder / "postgres")) as made:
        yield made


@pytest.fixture(scope="package")
def provider() -> Iterator[Provider]:
    made = Provider()
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="package")
def world(folder: Path, cluster: DataFolder, redis: Redis, s3: S3, provider: Provider) -> Iterator[World]:
    """What a Darkroom finds around itself, whichever queue it uses; its tables and people are made once."""
    server_url = databases.server_url(cluster)
    with databases.made(server_url) as template_url:
        found = World(
            folder=folder,
            template_url=template_url,
            redis_url=os.environ.get("REDIS_URL") or f"{redis.url}0",
            s3_url=s3.url,
        )
        seeding = Darkroom(folder, found, template_url, broker_url="")
        yield replace(found, member=seeding.run("-m", "tests.scaled.seed"))


@pytest.fixture(scope="package")
def own_template(folder: Path, cluster: DataFolder, world: World) -> Iterator[str]:
    """The address of a database of our own cluster, with the same people, to be copied or looked at."""
    with databases.made(identity.url(cluster), like=identity.url(cluster)) as url:
        Darkroom(folder, world, url, broker_url="").run("-m", "tests.scaled.seed")
        yield url


@pytest.fixture(scope="package", params=["rabbitmq", "redis"])
def darkroom(
    request: pytest.FixtureRequest, folder: Path, cluster: DataFolder, world: World, rabbitmq: RabbitMQ, redis: Redis
) -> Iterator[Darkroom]:
    """The whole of it, on each of the two queues in turn."""
    queues = {"rabbitmq": os.environ.get("BROKER_URL") or rabbitmq.url, "redis": f"{redis.url}1"}
    home = Path(tempfile.mkdtemp(prefix=f"on-{request.param}-", dir=folder))
    with databases.made(databases.server_url(cluster), like=world.template_url) as database_url:
        made = Darkroom(home, world, database_url, queues[request.param])
        try:
            rabbitmq.wait()
            made.start()
            made.wait()
            yield made
        finally:
            made.stop()
