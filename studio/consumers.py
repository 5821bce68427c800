from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from accounts import access
from saas import live, metrics

STRANGER = 4404
ENDED = 4403


class OrgConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """One socket per tab. Rights are asked at connect and end when they are withdrawn; leaving asks for nothing."""

    groups: list[str]

    async def connect(self) -> None:
        self.groups = []
        slug = self.scope["url_route"]["kwargs"]["slug"]
        user = self.scope["user"]
        member = await database_sync_to_async(access.socket_member)(user.pk, slug) if user.is_authenticated else None
        await self.accept()  # a close code reaches the browser only through an accepted socket
        if member is None:
            await self.close(STRANGER)
            return
        metrics.SOCKETS.inc()
        for group in (live.org_group(member.org_id), live.person_group(member.org_id, user.pk)):
            self.groups.append(group)
            await self.channel_layer.group_add(group, self.channel_name)
        await self.send_json({"v": 1, "type": "hello"})

    async def websocket_disconnect(self, message: dict[str, Any]) -> None:
        if self.groups:
            metrics.SOCKETS.dec()
        await super().websocket_disconnect(message)

    async def receive_json(self, content: Any, **kwargs: Any) -> None:
        """Browsers have nothing to say yet; what they say is ignored."""

    async def org_event(self, message: dict[str, Any]) -> None:
        await self.send_json({"v": 1, **message["event"]})

    async def access_ended(self, message: dict[str, Any]) -> None:
        await self.close(ENDED)
