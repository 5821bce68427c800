"""A browser's tab: a websocket through the whole of saas.asgi, with cookie and origin."""

import asyncio
from http.cookies import SimpleCookie
from typing import Any

from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings

from accounts.models import User
from tests.conftest import SignIn

OURS = "http://testserver"
HELLO = {"v": 1, "type": "hello"}
SOON = 10.0  # seconds; much less, unless the machine is busy


class Tab:
    def __init__(self, session: str = "", *, org: str = "acme", origin: str | None = OURS) -> None:
        from saas.asgi import application

        cookie = SimpleCookie({settings.SESSION_COOKIE_NAME: session}).output(header="").strip()
        headers = [(b"cookie", cookie.encode())]
        if origin is not None:
            headers.append((b"origin", origin.encode()))
        self.wire = WebsocketCommunicator(application, f"/ws/o/{org}/", headers)

    async def connect(self) -> bool:
        is_open, _ = await self.wire.connect(timeout=SOON)
        return bool(is_open)

    async def open(self) -> "Tab":
        assert await self.connect()
        assert await self.hears() == HELLO
        return self

    async def hears(self) -> Any:
        return await self.wire.receive_json_from(timeout=SOON)

    async def hears_nothing(self) -> bool:
        return bool(await self.wire.receive_nothing(timeout=0.1))

    async def is_closed_with(self) -> int:
        message = await self.wire.receive_output(timeout=SOON)
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def leave(self) -> None:
        await self.wire.disconnect()


async def tab_of(user: User, sign_in: SignIn, *, org: str = "acme") -> Tab:
    client = await sync_to_async(sign_in)(user)
    return await Tab(client.cookies[settings.SESSION_COOKIE_NAME].value, org=org).open()


async def leave_all(*tabs: Tab) -> None:
    await asyncio.gather(*(tab.leave() for tab in tabs))
