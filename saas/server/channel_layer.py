"""Send channel messages through Redis when scaled out, so that Redis can neither read nor forge one.

Each message is sealed, together with the name of its group, under a key derived from ENCRYPTION_KEYS. A message that
does not open, or that was copied from another group, is dropped."""

from functools import lru_cache
from typing import Any

import structlog
from channels_redis.pubsub import RedisPubSubChannelLayer
from cryptography.fernet import InvalidToken

from saas.crypto import sealing

GROUP = "group"
DECODED_AT_ONCE = 64  # every socket of a group receives the same message: it is opened once and kept here

log = structlog.get_logger("darkroom.broadcast")


class SealedLayer(RedisPubSubChannelLayer):  # type: ignore[misc]  # channels_redis has no types
    def __init__(self, **config: Any) -> None:
        keys = [key.hex() for key in sealing.hashing_keys("channel layer")]
        super().__init__(symmetric_encryption_keys=keys, **config)
        self._opened = lru_cache(DECODED_AT_ONCE)(super().deserialize)

    def deserialize(self, message: bytes) -> dict[str, Any]:
        return dict(self._opened(message))

    async def send(self, channel: str, message: dict[str, Any]) -> None:
        raise NotImplementedError("Send to a group: a message to a channel names none.")

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        await self._get_layer().group_send(group, {**message, GROUP: group})

    async def receive(self, channel: str) -> dict[str, Any]:
        layer = self._get_layer()
        while True:
            try:
                message: dict[str, Any] = await layer.receive(channel)
            except InvalidToken:
                log.warning("message dropped: it is not ours")
                continue
            group = message.pop(GROUP, "")
            if channel in layer.groups.get(layer._get_group_channel_name(group), ()):
                return message
            log.warning("message dropped: it is for another group", group=group)
