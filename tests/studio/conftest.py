from collections.abc import Iterator

import pytest
from channels.layers import channel_layers

from studio.imaging import decode_turns


@pytest.fixture(autouse=True)
def _own_channel_layer(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test of a socket has an event loop of its own, and the in-memory layer belongs to one loop."""
    if request.node.get_closest_marker("asyncio") is None:
        yield
        return
    request.getfixturevalue("transactional_db")
    import saas.asgi  # noqa: F401  asks the database which role it is, so it is imported here, before the loop runs

    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()


@pytest.fixture(scope="module")
def unshared() -> Iterator[None]:
    """This module decodes without turns: it is about pixels, not about who waits for whom."""
    with decode_turns.unshared():
        yield
