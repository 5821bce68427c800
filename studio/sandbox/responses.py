"""Answer the Responses API with its image tool, whole or as a stream. Without a tool, `writing` answers."""

import secrets
from dataclasses import replace
from typing import Any, NamedTuple

from django.http import HttpRequest

from studio.openai_wire import responses_input
from studio.openai_wire.errors import OpenAIError
from studio.openai_wire.fields import Fields
from studio.openai_wire.frames import flat_error, frame, nested_error
from studio.sandbox import bodies, calls, conversation, models, parameters, tokens, writing
from studio.sandbox.calls import Call

TOOL = parameters.COMMON | responses_input.OF_THE_TOOL
QUESTION = "What should be seen in the foreground? Tell me more, and I will draw it."
TOOL_MODEL = "gpt-image-2.6-sunburst"


class ResponseRequest(NamedTuple):
    call: Call
    body: dict[str, Any]
    action: str


def read_request(request: HttpRequest, key: str) -> ResponseRequest | writing.TextRequest:
    body = bodies.read_json(request)
    fields = Fields(body)
    fields.refuse_others(responses_input.KNOWN)
    models.check_text_model(fields.text("model"))
    if not body.get("tools"):
        return writing.read_request(body, key)
    if previous := fields.text("previous_response_id", ""):
        message = f"Previous response with id '{previous}' not found."
        raise OpenAIError(message, code="previous_response_not_found", param="previous_response_id")
    tool = responses_input.tool_of(fields, TOOL)
    prompt, inputs = conversation.read_conversation(body.get("input"))
    is_edit = responses_input.is_edit(tool, has_pictures=bool(inputs))
    inputs = inputs if is_edit else ()
    mask = conversation.mask(responses_input.mask_of(tool, is_edit=is_edit), inputs)
    asked = parameters.read_parameters(
        tool, prompt=prompt, identifier=parameters.read_identifier(fields), default_model=TOOL_MODEL
    )
    asked = replace(asked, stream=fields.flag("stream"))
    call = calls.make(asked, key=key, inputs=inputs, mask=mask)
    if call.script.fail == "words":
        return writing.TextRequest(body["model"], prompt, call.asked.prompt, call.script, text=QUESTION)
    return ResponseRequest(call, body, "edit" if inputs else "generate")


class Events:
    def __init__(self, wanted: ResponseRequest) -> None:
        self.wanted, self.call, self.number = wanted, wanted.call, -1
        self.response_id, self.item_id = f"resp_{secrets.token_hex(16)}", f"ig_{secrets.token_hex(16)}"

    def whole(self, pictures: list[str], with_usage: bool) -> dict[str, Any]:
        return self._response("completed", [self._item("completed", pictures[0])], 0, with_usage=with_usage)

    def opening(self) -> list[bytes]:
        return [
            self._event("response.created", response=self._response("in_progress", [])),
            self._event("response.in_progress", response=self._response("in_progress", [])),
            self._event("response.output_item.added", output_index=0, item=self._item("in_progress", None)),
            self._about("in_progress"),
            self._about("generating"),
        ]

    def partial(self, picture: str, index: int) -> list[bytes]:
        more = {"partial_image_b64": picture, "partial_image_index": index, **self.call.resolved}
        return [self._about("partial_image", **more)]

    def final(self, picture: str, delivered: int, *, with_usage: bool) -> list[bytes]:
        item = self._item("completed", picture)
        return [
            self._about("completed"),
            self._event("response.output_item.done", output_index=0, item=item),
            self._event(
                "response.completed", response=self._response("completed", [item], delivered, with_usage=with_usage)
            ),
        ]

    def failure(self, error: dict[str, Any], *, is_flat: bool) -> list[bytes]:
        self.number += 1
        told = flat_error(error, self.number) if is_flat else nested_error(error, self.number)
        code = {"moderation_blocked": "image_content_policy_violation"}.get(
            error["code"], error["code"] or "server_error"
        )
        failed = self._response("failed", [self._item("failed", None) | {"error": error}])
        failed["error"] = {"code": code, "message": error["message"]}
        return [told, self._event("response.failed", response=failed)]

    def _event(self, kind: str, **more: Any) -> bytes:
        self.number += 1
        return frame({"type": kind, "sequence_number": self.number, **more})

    def _about(self, stage: str, **more: Any) -> bytes:
        return self._event(f"response.image_generation_call.{stage}", item_id=self.item_id, output_index=0, **more)

    def _item(self, status: str, picture: str | None) -> dict[str, Any]:
        item = {"id": self.item_id, "type": "image_generation_call", "status": status, "result": picture}
        return item | {
            "action": self.wanted.action,
            "revised_prompt": conversation.revised(self.call),
            **self.call.resolved,
        }

    def _response(
        self, status: str, output: list[dict[str, Any]], delivered: int = 0, *, with_usage: bool = False
    ) -> dict[str, Any]:
        body = self.wanted.body
        response = {
            "id": self.response_id, "object": "response", "created_at": self.call.created, "status": status,
            "error": None, "incomplete_details": None, "instructions": body.get("instructions"),
            "metadata": body.get("metadata") or {}, "model": body["model"], "output": output,
            "parallel_tool_calls": True, "previous_response_id": None, "temperature": 1.0, "top_p": 1.0,
            "tool_choice": body.get("tool_choice", "auto"), "tools": body["tools"], "usage": None,
        }  # fmt: skip
        return response | self._usage(delivered) if with_usage else response

    def _usage(self, delivered: int) -> dict[str, Any]:
        """Count the tokens of the text model apart from those of the tool."""
        text, said = tokens.of_text(self.call.asked.prompt), tokens.of_text(conversation.revised(self.call))
        outer = {
            "input_tokens": text, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": said,
            "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": text + said,
        }  # fmt: skip
        return {"usage": outer, "tool_usage": {"image_gen": self.call.usage(delivered, with_details=True)}}
