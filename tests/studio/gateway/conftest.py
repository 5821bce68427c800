"""A Darkroom as `bin/run` starts it, and the official SDK pointed at it by its base URL alone. One serves all tests:
its first organization has the sandbox, a second one an upstream that shares no code with Darkroom."""

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest

from tests.embedded.instance import Instance, manage, running_darkroom
from tests.embedded.prepared import copied, demo_of
from tests.studio.gateway import drips as slow
from tests.studio.gateway import upstreams
from tests.studio.gateway.drips import Drip
from tests.support.fake_provider import Upstream, upstream

ARRIVAL_SECONDS = 15


@pytest.fixture(scope="package")
def up() -> Iterator[Upstream]:
    with upstream(upstreams.by_prompt) as found:
        yield found


@pytest.fixture(scope="package")
def darkroom(up: Upstream, demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    data, arrival = copied(demo_data, tmp_path_factory.mktemp("gateway")), str(ARRIVAL_SECONDS)
    with running_darkroom(data, PROVIDER_ALLOWED_HOSTS=up.host, REQUEST_ARRIVAL_SECONDS=arrival) as instance:
        yield instance


@pytest.fixture(scope="package")
def sandbox_key(demo_data: Path) -> str:
    return str(demo_of(demo_data)["api_key"])


@pytest.fixture(scope="package")
def api_key(sandbox_key: str) -> str:
    return sandbox_key


@pytest.fixture(scope="package")
def upstream_key(darkroom: Instance, sandbox_key: str, up: Upstream) -> str:
    script = Path(__file__).with_name("point_at_upstream.py").read_text().replace("UPSTREAM", up.url)
    with pytest.MonkeyPatch.context() as variables:
        variables.setenv("PROVIDER_ALLOWED_HOSTS", up.host)
        return manage(darkroom.folder.root, "shell", "-c", script).split()[-1]


@pytest.fixture(scope="package")
def client(darkroom: Instance, api_key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=api_key, base_url=f"{darkroom.url}/v1", max_retries=0, timeout=60) as client:
        yield client


@pytest.fixture(scope="package")
def drips(darkroom: Instance, api_key: str) -> list[Drip]:
    return slow.several(darkroom, api_key)
