"""What lies in Redis is data, and no program of ours stands still without it. Against a real one."""

import asyncio
import json
import pickle
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import msgpack  # type: ignore[import-untyped]  # it has no types
import pytest
import redis as redis_client
from cryptography.fernet import Fernet
from dramatiq import Message
from dramatiq.errors import ConnectionClosed

from saas.ops import heartbeat
from saas.queue.broker import make_broker
from saas.queue.redis import TakesNothing
from saas.server.channel_layer import SealedLayer
from saas.storage import redis_cache
from saas.storage.redis_cache import SharedRedisCache
from studio.waiting.group_listener import LOOK_SECONDS
from tests.scaled.darkroom import Darkroom
from tests.scaled.people import Person, next_event
from tests.scaled.programming import Caller
from tests.scaled.programs import wait_until
from tests.scaled.services import Redis
from tests.support.fake_provider import Upstream, upstream
from tests.support.invariants import Books, Waiting

pytestmark = pytest.mark.scaled

HEARD_SECONDS = 10
AWAY = ["stopped", "paused", "full"]


class Planted:
    """Writes a file where it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.file,)


@pytest.fixture
def counting(redis: Redis) -> Iterator[SharedRedisCache]:
    redis_cache._client.cache_clear()
    options = {"name": "counters", "socket_connect_timeout": 0.3, "socket_timeout": 0.3}
    made = SharedRedisCache(f"{redis.url}2", {"OPTIONS": options, "VERSION": 1})
    yield made
    made.clear()
    redis_cache._client.cache_clear()


@pytest.fixture
def raw(redis: Redis) -> Iterator[Any]:
    with redis_client.Redis.from_url(f"{redis.url}2") as client:
        yield client


@pytest.mark.parametrize("value", [0, 12, True, False, None, 1.5, "words", "12", [1.5, 2.5], {"a": [1]}, "ünïcödé"])
def test_what_is_kept_comes_back(counting: SharedRedisCache, value: object) -> None:
    counting.set("kept", value, 60)
    assert counting.get("kept", "nothing") == value
    assert counting.get_many(["kept", "other"]) == {"kept": value}


def test_it_counts(counting: SharedRedisCache, raw: Any) -> None:
    assert [counting.count("asked", 60), counting.count("asked", 600)] == [1, 2]
    assert raw.get(":1:asked") == b"2"
    assert 0 < raw.ttl(":1:asked") <= 60


def test_flushed_at_any_moment_no_counter_stays_forever(
    counting: SharedRedisCache, raw: Any, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis loses its data each time before we send it something."""
    send: Any = redis_client.Connection.send_packed_command

    def flushing(self: Any, command: Any, *args: Any, **options: Any) -> Any:
        with socket.create_connection(("127.0.0.1", redis.port), timeout=10) as wire:
            wire.sendall(b"FLUSHALL\r\n")
            assert wire.recv(16) == b"+OK\r\n"
        return send(self, command, *args, **options)

    counting.count("asked", 60)
    monkeypatch.setattr(redis_client.Connection, "send_packed_command", flushing)
    assert [counting.count("asked", 60) for _ in range(3)] == [1, 1, 1]
    monkeypatch.undo()
    assert 0 < raw.ttl(":1:asked") <= 60


def test_a_planted_pickle_is_not_run(counting: SharedRedisCache, raw: Any, tmp_path: Path) -> None:
    file = tmp_path / "ran"
    raw.set(f":1:{heartbeat.KEY}", pickle.dumps(Planted(file)))
    assert counting.get(heartbeat.KEY, "nothing") == "nothing"
    assert counting.has_key(heartbeat.KEY)
    assert counting.get_many([heartbeat.KEY]) == {}
    assert not file.exists()
    pickle.loads(pickle.dumps(Planted(file)))  # noqa: S301 it would have
    assert file.exists()


def test_what_cannot_be_written_as_json_is_refused(counting: SharedRedisCache) -> None:
    with pytest.raises(TypeError):
        counting.set("kept", object(), 60)


@pytest.mark.parametrize("how", AWAY)
def test_without_redis_a_process_counts_for_itself(counting: SharedRedisCache, redis: Redis, how: str) -> None:
    counting.add("asked", 5, 60)
    with redis.away(how):
        began = time.monotonic()
        assert [counting.count("asked-anew", 60) for _ in range(50)] == list(range(1, 51))
        with ThreadPoolExecutor(20) as pool:
            assert sorted(pool.map(lambda _: counting.count("asked-anew", 60), range(20))) == list(range(51, 71))
        assert counting.get("asked-anew") == 70
        assert time.monotonic() - began < 5  # and not 0.3 seconds for each
    until = time.monotonic() + HEARD_SECONDS
    while counting.get("asked") != 5 and how != "stopped":
        assert time.monotonic() < until
    while not _is_asked(counting, redis):
        assert time.monotonic() < until


