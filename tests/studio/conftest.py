from collections.abc import Iterator

import pytest
from channels.layers import channel_layers


@pytest.fixture(autouse=True)
def _own_channel_layer(transactional_db: None) -> Iterator[None]:
    """Each test has an event loop of its own, and the in-memory layer belongs to one loop."""
    import saas.asgi  # noqa: F401  asks the database which role it is, so it is imported here, before the loop runs

    channel_layers.backends.clear()
    yield
    channel_layers.backends.clear()
