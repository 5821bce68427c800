from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from accounts import access
from accounts.models import Membership
from saas import live, metrics

STRANGER = 4404
ENDED = 4403


class OrgConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """One socket per tab. Rights are asked at connect and end when they are withdrawn; leaving asks for nothing."""

    groups: list[str]

    async def __call__(self, *args: Any) -> None:
        with metrics.SOCKETS.track_inprogress():
            await super().__call__(*args)

    async def connect(self) -> None:
        self.groups = []
        member = await self._member()
        await self.accept()  # a close code reaches the browser only through an accepted socket
        if member is None:
            await self.close(STRANGER)
            return
        for group in (live.org_group(member.org_id), live.person_group(member.org_id, member.user_id)):
            self.groups.append(group)
            await self.channel_layer.group_add(group, self.channel_name)
        if await self._member() is None:  # what ended before we listened was announced to nobody
            await self.close(ENDED)
            return
        await self.send_json({"v": 1, "type": "hello"})

    async def receive(self, *args: Any, **kwargs: Any) -> None:
        """Browsers have nothing to say yet; what they say is ignored, whatever it is."""

    async def _member(self) -> Membership | None:
        user = self.scope["user"]
        if not user.is_authenticated:
            return None
        slug = self.scope["url_route"]["kwargs"]["slug"]
        member: Membership | None = await database_sync_to_async(access.socket_member)(user.pk, slug)
        return member

    async def org_event(self, message: dict[str, Any]) -> None:
        await self.send_json({"v": 1, **message["event"]})

    async def access_ended(self, message: dict[str, Any]) -> None:
        await self.close(ENDED)
