"""Darkroom as it runs in production: web and worker as processes of their own, told everything by the environment."""

import http.client
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet

from tests.embedded.instance import SETTINGS
from tests.scaled.programs import REPOSITORY, Program, free_port, plain_environment, wait_until

LEASE_SECONDS = 4  # short, so that what a dead worker held is soon in other hands
METRICS_TOKEN = "only-for-prometheus"


@dataclass(frozen=True)
class World:
    folder: Path
    template_url: str
    redis_url: str
    s3_url: str
    member: str = ""  # Ben's code in the team of Northwind
    mail_url: str = ""  # without one, mails stand in the worker's log


@dataclass
class Darkroom:
    folder: Path
    world: World
    database_url: str
    broker_url: str

    def __post_init__(self) -> None:
        self.port, self.worker_metrics_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = self._environment()
        web = ["-m", "daphne", "-b", "127.0.0.1", "-p", str(self.port), "saas.asgi:application"]
        worker = ["-m", "dramatiq", "saas.worker", "--processes", "1", "--threads", "4"]
        self.web = Program("web", [sys.executable, *web], self.folder, self.environment)
        self.worker = Program("worker", [sys.executable, *worker], self.folder, self.environment)

    def _environment(self) -> dict[str, str]:
        return {
            "DJANGO_SETTINGS_MODULE": SETTINGS,
            "SECRET_KEY": "x" * 60,
            "ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.world.redis_url,
            "BROKER_URL": self.broker_url,
            "ALLOWED_HOSTS": "127.0.0.1",
            "PUBLIC_URL": self.url,
            "AWS_STORAGE_BUCKET_NAME": "darkroom-pictures",
            "AWS_S3_ENDPOINT_URL": self.world.s3_url,
            "AWS_S3_REGION_NAME": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "PROVIDER_ALLOWED_HOSTS": "127.0.0.1",  # where every provider of a test listens
            "DARKROOM_DATA": str(self.folder / "data"),
            "EMAIL_URL": self.world.mail_url,
            "STATIC_ROOT": str(self.world.folder / "static"),
            "METRICS_TOKEN": METRICS_TOKEN,
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "WORKER_METRICS_PORT": str(self.worker_metrics_port),
        }

    def run(self, *arguments: str) -> str:
        """A command to its end; its output."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=REPOSITORY,
            env=plain_environment() | self.environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def start(self) -> None:
        self.web.start()
        self.worker.start()

    def wait(self) -> None:
        wait_until(lambda: self.parts() is not None, "the web process answers", self.web)
        wait_until(lambda: self.status("/readyz") == http.client.OK, "readiness", self.worker)

    def stop(self) -> None:
        self.web.ask_to_stop()
        self.worker.leave()
        self.web.leave()

    def get(self, path: str, port: int | None = None, token: str = "") -> tuple[int, bytes]:
        peer = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=20)
        try:
            peer.request("GET", path, headers={"Authorization": f"Bearer {token}"} if token else {})
            answer = peer.getresponse()
            return answer.status, answer.read()
        finally:
            peer.close()

    def status(self, path: str) -> int:
        try:
            return self.get(path)[0]
        except OSError:
            return 0

    def parts(self) -> dict[str, bool] | None:
        """What /readyz says of each part; nothing while it does not answer, or with an error page."""
        try:
            return dict(json.loads(self.get("/readyz")[1])["parts"])
        except (OSError, ValueError):
            return None
