"""Decide how much of a request's body to accept, before any check of rights: by its route, by the key or session in its
head, and by the bytes that this process holds already."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from django.conf import settings
from django.http import parse_cookie
from django.urls import Resolver404, resolve

from saas.crypto import tokens
from saas.fairness import visitors
from saas.ops import request_info

# Names of routes. Every other route takes a form or JSON, and no picture.
UPLOAD_DOORS = {
    "gateway_edit",
    "gateway_upload",
    "gateway_respond",
    "sandbox_edit",
    "sandbox_respond",
    "sandbox_files",
    "api_give_input",
    "api_submit_run",
    "api_sheets",
    "give_input",
    "submit_run",
    "import_limits",
    "compare_usage",
    "new_event",
    "new_sheet",
    "take_capture",
}
KIOSK_CAPTURE = re.compile(r"/b/([^/]+)/captures", re.ASCII)  # its token is the right, without a key or a session
FOR_PROGRAMS = re.compile(r"/(v1|api|sandbox)/")
STRANGER_BYTES = 64 * 1024  # without key and session, the longest form to be sent is a passkey's
KIOSK_KIND = "db"
ON_DISK_BYTES = 64 * 1024  # a longer body is kept in a file
FREE_BYTES = 8 * 1024  # of each body are not counted: large uploads never make Darkroom refuse a sign-in form
MEGABYTE = 1_000_000
STRANGERS = "strangers"  # all senders whose key or session has opened nothing yet, as far as this process knows


@dataclass(frozen=True)
class Refusal:
    status: int
    reason: str
    code: str
    message: str

    @property
    def envelope(self) -> dict[str, Any]:
        kind = "server_error" if self.status == 503 else "invalid_request_error"  # noqa: PLR2004 as in HTTP
        return {"error": {"message": self.message, "type": kind, "param": None, "code": self.code}}

    @property
    def headers(self) -> list[str]:
        own = {401: ['WWW-Authenticate: Bearer realm="Darkroom"'], 503: ["Retry-After: 5"]}
        return ["Content-Type: application/json", "Connection: close", *own.get(self.status, [])]


BUSY = Refusal(503, "Service Unavailable", "server_is_overloaded", "Too many uploads at once. Try again in a moment.")
NO_KEY = Refusal(
    401,
    "Unauthorized",
    "invalid_api_key",
    f"Without an API key or a session, a request body may have {STRANGER_BYTES // 1024} kB at most. "
    "Send the key in an Authorization header.",
)


@dataclass(frozen=True)
class Allowed:
    """The largest body to accept, the refusal of a larger one, and the sender as far as it is known."""

    limit_bytes: int
    refusal: Refusal
    sender: str = STRANGERS


def allowed(*, target: str, authorization: str, cookies: str) -> Allowed:
    path = unquote(target.partition("?")[0])
    kiosk = KIOSK_CAPTURE.fullmatch(path)
    is_by_token = kiosk is not None and tokens.looks_like_key(kiosk[1], KIOSK_KIND)
    if not authorization and f"{settings.SESSION_COOKIE_NAME}=" not in cookies and not is_by_token:
        return Allowed(STRANGER_BYTES, NO_KEY if FOR_PROGRAMS.match(path) else _too_large(STRANGER_BYTES))
    limit_bytes = settings.REQUEST_LIMIT_BYTES if _route(path) in UPLOAD_DOORS else _ordinary_bytes()
    return Allowed(limit_bytes, _too_large(limit_bytes), _sender(path, authorization, cookies))


def _sender(path: str, authorization: str, cookies: str) -> str:
    secret = authorization or parse_cookie(cookies).get(settings.SESSION_COOKIE_NAME, "")
    org_id = visitors.knows(request_info.hash_of_shown(secret, path))
    return STRANGERS if org_id is None else f"org:{org_id}"


def _route(path: str) -> str | None:
    try:
        return resolve(path).url_name
    except Resolver404:
        return None


def _ordinary_bytes() -> int:
    """Return twice Django's own limit for a form, so that Django itself can refuse one that is a little too large."""
    return min(settings.REQUEST_LIMIT_BYTES, 2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _too_large(limit_bytes: int) -> Refusal:
    size = f"{limit_bytes // MEGABYTE} MB" if limit_bytes >= MEGABYTE else f"{limit_bytes // 1024} kB"
    return Refusal(413, "Content Too Large", "request_too_large", f"Request body is too large: {size} is the most.")


class Budget:
    """The bytes of all bodies that have arrived and that no view has read yet. One client may take up half of the room,
    so that a second one always finds some; and so may one organization, from however many addresses, and all strangers
    together."""

    def __init__(self) -> None:
        self._lock = Lock()  # bodies arrive in the event loop and are read in threads
        self._total = 0
        self._held: Counter[str] = Counter()

    @property
    def held_bytes(self) -> int:
        with self._lock:
            return self._total

    def has_room(self, names: Sequence[str], count: int) -> bool:
        most: int = settings.REQUEST_BODIES_BYTES
        with self._lock:
            return self._total + count <= most and all(self._held[name] + count <= most // 2 for name in names)

    def take(self, names: Sequence[str], count: int) -> None:
        with self._lock:
            self._total += count
            self._held.update(dict.fromkeys(names, count))

    def give_back(self, names: Sequence[str], count: int) -> None:
        with self._lock:
            self._total -= count
            self._held.subtract(dict.fromkeys(names, count))
            self._held += Counter()  # drops the names whose count is zero


BUDGET = Budget()

if TYPE_CHECKING:
    Spooled = SpooledTemporaryFile[bytes]
else:
    Spooled = SpooledTemporaryFile


class Body(Spooled):
    """A body as it arrives and as a view reads it. Once read to its end, it no longer counts in the budget."""

    def __init__(self, client: str, sender: str = STRANGERS) -> None:
        super().__init__(max_size=ON_DISK_BYTES)
        self._names = (f"address:{client}", sender)
        self._size = self._counted = 0

    def has_room_for(self, count: int) -> bool:
        more = self._size + count - FREE_BYTES - self._counted
        return more <= 0 or BUDGET.has_room(self._names, more)

    def write(self, data: Any) -> int:
        self._size += len(data)
        more = max(0, self._size - FREE_BYTES - self._counted)
        self._counted += more
        BUDGET.take(self._names, more)
        return super().write(data)

    def read(self, *size: int) -> bytes:
        data = super().read(*size)
        if self.tell() >= self._size:
            self._release()
        return data

    def tail(self, count: int) -> bytes:
        """Return the last bytes. The body still counts in the budget, since a view has not read it."""
        place = self.tell()
        self.seek(max(self._size - count, 0))
        found = super().read()
        self.seek(place)
        return found

    def close(self) -> None:
        self._release()
        super().close()

    def _release(self) -> None:
        if self._counted:
            BUDGET.give_back(self._names, self._counted)
            self._counted = 0
