"""A TCP proxy before a service of a test, which does to its lines what networks do: it cuts, refuses, slows or swallows
them until it is healed."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeVar

CHUNK_BYTES = 65_536
MOST_LINES = 500
CALL_SECONDS = 10.0
RESET_AT_CLOSE = struct.pack("ii", 1, 0)

R = TypeVar("R")
Address = tuple[str, int] | Path  # a port, or a Unix socket


@dataclass(frozen=True)
class Weather:
    """What happens to each line. By default nothing does."""

    delay_seconds: float = 0
    bytes_per_second: float = 0  # 0 is without a limit
    is_swallowing: bool = False

    def seconds_for(self, size: int) -> float:
        return self.delay_seconds + (size / self.bytes_per_second if self.bytes_per_second else 0)

    @property
    def piece_bytes(self) -> int:
        """A tenth of a second's worth, so that a change of the weather is soon felt."""
        return max(1, min(CHUNK_BYTES, int(self.bytes_per_second / 10))) if self.bytes_per_second else CHUNK_BYTES


FAIR = Weather()


@dataclass(eq=False)
class _Line:
    """A connection of a client, and ours to the service."""

    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    has_lost: bool = False  # bytes of it were swallowed, so it can never be whole again

    def reset(self) -> None:
        for writer in self.writers:
            with suppress(OSError):
                own = writer.get_extra_info("socket")
                if own.family != socket.AF_UNIX:
                    own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            writer.transport.abort()


class FaultProxy:
    """One listening port before one service. All of it happens in a thread of its own, which ends with `stop`."""

    def __init__(self, behind: Address) -> None:
        self.behind, self.port = behind, 0
        self._weather = FAIR
        self._lines = set[_Line]()
        self._server: asyncio.Server | None = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="fault proxy", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._do(self._listen())

    def stop(self) -> None:
        self._do(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_SECONDS)
        self._loop.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def lines(self) -> int:
        """How many are open."""
        return len(self._lines)

    def cut(self) -> int:
        """Reset every line. Return how many there were. New ones are taken."""
        return self._do(self._cut(lambda line: True))

    def refuse(self) -> None:
        """Listen no more, so that whoever connects is refused at once. Open lines go on."""
        self._do(self._refuse())

    def slow(self, *, delay_seconds: float = 0, bytes_per_second: float = 0) -> None:
        """Keep each piece for a while, in both directions."""
        self._do(self._become(Weather(delay_seconds=delay_seconds, bytes_per_second=bytes_per_second)))

    def swallow(self) -> None:
        """Take lines and all that they say, and pass nothing on, as a firewall that drops packets."""
        self._do(self._become(Weather(is_swallowing=True)))

    def heal(self) -> None:
        """Listen, and pass everything on. Lines of which something was swallowed are reset."""
        self._do(self._become(FAIR))
        self._do(self._cut(lambda line: line.has_lost))
        self._do(self._listen())

    @contextmanager
    def slowed(self, *, delay_seconds: float = 0, bytes_per_second: float = 0) -> Iterator[None]:
        self.slow(delay_seconds=delay_seconds, bytes_per_second=bytes_per_second)
        try:
            yield
        finally:
            self.heal()

    @contextmanager
    def swallowing(self) -> Iterator[None]:
        self.swallow()
        try:
            yield
        finally:
            self.heal()

    @contextmanager
    def away(self) -> Iterator[None]:
        """As the service looks whose process has ended."""
        self.refuse()
        self.cut()
        try:
            yield
        finally:
            self.heal()

    def _do(self, act: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(act, self._loop).result(CALL_SECONDS)

    async def _listen(self) -> None:
        if self._server is None:
            self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port, backlog=MOST_LINES)
            self.port = self._server.sockets[0].getsockname()[1]

    async def _refuse(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            server.close()

    async def _become(self, weather: Weather) -> None:
        self._weather = weather

    async def _cut(self, which: Callable[[_Line], bool]) -> int:
        found = [line for line in self._lines if which(line)]
        for line in found:
            line.reset()
        return len(found)

    async def _close(self) -> None:
        await self._refuse()
        await self._cut(lambda line: True)
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = _Line([writer])
        self._lines.add(line)
        try:
            if len(self._lines) > MOST_LINES:
                return
            there, back = await self._connect()
            line.writers.append(back)
            await asyncio.gather(self._pump(line, reader, back), self._pump(line, there, writer))
        except (OSError, asyncio.CancelledError):
            pass  # one end is gone, and the other end learns it
        finally:
            line.reset()
            self._lines.discard(line)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if isinstance(self.behind, Path):
            return await asyncio.open_unix_connection(self.behind)
        return await asyncio.open_connection(*self.behind)

    async def _pump(self, line: _Line, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(self._weather.piece_bytes):
            if self._weather.is_swallowing:
                line.has_lost = True
                continue
            if seconds := self._weather.seconds_for(len(piece)):
                await asyncio.sleep(seconds)
            writer.write(piece)
            await writer.drain()
        if self._weather.is_swallowing:
            line.has_lost = True  # the end itself is what the other side does not hear
            await asyncio.Event().wait()
        writer.write_eof()
