import pytest

from saas.server import socket_turns


@pytest.fixture(autouse=True)
def _turns_end_with_their_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has an event loop of its own, which takes the ends of its sockets' turns with it; and all of them come
    from one network."""
    monkeypatch.setattr(socket_turns, "UNPROVED_AT_ONCE", 1000)
