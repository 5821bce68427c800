"""Keep counters, flags and short notes: in Redis when scaled out, in memory when embedded.

Redis: Django makes a client, and with it a connection, for each thread, and answers each request in a thread of its
own. Redis' pool may be shared; here all threads share one. Values are stored as JSON. Without Redis each process counts
for itself.

Memory: Django keeps 300 entries and evicts live ones for new ones, so that a counter of failed sign-ins would be gone
after a few hundred cheap calls."""

import json
import time
from collections.abc import Iterable
from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import Any

import structlog
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.utils.connection import ConnectionProxy

AGAIN_SECONDS = 1.0
MOST_ENTRIES = 100_000
_MISSING = object()

log = structlog.get_logger("darkroom.cache")

# A proxy that looks the cache up at each use, like Django's own `cache`, because caches belong to threads.
counters = ConnectionProxy(caches, "counters")


class RoomyCache(LocMemCache):
    """A memory cache that evicts expired entries before live ones. An entry takes about 500 bytes."""

    _expire_info: dict[str, float | None]

    def _cull(self) -> None:
        now = time.time()
        for key in [key for key, expires in self._expire_info.items() if expires is not None and expires <= now]:
            self._delete(key)  # type: ignore[attr-defined]  # Django's own, which its stubs leave out
        if len(self._expire_info) >= self._max_entries:
            super()._cull()  # type: ignore[misc]  # as above

    def count(self, key: str, timeout: int) -> int:
        """Add one to a counter, which expires `timeout` seconds after it was first counted. Return the new count."""
        self.add(key, 0, timeout)
        try:
            return int(self.incr(key))
        except ValueError:  # it was evicted between the two calls
            return 1


class SharedRedisCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._made_of = (server, tuple(sorted(params.get("OPTIONS", {}).items())))

    @property
    def _cache(self) -> Any:
        return _client(*self._made_of)

    def count(self, key: str, timeout: int) -> int:
        """Add one to a counter, which expires `timeout` seconds after it was first counted. Return the new count."""
        return int(self._cache.count(self.make_and_validate_key(key), timeout))


@lru_cache
def _client(server: str, options: tuple[tuple[str, Any], ...]) -> "Client":
    return Client(server, **dict(options))


class Unreadable(ValueError):
    """Redis returned a value that is not JSON: written by another program, or by an older version."""


class Json:
    """A serializer that stores only data. A pickle would let anyone with access to Redis run code here."""

    def dumps(self, value: Any) -> int | bytes:
        return value if type(value) is int else json.dumps(value).encode()  # Redis itself counts integers

    def loads(self, data: bytes) -> Any:
        try:
            return json.loads(data)
        except ValueError as error:
            raise Unreadable from error


class CountingClient(RedisCacheClient):
    def count(self, key: str, timeout: int) -> int:
        """Make the counter, with its expiry, and count, in one step: if Redis lost its data between two steps, the
        counter would stay forever."""
        steps = self.get_client(key, write=True).pipeline()
        steps.set(key, 0, ex=timeout, nx=True)
        steps.incr(key)
        return int(steps.execute()[-1])


class Client:
    """A cache client that works without Redis: while Redis is away, hangs or is full, entries are kept in this process.
    After a second, one thread tries Redis again."""

    def __init__(self, server: str, *, name: str, **options: Any) -> None:
        self._error: type[Exception] = import_module("redis").RedisError  # slow to load; memory needs none
        serializer: Any = Json
        self._redis = CountingClient([server], serializer=serializer, **options)
        params = {"KEY_FUNCTION": _as_it_is, "OPTIONS": {"MAX_ENTRIES": MOST_ENTRIES}}
        self._meanwhile = RoomyCache(f"{name} meanwhile", params)
        self._again_at = 0.0
        self._guard = Lock()

    def add(self, key: str, value: Any, timeout: int | None) -> bool:
        return bool(self._either("add", key, value, timeout))

    def get(self, key: str, default: Any) -> Any:
        try:
            return self._either("get", key, default)
        except Unreadable:
            return default

    def set(self, key: str, value: Any, timeout: int | None) -> None:
        self._either("set", key, value, timeout)

    def touch(self, key: str, timeout: int | None) -> bool:
        return bool(self._either("touch", key, timeout))

    def delete(self, key: str) -> bool:
        return bool(self._either("delete", key))

    def has_key(self, key: str) -> bool:
        return bool(self._either("has_key", key))

    def count(self, key: str, timeout: int) -> int:
        return int(self._either("count", key, timeout))

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        found = {key: self.get(key, _MISSING) for key in keys}
        return {key: value for key, value in found.items() if value is not _MISSING}

    def set_many(self, data: dict[str, Any], timeout: int | None) -> None:
        for key, value in data.items():
            self.set(key, value, timeout)

    def delete_many(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.delete(key)

    def clear(self) -> bool:
        self._meanwhile.clear()
        return bool(self._redis.clear())

    def _either(self, name: str, *arguments: Any) -> Any:
        if self._may_ask():
            try:
                found = getattr(self._redis, name)(*arguments)
            except self._error as error:
                self._again_at = time.monotonic() + AGAIN_SECONDS
                log.warning("cache does not answer", act=name, reason=repr(error))
            else:
                self._again_at = 0.0
                return found
        return getattr(self._meanwhile, name)(*arguments)

    def _may_ask(self) -> bool:
        """Return whether to try Redis. While it hangs, each try takes until its timeout, so only one thread tries."""
        if not self._again_at:
            return True
        with self._guard:
            now = time.monotonic()
            if now < self._again_at:
                return False
            self._again_at = now + AGAIN_SECONDS
            return True


def _as_it_is(key: str, key_prefix: str, version: int) -> str:
    return key
