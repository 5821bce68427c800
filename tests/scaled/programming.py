"""A program with an API key, and how long each of its calls took."""

import time
from dataclasses import dataclass, field

import httpx2

PICTURE = {"model": "gpt-image-2", "size": "1024x1024", "quality": "low"}


@dataclass(frozen=True)
class Call:
    status: int
    seconds: float
    headers: httpx2.Headers
    text: str


@dataclass
class Caller:
    url: str
    key: str = ""
    timeout_seconds: float = 90
    calls: list[Call] = field(default_factory=list)

    def get(self, path: str) -> Call:
        return self._call("GET", path)

    def draw(self, prompt: str) -> Call:
        return self._call("POST", "/v1/images/generations", {**PICTURE, "prompt": prompt})

    def _call(self, method: str, path: str, asked: dict[str, str] | None = None) -> Call:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        began = time.monotonic()
        with httpx2.Client(base_url=self.url, timeout=self.timeout_seconds, trust_env=False) as client:
            answer = client.request(method, path, headers=headers, json=asked)
        call = Call(answer.status_code, time.monotonic() - began, answer.headers, answer.text)
        self.calls.append(call)
        return call
