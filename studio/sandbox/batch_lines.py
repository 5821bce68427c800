"""Read the file of a batch: every line as strictly as a call of its own, and what goes wrong with it on purpose."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from studio.openai_wire.errors import OpenAIError
from studio.openai_wire.fields import Fields
from studio.openai_wire.json_bounds import is_swollen
from studio.sandbox import faults, requests
from studio.sandbox.calls import Call
from studio.sandbox.directives import BEFORE

ENDPOINTS = ("/v1/images/generations", "/v1/images/edits")
NO_BATCH = "gpt-image-2.6"  # these models have no Batch API
MOST_LINES, MOST_FAULTS = 50_000, 100
KNOWN = frozenset({"custom_id", "method", "url", "body"})

FileOf = Callable[[str], bytes]


@dataclass(frozen=True)
class Request:
    custom_id: str
    call: Call

    @property
    def refusal(self) -> OpenAIError | None:
        """Return how this line goes wrong as its directive says, or None if it brings a picture."""
        fail = self.call.script.fail
        if not fail or fail == "no_usage":
            return None
        return faults.refusal(fail if fail in BEFORE else "server_error", self.call.asked.model.id)


@dataclass
class Checked:
    requests: list[Request] = field(default_factory=list)
    faults: list[dict[str, Any]] = field(default_factory=list)
    model: str = ""

    @property
    def odd(self) -> str:
        """Return the odd outcome that a directive of any line asks for."""
        return next((one.call.script.batch for one in self.requests if one.call.script.batch), "")

    @property
    def seconds(self) -> float:
        """Return how long the lines take: as long as the slowest one says."""
        return max((one.call.script.delay_seconds for one in self.requests), default=0.0)


@dataclass
class Reader:
    """Reads the lines of one file. `file_of` returns the picture with an id."""

    endpoint: str
    key: str
    file_of: FileOf
    found: Checked = field(default_factory=Checked)
    seen: set[str] = field(default_factory=set)

    def check(self, lines: Iterator[bytes]) -> Checked:
        found = self.found
        for number, line in enumerate(lines, start=1):
            if not line.strip() or len(found.faults) >= MOST_FAULTS:
                continue
            try:
                if len(found.requests) >= MOST_LINES:
                    raise OpenAIError("Too many requests in the file.", code="too_many_tasks")
                found.requests.append(self._read(line))
            except OpenAIError as refusal:
                error = refusal.error
                code = error["code"] or "invalid_request"
                fault = {"code": code, "line": number, "message": error["message"], "param": error["param"]}
                found.faults.append(fault)
        if not found.requests and not found.faults:
            found.faults.append({"code": "empty_file", "line": None, "message": "The file is empty.", "param": None})
        return found

    def _read(self, line: bytes) -> Request:
        fields = _fields(line)
        fields.refuse_others(KNOWN)
        custom_id = fields.text("custom_id", longest=512)
        if custom_id in self.seen:
            raise OpenAIError("The custom_id was used before.", code="duplicate_custom_id", param="custom_id")
        self.seen.add(custom_id)
        if fields.text("method") != "POST":
            raise OpenAIError("Only POST is allowed.", code="invalid_method", param="method")
        if fields.text("url") != self.endpoint:
            raise OpenAIError("The url does not match the batch endpoint.", code="invalid_url", param="url")
        body = fields.values.get("body")
        if not isinstance(body, dict):
            raise OpenAIError("Missing required parameter: 'body'.", code="missing_required_parameter", param="body")
        call = requests.of_line(body, self.key, self.file_of, is_edit=self.endpoint == ENDPOINTS[1])
        self._refuse_odd(call)
        return Request(custom_id, call)

    def _refuse_odd(self, call: Call) -> None:
        model = call.asked.model.id
        if call.asked.stream:
            raise OpenAIError("'stream' is not supported in batches.", code="unsupported_parameter", param="stream")
        if model.startswith(NO_BATCH):
            raise OpenAIError(f"The model '{model}' is not supported by the Batch API.", code="model_not_supported")
        self.found.model = self.found.model or model
        if model != self.found.model:
            raise OpenAIError("A batch is for one model.", code="mismatched_model", param="body.model")


def _fields(line: bytes) -> Fields:
    try:
        said = {} if is_swollen(line) else json.loads(line)
    except (ValueError, RecursionError):
        raise OpenAIError("This line is not parseable as valid JSON.", code="invalid_json_line") from None
    if not isinstance(said, dict):
        raise OpenAIError("This line is not a JSON object.", code="invalid_json_line")
    return Fields(said)
