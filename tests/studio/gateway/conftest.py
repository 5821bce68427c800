"""A Darkroom as `bin/run` starts it, and the official SDK pointed at it by its base URL alone."""

import json
from collections.abc import Iterator

import openai
import pytest

from tests.embedded.instance import Instance, manage, running_darkroom


@pytest.fixture(scope="session")
def darkroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    with running_darkroom(tmp_path_factory.mktemp("gateway") / "data") as instance:
        yield instance


@pytest.fixture(scope="session")
def api_key(darkroom: Instance) -> str:
    return str(json.loads(manage(darkroom.folder.root, "demo", "--json"))["api_key"])


@pytest.fixture(scope="session")
def client(darkroom: Instance, api_key: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(api_key=api_key, base_url=f"{darkroom.url}/v1", max_retries=0, timeout=60) as client:
        yield client
