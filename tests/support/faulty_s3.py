"""An S3 that misbehaves: a proxy before a real one, which loses answers, refuses, or keeps its caller waiting."""

import http.client
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import boto3

from tests.scaled.services import BUCKET

HOP_BY_HOP = {"connection", "transfer-encoding", "expect", "content-length"}


class Fault(Enum):
    LOST = "it is done, and the answer never comes"
    BROKEN = "500"
    FORBIDDEN = "403"
    SILENT = "nothing is done and nothing is said"
    CUT = "it is done, and half of the answer comes"


@dataclass
class FaultyS3:
    """Its `fault` is asked for each request, by method and name of the file."""

    behind: str  # the real one's address
    port: int = 0
    fault: Callable[[str, str], Fault | None] = lambda method, name: None
    asked: list[tuple[str, str]] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def names(self) -> list[str]:
        """The files in the bucket, by its own word."""
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto3.client("s3", endpoint_url=self.behind, region_name="us-east-1", **keys)
        return sorted(each["Key"] for each in client.list_objects_v2(Bucket=BUCKET).get("Contents", []))

    def is_well(self) -> None:
        self.fault = lambda method, name: None


def losing(
    times: int, *, method: str = "PUT", ending: str = "", kind: Fault = Fault.LOST
) -> Callable[[str, str], Fault | None]:
    """So many answers about such files are lost."""
    left = [times]

    def fault(asked: str, name: str) -> Fault | None:
        if asked == method and name.endswith(ending) and left[0]:
            left[0] -= 1
            return kind
        return None

    return fault


def always(kind: Fault, *, method: str = "PUT", part: str = "") -> Callable[[str, str], Fault | None]:
    return lambda asked, name: kind if asked == method and part in name else None


@contextmanager
def faulty(behind: str) -> Iterator[FaultyS3]:
    found = FaultyS3(behind)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one(self) -> None:
            name = urlsplit(self.path).path.removeprefix(f"/{BUCKET}").lstrip("/")
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.asked.append((self.command, name))
            fault = found.fault(self.command, name)
            self.close_connection = True
            with suppress(OSError):
                if fault == Fault.SILENT:
                    found.closing.wait(30)
                elif fault in {Fault.BROKEN, Fault.FORBIDDEN}:
                    self._say(int(fault.value), {}, b"")
                else:
                    status, headers, answer = self._behind(body)
                    if fault == Fault.CUT:
                        headers["Content-Length"] = str(len(answer))
                        answer = answer[: len(answer) // 2]
                    if fault != Fault.LOST:
                        self._say(status, headers, answer)

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_one  # noqa: N815 the server's own names

        def _behind(self, body: bytes) -> tuple[int, dict[str, str], bytes]:
            peer = http.client.HTTPConnection(urlsplit(found.behind).netloc, timeout=20)
            try:
                headers = {name: value for name, value in self.headers.items() if name.lower() not in HOP_BY_HOP}
                peer.request(self.command, self.path, body, headers)
                answer = peer.getresponse()
                kept = {name: value for name, value in answer.getheaders() if name.lower() not in HOP_BY_HOP}
                if self.command == "HEAD" and (length := answer.getheader("Content-Length")):
                    kept["Content-Length"] = length
                return answer.status, kept, answer.read()
            finally:
                peer.close()

        def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        found.port = server.server_port
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield found
        finally:
            found.closing.set()
            server.shutdown()


def storages(url: str) -> dict[str, Any]:
    """Both of Darkroom's storages, on the S3 at that address."""
    options = {
        "bucket_name": BUCKET,
        "endpoint_url": url,
        "region_name": "us-east-1",
        "access_key": "test",
        "secret_key": "test",
        "signature_version": "s3v4",
        "file_overwrite": False,
    }
    return {
        "default": {"BACKEND": "saas.storage.s3.SharedS3Storage", "OPTIONS": options},
        "impatient": {"BACKEND": "saas.storage.s3.ImpatientS3Storage", "OPTIONS": options},
    }
