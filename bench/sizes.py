"""Start Darkroom in both its sizes, and other servers that are measured beside it, as processes of their own."""

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.page import manage
from bench.start import ROOT, darkroom, family, free_port, wait_until_ready
from saas.embedded import identity
from tests.scaled import databases
from tests.scaled.darkroom import Darkroom, World
from tests.scaled.people import Person
from tests.scaled.programs import answers, wait_until
from tests.scaled.seed import PASSWORD
from tests.scaled.services import RabbitMQ, Redis

AT_ONCE = 128  # what an organization and its connection may run: no measurement asks for more


@dataclass
class Size:
    """A Darkroom that runs, and the account of its person."""

    name: str
    url: str
    email: str
    password: str
    slug: str
    working: list[int] = field(default_factory=list)  # the processes that hold the streams
    serving: list[int] = field(default_factory=list)  # the others that are ours; not the services

    def person(self) -> Person:
        return Person(self.url, self.email, self.password, self.slug)


@contextmanager
def embedded(scratch: Path, **settings: str) -> Iterator[Size]:
    data, port = scratch / "data", free_port()
    with darkroom(data, port, **common(settings)) as process:
        wait_until_ready(process, port)
        demo = json.loads(manage(data, "demo", "--json"))
        yield Size("embedded", demo["url"], demo["email"], demo["password"], demo["org"], [process.pid])


@contextmanager
def scaled(scratch: Path, **settings: str) -> Iterator[Size]:
    """Start a web process, a worker process, RabbitMQ, Redis and PostgreSQL. Both processes see the folder of files."""
    with ExitStack() as stack:
        redis, rabbitmq = Redis(made(scratch / "redis")), RabbitMQ(made(scratch / "rabbitmq"))
        for service in (rabbitmq, redis):
            stack.callback(service.stop)
            service.start()
        cluster = stack.enter_context(databases.own_cluster(scratch / "postgres"))
        url = stack.enter_context(databases.made(identity.url(cluster)))
        redis.wait()
        rabbitmq.wait()
        world = World(folder=scratch, template_url=url, redis_url=f"{redis.url}0", s3_url="")
        program = Darkroom(made(scratch / "program"), world, url, rabbitmq.url)
        program.environment |= {
            "DJANGO_SETTINGS_MODULE": "saas.settings",  # and not the ones of tests
            "AWS_STORAGE_BUCKET_NAME": "",
            "DARKROOM_DATA": str(scratch / "files"),
        } | common(settings)
        for part in (program.web, program.worker):
            part.environment = program.environment
        program.worker.arguments[-1] = "64"
        program.run("-m", "tests.scaled.seed")
        stack.callback(program.stop)
        program.start()
        program.wait()
        assert program.worker.process
        assert program.web.process
        workers, web = family(program.worker.process.pid), [program.web.process.pid]
        yield Size("scaled out", program.url, "ada@example.com", PASSWORD, "northwind", workers, web)


@contextmanager
def program(command: str, **variables: str) -> Iterator[tuple[str, int]]:
    """Start a server, whose command gets its port by {port}. Yield its address, once it answers, and its process."""
    port = free_port()
    words = [sys.executable if word == "python" else word for word in shlex.split(command.format(port=port))]
    with (
        tempfile.TemporaryDirectory(prefix="darkroom-bench-") as scratch,
        subprocess.Popen(
            words,
            cwd=ROOT if "bench." in command else scratch,
            env=os.environ | variables,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process,
    ):
        try:
            wait_until(lambda: answers(port, b"GET /__requests HTTP/1.0\r\n\r\n", b"HTTP/1."), f"{command} answers")
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.terminate()
            process.wait()


def common(settings: dict[str, str]) -> dict[str, str]:
    malloc = {"MALLOC_ARENA_MAX": "2", "MALLOC_MMAP_THRESHOLD_": "1000000", "MALLOC_TRIM_THRESHOLD_": "8000000"}
    limits = {"ORGANIZATION_CALLS_AT_ONCE": str(AT_ONCE), "CONNECTION_CALLS_AT_ONCE": str(AT_ONCE)}
    return {**malloc, **limits, "PROVIDER_ALLOWED_HOSTS": "127.0.0.1", **settings}


def made(folder: Path) -> Path:
    folder.mkdir()
    return folder
