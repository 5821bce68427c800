"""A client that speaks HTTP by hand, so that it can say what no library would, and the honest neighbour beside it."""

import contextlib
import http.client
import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Self
from urllib.parse import urlencode, urlsplit

import httpx2

from saas.embedded import identity
from tests.embedded import postmaster
from tests.embedded.instance import Instance

PATIENCE_SECONDS = 30.0
NEIGHBOUR_SECONDS = 10.0  # generous: other programs keep this machine busy
PAGE = "/accounts/login/"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
# Sessions come and go, and carry nothing that a stranger could change for somebody else; the other one is a timer's.
COMES_AND_GOES = {"django_session", "billing_usecursor", "studio_previewticket"}


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode(errors="replace")


class _Kept(io.BufferedReader):
    """What has come and is not read yet belongs to the next answer on the same line."""

    def close(self) -> None:
        """The line closes."""


class Line:
    """One connection. What is sent goes out as it is."""

    def __init__(self, url: str, seconds: float = PATIENCE_SECONDS) -> None:
        parts = urlsplit(url)
        self.host = parts.netloc
        self.socket = socket.create_connection((parts.hostname or "", parts.port or 80), timeout=seconds)
        self._reader = _Kept(socket.SocketIO(self.socket, "r"))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes | str) -> Self:
        self.socket.sendall(data.encode("latin1") if isinstance(data, str) else data)
        return self

    def answer(self, method: str = "GET") -> Answer:
        response = http.client.HTTPResponse(self.socket, method=method)
        response.fp = self._reader
        response.begin()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())

    def rest(self) -> bytes:
        """Everything until the server hangs up."""
        heard = io.BytesIO()
        with contextlib.suppress(ConnectionError):
            while piece := self._reader.read1(65536):
                heard.write(piece)
        return heard.getvalue()

    def is_cut(self, seconds: float = PATIENCE_SECONDS) -> bool:
        """Whether the server hangs up within that time."""
        self.socket.settimeout(seconds)
        try:
            self.rest()
        except TimeoutError:
            return False
        return True


def head(url: str, target: str = PAGE, *lines: str, method: str = "GET", host: str | None = None) -> str:
    """A request's head as an honest client would write it, with further lines."""
    named = [f"Host: {urlsplit(url).netloc if host is None else host}"]
    return "\r\n".join([f"{method} {target} HTTP/1.1", *named, *lines, "", ""])


def ask(url: str, raw: bytes | str) -> Answer:
    with Line(url) as line:
        return line.send(raw).answer()


def drip(line: Line, data: bytes, *, every_seconds: float = 0.2) -> bool:
    """Send a byte now and then; return whether the server hung up before the end."""
    line.socket.settimeout(every_seconds)
    for byte in data:
        try:
            line.socket.sendall(bytes([byte]))
            if not line.socket.recv(65536):
                return True
        except TimeoutError:
            continue
        except OSError:
            return True
    return False


def form(url: str, path: str, headers: dict[str, str] | None = None, **fields: str) -> httpx2.Response:
    """Open the page, take its token, and send its form with these headers."""
    with httpx2.Client(base_url=url, timeout=PATIENCE_SECONDS, trust_env=False) as browser:
        page = browser.get(path)
        found = TOKEN.search(page.text)
        assert found, f"{path}: {page.status_code} {page.text[:500]}"
        data = urlencode({"csrfmiddlewaretoken": found[1], **fields})
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Referer": url + path, "Origin": url}
        return browser.post(path, content=data, headers={**kind, **(headers or {})})


@dataclass
class Neighbour:
    """Somebody honest, who opens a page and lists the models again and again."""

    url: str
    api_key: str
    faults: list[str] = field(default_factory=list)
    answers: int = 0
    slowest_seconds: float = 0.0

    def ask_once(self) -> None:
        for path, headers in ((PAGE, {}), ("/v1/models", {"Authorization": f"Bearer {self.api_key}"})):
            began = time.monotonic()
            try:
                status = httpx2.get(
                    self.url + path, headers=headers, timeout=PATIENCE_SECONDS, trust_env=False
                ).status_code
            except httpx2.HTTPError as error:
                self.faults.append(f"{path}: {error!r}")
                continue
            took = time.monotonic() - began
            self.answers += 1
            self.slowest_seconds = max(self.slowest_seconds, took)
            if status != http.HTTPStatus.OK or took > NEIGHBOUR_SECONDS:
                self.faults.append(f"{path}: {status} after {took:.1f} s")


@dataclass(frozen=True)
class Storm:
    """A Darkroom under attack."""

    instance: Instance
    api_key: str

    @property
    def url(self) -> str:
        return self.instance.url

    def rows(self) -> dict[str, int]:
        """How many rows each table has, past every wall."""
        names = [str(name) for (name,) in self._ask(TABLES) if name not in COMES_AND_GOES]
        counts = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM \"{name}\"" for name in names)  # noqa: S608 ours
        return {str(name): int(str(count)) for name, count in self._ask(counts)}

    def _ask(self, query: str) -> list[tuple[object, ...]]:
        return postmaster.ask(self.instance.folder, query, role=identity.SUPERUSER)

    def log(self, since: int = 0) -> str:
        with self.instance.log.open("rb") as log:
            log.seek(since)
            return log.read().decode(errors="replace")

    def log_size(self) -> int:
        return self.instance.log.stat().st_size

    def memory_megabytes(self) -> float:
        with open(f"/proc/{self.instance.process.pid}/status") as status:  # noqa: PTH123 not a file
            return int(status.read().partition("VmRSS:")[2].split()[0]) / 1024

    @contextmanager
    def weathered(self, *, may_change: tuple[str, ...] = ()) -> Iterator[Neighbour]:
        """While the attack runs, the neighbour is served; afterwards the server lives and no row has come or gone."""
        before, logged = self.rows(), self.log_size()
        neighbour = Neighbour(self.url, self.api_key)
        with _again_and_again(neighbour.ask_once):
            yield neighbour
        neighbour.ask_once()
        assert neighbour.faults == []
        assert neighbour.answers >= 2
        assert self.instance.process.poll() is None
        assert "Traceback" not in self.log(logged)
        changed = {name: count for name, count in self.rows().items() if count != before[name]}
        assert set(changed) <= set(may_change), changed


@contextmanager
def _again_and_again(act: Callable[[], None]) -> Iterator[None]:
    is_over = threading.Event()

    def repeat() -> None:
        while not is_over.wait(0.05):
            act()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(2 * PATIENCE_SECONDS)


def wait_until(holds: Callable[[], bool], seconds: float = PATIENCE_SECONDS) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
