"""Real Redis, RabbitMQ and an S3 that speaks HTTP, on free ports of this machine and in folders of their own."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import boto3
import redis

from tests.scaled.programs import Program, answers, free_port, plain_environment, wait_until

RABBITMQ = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # Debian's wrapper on the PATH insists on its system user
RABBITMQCTL = RABBITMQ.with_name("rabbitmqctl")
BUCKET = "darkroom-pictures"  # made at each start: all is in that process's memory
AMQP_HEADER = b"AMQP\x00\x00\x09\x01"


class Redis:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/"  # a number after it chooses one of its databases
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder)]
        self.program = Program("redis", ["redis-server", *options, "--save", "", "--appendonly", "no"], folder, {})

    def start(self) -> None:
        self.program.start()

    def wait(self) -> None:
        wait_until(lambda: answers(self.port, b"PING\r\n", b"+PONG"), "Redis answers", self.program)

    def stop(self) -> None:
        self.program.leave()

    @contextmanager
    def away(self, how: str) -> Iterator[None]:
        """Stopped, paused, so that it takes connections and answers nothing, or full, so that it keeps nothing new."""
        leave, come_back = {
            "stopped": (self.stop, self._come_back),
            "paused": (self.program.pause, self._go_on),
            "full": (self._fill, self._empty),
        }[how]
        leave()
        try:
            yield
        finally:
            come_back()

    def _come_back(self) -> None:
        self.start()
        self.wait()

    def _go_on(self) -> None:
        self.program.go_on()
        self.wait()

    def _fill(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.config_set("maxmemory-policy", "noeviction")
            client.config_set("maxmemory", 1)

    def _empty(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.config_set("maxmemory", 0)


class RabbitMQ:
    """One node with its own name, cookie, files and port mapper, so that no other node of this machine is met."""

    def __init__(self, folder: Path) -> None:
        self.port, mapper_port, node_port = free_port(), free_port(), free_port()
        self.url = f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"
        (folder / "plugins").write_text("[].\n")
        only_here = {"ERL_EPMD_PORT": str(mapper_port), "ERL_EPMD_ADDRESS": "127.0.0.1"}
        mapper = [shutil.which("epmd") or "epmd", "-address", "127.0.0.1", "-port", str(mapper_port)]
        self.mapper = Program("epmd", mapper, folder, {}, cwd=folder)
        self.mapper_port = mapper_port
        self.program = Program(
            "rabbitmq",
            [str(RABBITMQ)],
            folder,
            {
                **only_here,
                "HOME": str(folder),  # the cookie is made there
                "ERL_AFLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
                "RABBITMQ_NODENAME": f"darkroom-{self.port}@localhost",
                "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
                "RABBITMQ_NODE_PORT": str(self.port),
                "RABBITMQ_DIST_PORT": str(node_port),
                "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
                "RABBITMQ_LOG_BASE": str(folder / "log"),
                "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
                "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
                "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
            },
            cwd=folder,  # a node that is killed leaves a dump of its tables there
        )

    def start(self) -> None:
        if not self.mapper.is_running:
            self.mapper.start()
            wait_until(lambda: answers(self.mapper_port, b"\x00\x01n", b""), "epmd answers", self.mapper)
        self.program.start()

    def wait(self) -> None:
        wait_until(lambda: answers(self.port, AMQP_HEADER, b"\x01"), "RabbitMQ answers", self.program, seconds=40)

    @contextmanager
    def away(self) -> Iterator[None]:
        """Stopped, and started again with the same files."""
        self.program.leave()
        try:
            yield
        finally:
            self.start()
            self.wait()

    @contextmanager
    def alarm(self) -> Iterator[None]:
        """Let its memory count as full inside: it takes no messages and blocks those who publish."""
        self._control("set_vm_memory_high_watermark", "0")
        try:
            yield
        finally:
            self._control("set_vm_memory_high_watermark", "0.4")

    def _control(self, *words: str) -> None:
        environment = plain_environment() | self.program.environment
        command = [str(RABBITMQCTL), *words]
        cwd = self.program.cwd
        done = subprocess.run(
            command, env=environment, cwd=cwd, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def stop(self) -> None:
        self.program.leave()
        self.mapper.leave()


class S3:
    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        start = f"from moto.server import main; main(['-H', '127.0.0.1', '-p', '{self.port}'])"
        self.program = Program("s3", [sys.executable, "-c", start], folder, {})

    def start(self) -> None:
        self.program.start()

    def wait(self) -> None:
        health = b"GET /moto-api/ HTTP/1.0\r\n\r\n"
        wait_until(lambda: answers(self.port, health, b"HTTP/1.1 200"), "S3 answers", self.program)
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        boto3.client("s3", endpoint_url=self.url, region_name="us-east-1", **keys).create_bucket(Bucket=BUCKET)

    def stop(self) -> None:
        self.program.leave()


def missing_programs() -> list[str]:
    """Debian's packages that this machine lacks."""
    found = {
        "redis-server": shutil.which("redis-server"),
        "rabbitmq-server": RABBITMQ.exists(),
        "caddy": shutil.which("caddy"),
    }
    return [package for package, is_there in found.items() if not is_there]