def _is_asked(counting: SharedRedisCache, redis: Redis) -> bool:
    """Tell whether an entry arrives in Redis again."""
    counting.set("back", 1, 60)
    with redis_client.Redis.from_url(f"{redis.url}2") as client:
        return bool(client.exists(":1:back"))


def in_loop(redis: Redis, test: Callable[[SealedLayer, SealedLayer, Any], Awaitable[None]]) -> None:
    """Of two processes, the one that listens and the one that sends, and a stranger who has Redis."""

    async def run() -> None:
        config = {"hosts": [f"{redis.url}3"], "prefix": "darkroom.sealed."}
        hears, sends = SealedLayer(**config), SealedLayer(**config)
        stranger = redis_client.asyncio.Redis.from_url(f"{redis.url}3")
        try:
            await test(hears, sends, stranger)
        finally:
            await stranger.aclose()
            for layer in (hears, sends):
                await layer.flush()

    asyncio.run(run())


async def listening(layer: SealedLayer, group: str) -> str:
    channel: str = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def heard(layer: SealedLayer, channel: str) -> dict[str, Any]:
    return await asyncio.wait_for(layer.receive(channel), HEARD_SECONDS)


def test_a_message_is_heard_by_its_group_and_read_by_nobody_else(redis: Redis) -> None:
    async def test(hears: SealedLayer, sends: SealedLayer, stranger: Any) -> None:
        channel, seen = await listening(hears, "org.1"), stranger.pubsub()
        await seen.psubscribe("*")
        message = {"type": "org.event", "event": {"preview": "a secret picture"}}
        await sends.group_send("org.1", message)
        assert await heard(hears, channel) == message
        while (found := await seen.get_message(timeout=HEARD_SECONDS)) and found["type"] != "pmessage":
            pass
        assert b"secret" not in found["data"]
        await seen.aclose()

    in_loop(redis, test)


def test_what_a_stranger_publishes_is_dropped_and_the_next_message_is_heard(redis: Redis) -> None:
    async def test(hears: SealedLayer, sends: SealedLayer, stranger: Any) -> None:
        channel = await listening(hears, "org.1")
        forged = {"type": "access.ended", "group": "org.1"}
        name = hears._get_layer()._get_group_channel_name("org.1")
        for frame in (msgpack.packb(forged), b"", b"nonsense", Fernet(Fernet.generate_key()).encrypt(b"nonsense")):
            assert await stranger.publish(name, frame) == 1
            assert await stranger.publish(channel, frame) == 1
        await sends.group_send("org.1", {"type": "org.event", "event": 1})
        assert await heard(hears, channel) == {"type": "org.event", "event": 1}

    in_loop(redis, test)


def test_a_message_that_was_copied_from_another_group_is_dropped(redis: Redis) -> None:
    async def test(hears: SealedLayer, sends: SealedLayer, stranger: Any) -> None:
        channel, seen = await listening(hears, "org.1"), stranger.pubsub()
        names = {number: hears._get_layer()._get_group_channel_name(f"org.{number}") for number in (1, 2)}
        await seen.subscribe(names[2])
        await sends.group_send("org.2", {"type": "org.event", "event": "of the other"})
        while (found := await seen.get_message(timeout=HEARD_SECONDS)) and found["type"] != "message":
            pass
        assert await stranger.publish(names[1], found["data"]) == 1
        await sends.group_send("org.1", {"type": "org.event", "event": 1})
        assert await heard(hears, channel) == {"type": "org.event", "event": 1}
        await seen.aclose()

    in_loop(redis, test)


