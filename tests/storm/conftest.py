"""A Darkroom as `bin/run` starts it, with short deadlines, and the demo's organization in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.instance import running_darkroom
from tests.embedded.prepared import copied, demo_of
from tests.storm.client import Storm

HEAD_SECONDS = 3
ARRIVAL_SECONDS = 8
BODIES_BYTES = 60_000_000


@pytest.fixture(scope="package")
def storm(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    data = copied(demo_data, tmp_path_factory.mktemp("storm"))
    with running_darkroom(
        data,
        REQUEST_HEAD_SECONDS=str(HEAD_SECONDS),
        REQUEST_ARRIVAL_SECONDS=str(ARRIVAL_SECONDS),
        REQUEST_BODIES_BYTES=str(BODIES_BYTES),
    ) as instance:
        yield Storm(instance, str(demo_of(demo_data)["api_key"]))
