"""Define what every kind of provider is asked with, so that a request can be built before its adapter is loaded."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

from saas.crypto.sealing import Secret
from studio.openai_wire import base64_text
from studio.providers.answers import Frame


@dataclass(frozen=True)
class Endpoint:
    """What an adapter needs to know of a connection: address, key, limits, and what the provider supports."""

    base_url: str
    key: Secret
    organization: str = ""
    project: str = ""
    allowed_hosts: tuple[str, ...] = ()
    can_stream: bool = True
    deadline_seconds: float = 600.0
    text_model: str = "gpt-5"
    tenant: int = 0  # the organization's id


@dataclass(frozen=True)
class File:
    name: str
    data: bytes
    mime: str

    @property
    def data_url_characters(self) -> int:
        return len(f"data:{self.mime};base64,") + 4 * ((len(self.data) + 2) // 3)

    def data_url(self) -> str:
        return f"data:{self.mime};base64,{base64_text.encode_as_text(self.data)}"


@dataclass(frozen=True)
class Request:
    """A request for one picture. `parameters` are in the Images API's words, without those that only Darkroom knows."""

    api: str
    parameters: dict[str, Any]
    partial_images: int = 0
    must_draw: bool = False  # a talk that may not end in words
    references: tuple[File, ...] = ()
    mask: File | None = None


class Develop(Protocol):
    """The function that every adapter module has. See docs/architecture.md, “Another kind of provider”."""

    def __call__(
        self, endpoint: Endpoint, request: Request, *, before_sending: Callable[[], None]
    ) -> Generator[Frame, None, None]: ...
