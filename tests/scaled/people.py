"""A person with a browser: signs in by the form, posts the forms that the pages show, listens on the socket."""

import json
import re
import time
from contextlib import AbstractContextManager
from typing import Any, Self

import httpx2
from websockets import Origin
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.scaled.seed import PASSWORD

TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
RESET = "/accounts/password/reset/"


class Person:
    def __init__(self, url: str, email: str, password: str = PASSWORD, slug: str = "northwind") -> None:
        self.url, self.email, self.slug, self.token = url, email, slug, ""
        self.client = httpx2.Client(base_url=url, follow_redirects=True, timeout=20, trust_env=False)
        self.submit("/accounts/login/", "/accounts/login/", login=email, password=password)
        assert "darkroom_session" in self.client.cookies

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.client.close()

    def see(self, path: str) -> str:
        answer = self.client.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[-2000:]}"
        return answer.text

    def submit(self, page: str, action: str, **fields: str) -> str:
        """Opens the page, takes its token, posts the form; the page that comes then."""
        data = {"csrfmiddlewaretoken": self._token_of(page), **fields}
        answer = self.client.post(action, data=data, headers={"Referer": f"{self.url}{page}", "Origin": self.url})
        assert answer.status_code == 200, f"{action}: {answer.status_code} {answer.text[-2000:]}"
        return answer.text

    def press(self, action: str) -> int:
        """A button that a script serves; the status of the answer."""
        self.token = self.token or self._token_of(f"/o/{self.slug}/")
        data = {"csrfmiddlewaretoken": self.token}
        return self.client.post(action, data=data, headers={"Referer": self.url, "Origin": self.url}).status_code

    def _token_of(self, page: str) -> str:
        found = TOKEN.search(self.see(page))
        assert found, f"{page} has no form"
        return found[1]

    def add_connection(self, name: str, base_url: str, **terms: str) -> str:
        """Its code."""
        page = self.submit(
            f"/o/{self.slug}/connections/new/",
            f"/o/{self.slug}/connections/new/",
            kind="compatible",
            name=name,
            base_url=base_url,
            key="sk-very-secret-0123456789",
            **{"can_stream": "on", "can_respond": "on", **terms},
        )
        codes: list[str] = re.findall(r'id="health-([0-9a-f-]{36})"', page)
        fresh = [code for code in codes if name in self.see(f"/o/{self.slug}/connections/{code}/")]
        assert len(fresh) == 1
        return fresh[0]

    def test(self, code: str) -> None:
        self.submit(f"/o/{self.slug}/connections/", f"/o/{self.slug}/connections/{code}/test/")

    def make_default(self, code: str) -> None:
        self.submit(f"/o/{self.slug}/connections/", f"/o/{self.slug}/connections/{code}/default/")

    def ask_for(self, prompt: str, pictures: int = 1) -> None:
        """By the prompt bar, whose page is looked at once."""
        self.token = self.token or self._token_of(f"/o/{self.slug}/")
        asked = {"prompt": prompt, "size": "1024x1024", "quality": "low", "n": str(pictures)}
        answer = self.client.post(
            f"/o/{self.slug}/runs/",
            data={"csrfmiddlewaretoken": self.token, **asked},
            headers={"Referer": self.url, "Origin": self.url},
            follow_redirects=False,
        )
        assert answer.status_code == 302, f"{answer.status_code} {answer.text[-2000:]}"

    def health(self, code: str) -> str:
        return self.see(f"/o/{self.slug}/connections/{code}/health/")

    def listen(self, base: str | None = None, slug: str = "") -> AbstractContextManager[ClientConnection]:
        url = (base or self.url).replace("http", "ws", 1)
        cookie = f"darkroom_session={self.client.cookies['darkroom_session']}"
        return connect(
            f"{url}/ws/o/{slug or self.slug}/",
            origin=Origin(base or self.url),
            additional_headers={"Cookie": cookie},
            proxy=None,
            legacy=True,
        )


def ask_for_reset(url: str, address: str) -> float:
    """Ask for the mail with which a forgotten password is set anew. Return the seconds that the answer took."""
    with httpx2.Client(base_url=url, timeout=20, trust_env=False) as client:
        found = TOKEN.search(client.get(RESET).text)
        assert found
        data = {"csrfmiddlewaretoken": found[1], "email": address}
        began = time.monotonic()
        answer = client.post(RESET, data=data, headers={"Referer": url, "Origin": url})
        assert answer.status_code == 302
        return time.monotonic() - began


def next_event(socket: ClientConnection, seconds: float = 10) -> dict[str, Any]:
    event: dict[str, Any] = json.loads(socket.recv(timeout=seconds))
    return event


def close_code(socket: ClientConnection, seconds: float = 10) -> int:
    """Waits for the other side to close."""
    try:
        while True:
            socket.recv(timeout=seconds)
    except ConnectionClosed as closed:
        return closed.rcvd.code if closed.rcvd else 0
