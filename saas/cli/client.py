"""Call the API by the standard library's HTTP client. Each call has a time limit; each error is one sentence."""

import http.client
import json
import shutil
import ssl
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlencode, urlsplit

from saas.cli.config import Access
from saas.cli.errors import CommandFailed

AGAIN_SECONDS = 1.0
MOST_RESTS = 5
LONGEST_REST_SECONDS = 61.0  # Darkroom counts whole minutes
SILENCE_SECONDS = 60.0  # a stream sends a pulse every 15
MIMES = {".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp"}
LOST = "The connection was lost in the middle of an answer."
CODES = {401: 3, 403: 3, 429: 5}


class Client:
    """A client with one connection for each call, so that many threads may use it at once."""

    def __init__(self, access: Access) -> None:
        parts = urlsplit(access.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise CommandFailed(
                2, f"“{access.url}” is not an address. It should look like https://darkroom.example.com."
            )
        self._parts, self._key = parts, access.key

    def get(self, path: str, **query: object) -> Any:
        asked = {name: value for name, value in query.items() if value not in {None, ""}}
        return json.loads(self._read_all("GET", f"{path}?{urlencode(asked)}" if asked else path))

    def post(self, path: str, body: dict[str, Any], *, request_key: str = "") -> Any:
        return json.loads(self._read_all("POST", path, json.dumps(body).encode(), _json(request_key)))

    def download(self, path: str) -> bytes:
        return self._read_all("GET", path)

    def download_to(self, file: BinaryIO, path: str) -> None:
        line, answer = self._ask("GET", path, None, None)
        try:
            shutil.copyfileobj(answer, file)
        except (OSError, http.client.HTTPException) as error:
            raise CommandFailed(4, LOST) from error
        finally:
            line.close()

    def give(self, file: Path, *, mask_of: str = "") -> str:
        """Upload a file. Return the input's id."""
        try:
            data = file.read_bytes()
        except OSError as error:
            raise CommandFailed(2, f"{file} cannot be read: {error.strerror}.") from error
        boundary = uuid.uuid4().hex
        fields = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="mask_of"\r\n\r\n{mask_of}\r\n' if mask_of else ""
        )
        name = file.name.replace('"', "_")
        mime = MIMES.get(file.suffix.lower(), "application/octet-stream")
        head = f'{fields}--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n'
        body = f"{head}Content-Type: {mime}\r\n\r\n".encode() + data + f"\r\n--{boundary}--\r\n".encode()
        kind = {"Content-Type": f"multipart/form-data; boundary={boundary}"}
        return str(json.loads(self._read_all("POST", "/api/v1/inputs", body, kind))["id"])

    def events(self, body: dict[str, Any], *, request_key: str, run: str = "") -> Iterator[dict[str, Any]]:
        """Submit a run, unless it is one that was made before, and yield its events to the end. If the connection
        breaks, follow the run on another: it goes on meanwhile."""
        seq, has_ended = 0, False
        while not has_ended:
            if run:
                lines = self._lines("GET", f"/api/v1/runs/{run}/events?stream=true&after={seq}")
            else:
                path = "/api/v1/runs?stream=true"
                lines = self._lines("POST", path, json.dumps(body).encode(), _json(request_key))
            for event in lines:
                if event["type"] != "pulse":
                    run, seq, has_ended = event["run"], event["seq"], event["type"] == "ended"
                    if event["type"] != "error":  # Darkroom restarts, and sends the rest on another connection
                        yield event
            if not run:
                raise CommandFailed(4, "Darkroom closed the connection without an answer.")
            if not has_ended:
                time.sleep(AGAIN_SECONDS)

    def _lines(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Iterator[dict[str, Any]]:
        line, answer = self._ask(method, path, body, headers)
        try:
            while text := answer.readline():
                yield json.loads(text)
        except (OSError, http.client.HTTPException, ValueError):
            return  # events() asks for the rest
        finally:
            line.close()

    def _read_all(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> bytes:
        line, answer = self._ask(method, path, body, headers)
        try:
            return answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise CommandFailed(4, LOST) from error
        finally:
            line.close()

    def _ask(
        self, method: str, path: str, body: bytes | None, headers: dict[str, str] | None, *, tries: int = 0
    ) -> tuple[http.client.HTTPConnection, http.client.HTTPResponse]:
        line = self._line()
        try:
            sent = {"Authorization": f"Bearer {self._key}", "Accept-Encoding": "identity", **(headers or {})}
            line.request(method, self._parts.path.rstrip("/") + path, body, sent)
            answer = line.getresponse()
        except (OSError, http.client.HTTPException) as error:
            line.close()
            raise CommandFailed(4, f"{self._parts.netloc} cannot be reached: {error}.") from error
        if answer.status >= http.client.BAD_REQUEST:
            text = answer.read()
            line.close()
            wait = _rest_seconds(answer, text)
            if wait is not None and tries < MOST_RESTS:
                time.sleep(wait)
                return self._ask(method, path, body, headers, tries=tries + 1)
            raise CommandFailed(
                CODES.get(answer.status, 4 if answer.status >= 500 else 2), _sentence(text, answer.status)
            )
        return line, answer

    def _line(self) -> http.client.HTTPConnection:
        host, port = str(self._parts.hostname), self._parts.port
        if self._parts.scheme == "http":
            return http.client.HTTPConnection(host, port, timeout=SILENCE_SECONDS)
        return http.client.HTTPSConnection(host, port, timeout=SILENCE_SECONDS, context=ssl.create_default_context())


def _rest_seconds(answer: http.client.HTTPResponse, text: bytes) -> float | None:
    """Return how long to wait before a call that came too fast, and so did nothing, is repeated. Return None for any
    other refusal, such as a limit of money or pictures."""
    try:
        is_pace = json.loads(text)["error"]["code"] == "rate_limited"
        wait = float(answer.headers["Retry-After"])
    except (ValueError, KeyError, TypeError):
        return None
    return (
        min(max(wait, 0.0), LONGEST_REST_SECONDS)
        if is_pace and answer.status == http.client.TOO_MANY_REQUESTS
        else None
    )


def _json(request_key: str) -> dict[str, str]:
    return {"Content-Type": "application/json"} | ({"Idempotency-Key": request_key} if request_key else {})


def _sentence(text: bytes, status: int) -> str:
    try:
        error = json.loads(text)["error"]
    except (ValueError, KeyError, TypeError):
        return f"Darkroom answered with status {status}."
    told = [str(one["message"]) for one in error.get("fields") or []]
    return " ".join(told) or str(error["message"])
