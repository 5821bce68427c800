"""An OpenAI-like Files and Batch API for tests: a second reader of the contract, which shares no code with the sandbox.
A test decides what becomes of each batch, and when."""

import base64
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.support.fake_provider import USAGE, png

Line = dict[str, Any]


def answered(line: Line, shade: int = 90) -> Line:
    """The line of a picture, as the output file has it."""
    body = {
        "created": 1,
        "size": "64x64",
        "quality": "low",
        "background": "opaque",
        "output_format": "png",
        "data": [{"b64_json": base64.b64encode(png(shade=shade)).decode()}],
        "usage": USAGE,
    }
    response = {"status_code": 200, "request_id": f"req_{line['custom_id'][:8]}", "body": body}
    return {"id": "batch_req_1", "custom_id": line["custom_id"], "response": response, "error": None}


def refused(line: Line, status: int, code: str) -> Line:
    error = {"message": "No.", "type": "image_generation_user_error", "param": None, "code": code}
    response = {"status_code": status, "request_id": "req_no", "body": {"error": error}}
    return {"id": "batch_req_2", "custom_id": line["custom_id"], "response": response, "error": None}


def expired(line: Line, code: str = "batch_expired") -> Line:
    return {"id": "x", "custom_id": line["custom_id"], "response": None, "error": {"code": code, "message": "No."}}


@dataclass
class Provider:
    """What was sent, and what becomes of it."""

    files: dict[str, bytes] = field(default_factory=dict)
    batches: dict[str, dict[str, Any]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    refuses: Callable[[str, str], tuple[int, bytes] | None] = lambda method, path: None
    port: int = 0

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}/v1"

    def lines(self, batch_id: str) -> list[Line]:
        sent = self.files[self.batches[batch_id]["input_file_id"]]
        return [json.loads(text) for text in sent.splitlines() if text.strip()]

    def only(self) -> str:
        (found,) = self.batches
        return found

    def end(self, status: str, output: list[Line] | None = None, errors: list[Line] | None = None, **more: Any) -> None:
        """End the only batch with these lines in its files."""
        batch = self.batches[self.only()]
        output, errors = output or [], errors or []
        for name, lines in (("output", output), ("error", errors)):
            if lines:
                self.files[f"file-{name}"] = "\n".join(json.dumps(line) for line in lines).encode()
                batch[f"{name}_file_id"] = f"file-{name}"
        tokens = sum(line["response"]["body"]["usage"]["output_tokens"] for line in output)
        counts = {"total": len(self.lines(batch["id"])), "completed": len(output), "failed": len(errors)}
        usage = {
            "input_tokens": 1,
            "input_tokens_details": {"cached_tokens": 0},
            "output_tokens": tokens,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": tokens + 1,
        }
        batch.update(status=status, request_counts=counts, usage=usage, **more)


@contextmanager
def provider() -> Iterator[Provider]:
    found = Provider()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 the base class's name
            """Say nothing."""

        def answer(self, said: Any, status: int = 200) -> None:
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def not_found(self) -> None:
            self.answer({"error": {"message": "No such thing.", "type": "x", "param": None, "code": None}}, 404)

        def handle_one(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            path = urlsplit(self.path).path.removeprefix("/v1")
            found.asked.append(f"{method} {path}")
            refusal = found.refuses(method, path)
            if refusal is not None:
                self.answer(refusal[1], refusal[0])
            elif (method, path) == ("POST", "/files"):
                self.answer(self.keep(body))
            elif (method, path) == ("POST", "/batches"):
                self.answer(self.create(json.loads(body)))
            elif (method, path) == ("GET", "/batches"):
                self.answer(self.listed(parse_qs(urlsplit(self.path).query)))
            elif content := re.fullmatch(r"/files/([\w-]+)/content", path):
                data = found.files.get(content[1])
                self.answer(data) if data is not None else self.not_found()
            elif named := re.fullmatch(r"/batches/([\w-]+)(/cancel)?", path):
                self.one(named[1], is_cancelled=bool(named[2]))
            else:
                self.not_found()

        def keep(self, body: bytes) -> dict[str, Any]:
            head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
            parts = BytesParser(policy=HTTP).parsebytes(head + body).iter_parts()
            by_name = {part.get_param("name", header="content-disposition"): part for part in parts}
            file_id = f"file-{len(found.files) + 1}"
            sent: Any = by_name["file"].get_payload(decode=True)
            purpose: Any = by_name["purpose"].get_payload(decode=True)
            found.files[file_id] = sent
            size = len(found.files[file_id])
            return {
                "id": file_id, "object": "file", "bytes": size, "created_at": 1, "filename": "x",
                "purpose": purpose.decode(), "status": "processed",
            }  # fmt: skip

        def create(self, asked: dict[str, Any]) -> dict[str, Any]:
            batch_id = f"batch_{len(found.batches) + 1}"
            found.batches[batch_id] = {
                "id": batch_id, "object": "batch", "status": "in_progress", "created_at": int(time.time()),
                "completion_window": "24h", "endpoint": asked["endpoint"], "input_file_id": asked["input_file_id"],
                "metadata": asked.get("metadata"),
            }  # fmt: skip
            return found.batches[batch_id]

        def listed(self, asked: dict[str, list[str]]) -> dict[str, Any]:
            newest = list(found.batches.values())[::-1]
            return {"object": "list", "data": newest[: int(asked["limit"][0])], "has_more": False}

        def one(self, batch_id: str, *, is_cancelled: bool) -> None:
            batch = found.batches.get(batch_id)
            if batch is None:
                self.not_found()
                return
            if is_cancelled:
                batch["status"] = "cancelling"
            self.answer(batch)

        def do_POST(self) -> None:
            self.handle_one("POST")

        def do_GET(self) -> None:
            self.handle_one("GET")

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
