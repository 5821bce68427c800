"""Redis as cache for a web server: Django makes a client, and with it a connection, for each thread, and answers each
request in a thread of its own. Redis' pool may be shared; here all threads share one."""

from functools import lru_cache
from typing import Any

from django.core.cache.backends.redis import RedisCache, RedisCacheClient


class SharedRedisCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._made_of = (server, tuple(sorted(params.get("OPTIONS", {}).items())))

    @property
    def _cache(self) -> RedisCacheClient:
        return _client(*self._made_of)


@lru_cache
def _client(server: str, options: tuple[tuple[str, Any], ...]) -> RedisCacheClient:
    return RedisCacheClient([server], **dict(options))
