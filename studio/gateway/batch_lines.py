"""Read the lines of a batch's file as strictly as the calls that they stand for: once when the batch is checked, and
again when the line becomes a run."""

from dataclasses import dataclass
from typing import Any

from studio.gateway import bodies, parameters, pictures_in
from studio.gateway.doors import GatewayCaller
from studio.gateway.parameters import ImageRequest
from studio.gateway.pictures_in import PictureReader
from studio.money.offers import Route
from studio.openai_wire import links
from studio.openai_wire.errors import OpenAIError, missing, unknown, wrong_type
from studio.openai_wire.fields import Fields
from studio.runs import plan

GENERATIONS, EDITS = "/v1/images/generations", "/v1/images/edits"
ENDPOINTS = (GENERATIONS, EDITS)
KNOWN = frozenset({"custom_id", "method", "url", "body"})
LONGEST_CUSTOM_ID = 512
NOT_IN_A_BATCH = "'{}' cannot be used in a batch."


@dataclass(frozen=True)
class LineRequest:
    """What a line asks for."""

    custom_id: str
    image_request: ImageRequest
    body: dict[str, Any]

    @property
    def model(self) -> str:
        return self.image_request.spec.model


def read(data: bytes, *, endpoint: str, caller: GatewayCaller) -> LineRequest:
    """Read a line. Raise OpenAIError if it is none, or if a call of its own would be refused. Links are not fetched."""
    custom_id, body = _envelope(data, endpoint)
    _refuse_live(body)
    if endpoint == GENERATIONS:
        return LineRequest(custom_id, parameters.read_parameters(body, org=caller.org), body)
    texts = {name: value for name, value in body.items() if name not in {"images", "mask"}}
    images = links.images_of(body)
    image_request = parameters.read_parameters(
        texts, org=caller.org, references=len(images), mask=body.get("mask") is not None
    )
    return LineRequest(custom_id, image_request, body)


def check(line: LineRequest, caller: GatewayCaller) -> None:
    """Check what needs more than the line: its files, and whether a connection makes such pictures at a known price.
    Raise OpenAIError, Refused or SpecRefused."""
    route = Route.of(api_key=caller.api_key)
    if not line.image_request.spec.references:
        plan.make(org=caller.org, spec=line.image_request.spec, route=route)
        return
    plan.connection_of(caller.org, route)
    named = [(one, f"images[{index}]") for index, one in enumerate(links.images_of(line.body))]
    if line.body.get("mask") is not None:
        named.append((line.body["mask"], "mask"))
    for said, param in named:
        link = links.read_link(said, param)
        if link.name == "file_id":
            pictures_in.find_file(link.value, caller, link.param)
        elif links.is_data(link.value):
            links.data_of(link.value, link.param)


def pictures_of(line: LineRequest, caller: GatewayCaller) -> PictureReader:
    """Return the pictures of an edit, to be read. Fetch those that are links."""
    images, mask = pictures_in.read_linked(line.body, caller)
    return PictureReader(images, mask, caller)


def _envelope(data: bytes, endpoint: str) -> tuple[str, dict[str, Any]]:
    try:
        said = bodies.parse(data)
    except OpenAIError as refusal:
        if refusal.error["code"] == "duplicate_parameter":
            raise
        raise OpenAIError("This line is not parseable as valid JSON.", code="invalid_json_line") from None
    fields = Fields(said)
    for name in fields.values:
        if name not in KNOWN:
            raise unknown(name)
    custom_id = fields.text("custom_id", longest=LONGEST_CUSTOM_ID)
    if "\0" in custom_id:
        message = "Invalid 'custom_id': the string holds a null character."
        raise OpenAIError(message, code="invalid_value", param="custom_id")
    if fields.text("method") != "POST":
        raise OpenAIError("Invalid method: only 'POST' can be used in a batch.", code="invalid_method", param="method")
    if fields.text("url") != endpoint:
        message = "The URL provided for this request does not match the batch endpoint."
        raise OpenAIError(message, code="invalid_url", param="url")
    body = fields.values.get("body")
    if body is None:
        raise missing("body")
    if not isinstance(body, dict):
        raise wrong_type("body", "an object", body)
    return custom_id, body


def _refuse_live(body: dict[str, Any]) -> None:
    """Refuse what only makes sense while a caller waits."""
    if body.get("stream"):
        raise OpenAIError(NOT_IN_A_BATCH.format("stream"), code="unsupported_parameter", param="stream")
    if body.get("response_format") == "url":
        message = NOT_IN_A_BATCH.format("response_format 'url'")
        raise OpenAIError(message, code="unsupported_parameter", param="response_format")
