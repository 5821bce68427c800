"""An ASGI program for Daphne: it sends megabytes, and reports how they left."""

import json
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from daphne import server  # noqa: E402, F401 Django comes first; installs the reactor
from twisted.internet import abstract, tcp  # noqa: E402

from saas.server import backpressure, large_sends  # noqa: E402

BODY = os.urandom(12_000_000)

large_sends.install()
Server: Any = tcp.Port.transport
join: Any = abstract._concatenate
told: dict[str, list[Any]] = {"sends": list[int](), "copies": list[int](), "as_it_is": list[bool]()}


class Watched(Server):  # type: ignore[misc]  # made at run time
    def writeSomeData(self, data: Any) -> Any:  # noqa: N802
        told["as_it_is"].append(self.dataBuffer is BODY)
        sent = super().writeSomeData(data)
        told["sends"].append(sent)
        return sent


def _watched_join(left: bytes, offset: int, more: list[bytes]) -> Any:
    told["copies"].append(len(left) - offset)
    return join(left, offset, more)


tcp.Port.transport = Watched
abstract._concatenate = _watched_join


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answer with megabytes, or with what was told of those before: the sizes of all sends, and of all copies, and
    whether the body itself was sent."""
    send = backpressure.patient(send)
    body = BODY if scope["path"] == "/" else json.dumps(told).encode()
    if scope["path"] != "/":
        for noted in told.values():
            noted.clear()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
