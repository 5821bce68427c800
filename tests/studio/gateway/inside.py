"""The official SDK whose requests end in this process: fast, and inside the test's own transaction."""

from dataclasses import dataclass, field

import httpx2
import openai
from django.test import Client

from accounts.models import Organization, User
from tests.studio.api.keys import program


@dataclass
class Inside(httpx2.BaseTransport):
    """Counts what is sent, so that a test sees what the SDK tries again."""

    asked: list[str] = field(default_factory=list)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        path = request.url.raw_path.decode()
        self.asked.append(path)
        headers = {name: value for name, value in request.headers.items() if name not in {"host", "content-length"}}
        kind = headers.pop("content-type", "")
        answer = Client().generic(request.method, path, request.read(), content_type=kind, headers=headers)
        return httpx2.Response(answer.status_code, headers=list(answer.items()), content=answer.content)


def sdk(transport: Inside, org: Organization, by: User, *, retries: int = 0, key: str = "") -> openai.OpenAI:
    """With a key of this person's own, as a program of theirs would be."""
    return openai.OpenAI(
        api_key=key or program(org, by).token,
        base_url="http://testserver/v1",
        max_retries=retries,
        http_client=httpx2.Client(transport=transport),
    )
