"""Read pictures that are named instead of sent: by a URL, by a data URL, or by the id of a file."""

from typing import Any, NamedTuple

from studio.openai_wire import base64_text
from studio.openai_wire.errors import OpenAIError, missing, unknown, wrong_type
from studio.openai_wire.forms import check_count, check_mime

LONGEST_URL = 20_971_520
DATA, BASE64 = "data:", ";base64"


class Link(NamedTuple):
    """Exactly one of `image_url` and `file_id`, with its value."""

    name: str
    value: str
    param: str


def read_link(said: object, param: str) -> Link:
    if not isinstance(said, dict):
        raise wrong_type(param, "an object", said)
    named = {name: value for name, value in said.items() if value is not None}
    for name in named:
        if name not in {"image_url", "file_id"}:
            raise unknown(f"{param}.{name}")
    if len(named) != 1:
        raise OpenAIError(
            f"'{param}' needs exactly one of 'image_url' and 'file_id'.", code="invalid_value", param=param
        )
    ((name, value),) = named.items()
    if not isinstance(value, str):
        raise wrong_type(f"{param}.{name}", "a string", value)
    if len(value) > LONGEST_URL:
        message = f"Invalid '{param}.{name}': string too long. Expected a string with maximum length {LONGEST_URL}."
        raise OpenAIError(message, code="string_above_max_length", param=f"{param}.{name}")
    return Link(name, value, f"{param}.{name}")


def images_of(body: dict[str, Any]) -> list[object]:
    """Return the links of a JSON edit. Refuse an edit without any, or with too many."""
    links = body.get("images")
    if links is None:
        raise missing("images")
    if not isinstance(links, list) or not links:
        message = "Invalid 'images': expected an array with at least one object."
        raise OpenAIError(message, code="invalid_type", param="images")
    check_count(len(links), "images")
    return links


def is_data(url: str) -> bool:
    return url[: len(DATA)].lower() == DATA


def data_of(url: str, param: str) -> bytes:
    head, comma, body = url.partition(",")
    if not comma or not head.lower().endswith(BASE64):
        message = f"Invalid '{param}': expected a base64 data URL, such as 'data:image/png;base64,…'."
        raise OpenAIError(message, code="invalid_image_url", param=param)
    check_mime(param, head[len(DATA) : -len(BASE64)].lower())
    try:
        return base64_text.decode(body)
    except ValueError:
        raise OpenAIError(f"Invalid base64 in '{param}'.", code="invalid_base64_image", param=param) from None
