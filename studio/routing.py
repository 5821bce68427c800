from channels.generic.websocket import AsyncWebsocketConsumer
from django.urls import path, re_path

from studio.live.consumer import OrgConsumer


class Nowhere(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """Without it, a request for another address leaves an error in the log."""

    async def connect(self) -> None:
        await self.close()


sockets = [
    path("ws/o/<slug:slug>/", OrgConsumer.as_asgi()),
    re_path("", Nowhere.as_asgi()),
]
