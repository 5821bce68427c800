import http.client
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

import openai

from tests.scaled import databases
from tests.scaled.darkroom import Darkroom
from tests.scaled.programs import Program, free_port, wait_until
from tests.scaled.proxies import Caddy
from tests.weather.ways import Ways

THREADS = 32
DRAIN_SECONDS = 30
LEASE_SECONDS = 10


@dataclass
class Pair(Darkroom):
    """A Darkroom with two web processes behind Caddy and two workers, which finds its services by ways that may be
    cut. `database_url` is the straight one, for the test."""

    ways: Ways
    hears: str = ""  # the host of a test's own that may be told by webhooks
    key: str = ""
    webs: list[Program] = field(init=False)
    workers: list[Program] = field(init=False)
    ports: list[int] = field(init=False)
    caddy: Caddy = field(init=False)

    def __post_init__(self) -> None:
        self.ports = [free_port(), free_port()]
        self.caddy = Caddy(self.folder, " ".join(f"127.0.0.1:{port}" for port in self.ports))
        super().__post_init__()
        self.port, self.url = self.caddy.port, self.caddy.url
        self.environment |= {
            "PUBLIC_URL": self.url,
            "DATABASE_URL": databases.by_way_of(self.ways.postgresql.port, self.database_url),
            "TRUSTED_PROXIES": "1",
            "WEBHOOK_ALLOWED_HOSTS": self.hears,
            "LEASE_SECONDS": str(LEASE_SECONDS),
            "DRAIN_SECONDS": str(DRAIN_SECONDS),
            "ORGANIZATION_CALLS_AT_ONCE": str(2 * THREADS),
            "CONNECTION_CALLS_AT_ONCE": str(2 * THREADS),
        }
        self.webs = [self._web(number, port) for number, port in enumerate(self.ports, start=1)]
        self.web = self.webs[0]
        metrics_ports = (str(self.worker_metrics_port), "0")
        self.workers = [self._worker(number, port) for number, port in enumerate(metrics_ports, start=1)]
        self.worker = self.workers[0]

    def _web(self, number: int, port: int) -> Program:
        command = ["-m", "daphne", "-v", "0", "-b", "127.0.0.1", "-p", str(port), "saas.asgi:application"]
        return Program(f"web-{number}", [sys.executable, *command], self.folder, self.environment)

    def _worker(self, number: int, metrics_port: str) -> Program:
        command = ["-m", "dramatiq", "saas.worker", "--processes", "1", "--threads", str(THREADS)]
        environment: Mapping[str, str] = {**self.environment, "WORKER_METRICS_PORT": metrics_port}
        return Program(f"worker-{number}", [sys.executable, *command], self.folder, environment)

    @property
    def programs(self) -> list[Program]:
        return [*self.webs, *self.workers]

    def start(self) -> None:
        for program in self.programs:
            program.start()
        self.caddy.__enter__()

    def wait(self) -> None:
        for number in range(len(self.webs)):
            self.wait_for_web(number)

    def wait_for_web(self, number: int) -> None:
        wait_until(lambda: self.is_ready(number), "readiness", self.webs[number], seconds=60)

    def is_ready(self, number: int) -> bool:
        try:
            return self.get("/readyz", port=self.ports[number])[0] == http.client.OK
        except OSError:
            return False

    def listens(self, web: Program) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.ports[self.webs.index(web)]), timeout=1).close()
        except ConnectionRefusedError:
            return False
        return True

    def mend(self) -> None:
        self.ways.heal()
        for program in self.programs:
            if not program.is_running:
                program.start()
        self.wait()

    def restart_web(self, number: int, **environment: str) -> None:
        """Ask it to stop, start it when it has ended by itself, and wait until it is ready."""
        web = self.webs[number]
        assert web.stop(seconds=DRAIN_SECONDS + 30) == 0, web.log[-3000:]
        web.environment = {**self.environment, **environment}
        web.start()
        self.wait_for_web(number)

    def stop(self) -> None:
        self.caddy.__exit__()
        for program in self.programs:
            program.ask_to_stop()
        for program in self.programs:
            program.leave()

    def client(self, max_retries: int = openai.DEFAULT_MAX_RETRIES) -> openai.OpenAI:
        """The official SDK as it comes."""
        return openai.OpenAI(api_key=self.key, base_url=f"{self.url}/v1", timeout=120, max_retries=max_retries)