def test_keys_are_changed_one_after_the_other(redis: Redis, settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()

    async def test(*_: object) -> None:
        config = {"hosts": [f"{redis.url}3"], "prefix": "darkroom.sealed."}
        settings.ENCRYPTION_KEYS = [old]
        sends = SealedLayer(**config)
        settings.ENCRYPTION_KEYS = [new, old]
        hears = SealedLayer(**config)
        channel = await listening(hears, "org.1")
        await sends.group_send("org.1", {"type": "org.event", "event": 1})
        assert await heard(hears, channel) == {"type": "org.event", "event": 1}
        for layer in (hears, sends):
            await layer.flush()

    in_loop(redis, test)


@pytest.mark.parametrize("how", ["stopped", "paused"])
def test_as_the_queue_it_keeps_nobody_waiting_while_it_says_nothing(redis: Redis, how: str) -> None:
    queue = make_broker(f"{redis.url}4")
    queue.declare_queue("probe")
    message: Message[None] = Message(queue_name="probe", actor_name="probe", args=(), kwargs={}, options={})
    queue.enqueue(message)
    with redis.away(how):
        began = time.monotonic()
        for _ in range(50):
            with pytest.raises((TakesNothing, redis_client.RedisError)):
                queue.enqueue(message)
        assert time.monotonic() - began < 10  # and not five seconds for each
    until = time.monotonic() + HEARD_SECONDS
    while True:
        try:
            queue.enqueue(message)
        except (TakesNothing, redis_client.RedisError):
            assert time.monotonic() < until
        else:
            break
        time.sleep(0.1)


def test_as_the_queue_a_silence_ends_like_a_lost_connection(redis: Redis) -> None:
    """Dramatiq tries to acknowledge a message again after the one, and gives up after the other."""
    queue = make_broker(f"{redis.url}4")
    queue.declare_queue("probe")
    queue.enqueue(Message(queue_name="probe", actor_name="probe", args=(), kwargs={}, options={}))
    consumer = queue.consume("probe", timeout=10)
    message = next(one for one in consumer if one is not None)
    with redis.away("paused"), pytest.raises(ConnectionClosed):
        consumer.ack(message)
    consumer.ack(message)


MANY = 8  # twice as many as the worker has threads: half of them wait in the queue
OF_FLUSHED = f"SELECT code FROM studio_run WHERE prompt IN ({', '.join(['%s'] * MANY)}) ORDER BY id"  # noqa: S608


@pytest.fixture
def up(waiting: Waiting) -> Iterator[Upstream]:
    with upstream(waiting) as found:
        yield found
        waiting.may_go_on.set()


@pytest.fixture
def waiting() -> Waiting:
    return Waiting()


@pytest.fixture
def program(darkroom: Darkroom, up: Upstream) -> Caller:
    return Caller(darkroom.url, darkroom.run("-m", "tests.scaled.keys", up.url))


def flush(redis: Redis) -> None:
    with redis_client.Redis.from_url(redis.url) as client:
        client.flushall()


def left(program: Caller) -> int:
    """How many more calls the key has in this minute, after one more."""
    answer = program.get("/v1/models")
    assert answer.status == 200, answer.text
    return int(answer.headers["x-ratelimit-remaining-requests"])


def followed(program: Caller, code: str) -> list[str]:
    headers, path = {"Authorization": f"Bearer {program.key}"}, f"/api/v1/runs/{code}/events?stream=true"
    with (
        httpx2.Client(base_url=program.url, headers=headers, timeout=90, trust_env=False) as client,
        client.stream("GET", path) as answer,
    ):
        return [str(json.loads(line)["type"]) for line in answer.iter_lines()]


def test_flushed_while_pictures_are_under_way_nothing_is_lost(
    darkroom: Darkroom, redis: Redis, waiting: Waiting, up: Upstream, program: Caller
) -> None:
    prompts = [f"flushed {number} {uuid4()}" for number in range(MANY)]
    books = Books(darkroom.database_url, "northwind")
    with Person(darkroom.url, "ada@example.com") as ada, ThreadPoolExecutor(2 * MANY) as pool:
        drawing = [pool.submit(program.draw, prompt) for prompt in prompts]
        wait_until(lambda: len(books.rows(OF_FLUSHED, *prompts)) == MANY, "all are asked for", seconds=90)
        wait_until(lambda: len(up.seen) >= 2, "some are under way", seconds=90)
        codes = [str(row["code"]) for row in books.rows(OF_FLUSHED, *prompts)]
        following = [pool.submit(followed, program, code) for code in codes]
        with ada.listen() as socket:
            assert next_event(socket)["type"] == "hello"
            flush(redis)
            assert ada.client.get("/o/northwind/").url.path == "/o/northwind/"  # and not the page to sign in
            waiting.may_go_on.set()
            ended = set[str]()
            while not ended >= set(codes):
                event = next_event(socket, 60)
                ended |= {event["run"]} if event["type"] == "ended" else set()
        assert [one.result(90).status for one in drawing] == [200] * MANY
        assert [one.result(90)[-1] for one in following] == ["ended"] * MANY
    assert sorted(asked.json["prompt"] for asked in up.seen) == sorted(prompts)
    wait_until(lambda: darkroom.status("/readyz") == 200, "readiness", darkroom.worker)
    falls = [left(program) > left(program) for _ in range(3)]
    assert falls.count(True) >= 2, "the key is counted on; a minute may end between"


def test_while_it_says_nothing_a_finished_picture_comes_within_seconds(
    darkroom: Darkroom, redis: Redis, waiting: Waiting, up: Upstream, program: Caller
) -> None:
    prompt = f"unheard {uuid4()}"
    with ThreadPoolExecutor(1) as pool:
        drawing = pool.submit(program.draw, prompt)
        wait_until(lambda: any(asked.json["prompt"] == prompt for asked in up.seen), "it is under way", seconds=90)
        time.sleep(LOOK_SECONDS + 1)  # the look that the last hint brings is over; the next comes after 15 seconds
        with redis.away("paused"):
            began = time.monotonic()
            waiting.may_go_on.set()
            assert drawing.result(90).status == 200
            assert time.monotonic() - began < HEARD_SECONDS  # three seconds, the picture's own way, and a busy machine
