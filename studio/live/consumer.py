import asyncio
from functools import partial
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer

from accounts import access
from accounts.models import Membership
from saas import broadcast
from saas.ops import metrics
from studio.live import recheck_rights
from studio.live.in_order import InOrder

STRANGER = 4404
ENDED = 4403
TOO_SLOW = 4408
PREVIEWS_UNTIL_BYTES = 512 * 1024  # some ten previews that the client has not read yet
MOST_UNSENT_BYTES = 1024 * 1024
LONGEST_SECONDS = 14 * 24 * 3600.0


class OrgConsumer(AsyncJsonWebsocketConsumer):  # type: ignore[misc]  # channels is untyped
    """The socket of one tab. Rights are checked at connect and about once a minute, and the socket is closed when they
    end. Disconnecting asks nothing of the database."""

    groups: list[str]
    _end: asyncio.TimerHandle | None = None
    _watch: asyncio.Task[None] | None = None
    _is_cut_off = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._order = InOrder(self._tell)

    async def __call__(self, *args: Any) -> None:
        with metrics.SOCKETS.track_inprogress():
            try:
                await super().__call__(*args)
            finally:
                self._stop_watching()

    async def connect(self) -> None:
        self.groups = []
        member = await self._member()
        await self.accept()  # a close code reaches the browser only through an accepted socket
        if member is None:
            await self.close(STRANGER)
            return
        for group in self._groups_of(member):
            self.groups.append(group)
            await self.channel_layer.group_add(group, self.channel_name)
        member = await self._member()
        if member is None:  # rights may have ended before the groups were joined, and that announcement was missed
            await self.close(ENDED)
            return
        await self.send_json({"v": 1, "type": "hello"})
        self._end = asyncio.get_running_loop().call_later(await self._session_seconds(), self._end_with_session)
        self._watch = asyncio.create_task(self._close_when_ended(member))

    async def disconnect(self, code: int) -> None:
        self._order.leave()
        if self._end is not None:
            self._end.cancel()
        self._stop_watching()

    async def receive(self, *args: Any, **kwargs: Any) -> None:
        """Ignore all messages: browsers have nothing to send yet."""

    async def _member(self) -> Membership | None:
        user = self.scope["user"]
        if not user.is_authenticated:
            return None
        slug = self.scope["url_route"]["kwargs"]["slug"]
        member: Membership | None = await database_sync_to_async(access.socket_member)(user.pk, slug)
        return member

    def _groups_of(self, member: Membership) -> list[str]:
        key = self.scope["session"].session_key
        return [
            broadcast.org_group(member.org_id),
            broadcast.person_group(member.org_id, member.user_id),
            broadcast.person_everywhere(member.user_id),
            *([broadcast.session_group(key)] if key else []),
        ]

    async def _session_seconds(self) -> float:
        """Return how long the session still lasts, since its expiry is not announced."""
        left: float = await database_sync_to_async(self.scope["session"].get_expiry_age)()
        return min(left, LONGEST_SECONDS)

    async def _close_when_ended(self, member: Membership) -> None:
        opened = access.Opened.by(member, self.scope["session"].session_key)
        await recheck_rights.until_ended(partial(access.stands, opened))
        await self.close(ENDED)

    def _stop_watching(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    def _end_with_session(self) -> None:
        self._ending = asyncio.ensure_future(self.close(ENDED))

    async def org_event(self, message: dict[str, Any]) -> None:
        await self._order.take(message["event"])

    async def _tell(self, event: dict[str, Any]) -> None:
        """Send an event. A client that reads slowly loses previews first: its page fetches the pictures later. One that
        reads nothing is cut off before it fills the memory; it connects again and asks for what it missed."""
        if self._is_cut_off:
            return
        unsent_bytes = self.scope["unsent_bytes"]()
        if unsent_bytes > MOST_UNSENT_BYTES:
            self._is_cut_off = True
            metrics.SOCKETS_CUT_OFF.inc()
            await self.close(TOO_SLOW)
            return
        if unsent_bytes > PREVIEWS_UNTIL_BYTES and "preview" in event:
            metrics.PREVIEWS_DROPPED.inc()
            event = {name: value for name, value in event.items() if name != "preview"}
        await self.send_json({"v": 1, **event})

    async def access_ended(self, message: dict[str, Any]) -> None:
        await self.close(ENDED)
