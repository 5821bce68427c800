"""An ASGI program for Daphne: a socket whose organization has more to tell than its client reads. After each hundred
frames an end; at last, how much ever waited in this process."""

import asyncio
import base64
import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

import django

django.setup()

from saas.server.backpressure import Measured  # noqa: E402 Django comes first
from studio.live import consumer  # noqa: E402

FRAMES, BETWEEN_ENDS = 3000, 100
RUN = "00000000-0000-0000-0000-000000000000"
PREVIEW = base64.b64encode(os.urandom(36_000)).decode()


class Flood(consumer.OrgConsumer):
    async def connect(self) -> None:
        self.groups = []
        await self.accept()
        self.flood = asyncio.ensure_future(self._flood())

    async def _flood(self) -> None:
        most = 0
        for number in range(FRAMES):
            await self.org_event({"event": {"type": "partial", "run": RUN, "seq": number, "preview": PREVIEW}})
            if number % BETWEEN_ENDS == 0:
                await self.org_event({"event": {"type": "ended", "run": RUN, "seq": number}})
            most = max(most, self.scope["unsent_bytes"]())
            await asyncio.sleep(0)  # as between two announcements
        await asyncio.sleep(1.5)
        await self.org_event({"event": {"type": "told", "most_unsent_bytes": most}})


class Torrent(Flood):
    """So many small ones that even they are too much."""

    async def _flood(self) -> None:
        for number in range(30_000):
            await self.org_event({"event": {"type": "waiting", "run": RUN, "seq": number, "why": "x" * 200}})
            if number % 100 == 0:
                await asyncio.sleep(0)


async def _by_path(scope: Any, receive: Any, send: Any) -> None:
    consumer: Any = Torrent if scope["path"] == "/torrent" else Flood
    await consumer.as_asgi()(scope, receive, send)


application = Measured(_by_path)
