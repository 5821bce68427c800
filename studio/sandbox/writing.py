"""Answer the Responses API without a tool: a text is asked for, and a text comes. It repeats the prompt and adds a
scene and a light, always the same for the same words."""

import asyncio
import secrets
import time
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.http.response import HttpResponseBase

from studio.openai_wire.errors import OpenAIError, wrong_type
from studio.openai_wire.fields import Fields
from studio.sandbox import conversation, directives, faults, parameters, tokens
from studio.sandbox.directives import BEFORE, Script
from studio.sandbox.paint import picture
from studio.sandbox.paint.picture import Brief


@dataclass(frozen=True)
class TextRequest:
    model: str
    told: str  # all of the input, to be counted
    words: str
    script: Script
    text: str = ""  # in place of one that repeats the words


def read_request(body: dict[str, Any], key: str) -> TextRequest:
    fields = Fields(body)
    if fields.flag("stream"):
        raise OpenAIError("The sandbox streams pictures, not text.", code="unsupported_value", param="stream")
    instructions = body.get("instructions")
    if instructions is not None and not isinstance(instructions, str):
        raise wrong_type("instructions", "a string", instructions)
    prompt, _ = conversation.read_conversation(body.get("input"))
    words, script = directives.read_directives(prompt, key=key, identifier=parameters.read_identifier(fields))
    return TextRequest(body["model"], (instructions or "") + prompt, words, script)


async def answer(wanted: TextRequest) -> HttpResponseBase:
    fail = wanted.script.fail
    if fail in BEFORE:
        raise faults.refusal(fail, wanted.model)
    if fail in {"nested_error", "flat_error"}:
        raise faults.refusal("server_error", wanted.model)
    if fail == "timeout":
        await asyncio.sleep(faults.LONGEST_WAIT_SECONDS)
        raise OpenAIError("The request timed out.", status=504, kind="server_error")
    await asyncio.sleep(wanted.script.delay_seconds)
    if fail == "html":
        return HttpResponse(faults.HTML)
    answered = JsonResponse(body(wanted, with_usage=fail != "no_usage"))
    if fail == "eof":
        answered.content = answered.content[: len(answered.content) // 2]
    return answered


def body(wanted: TextRequest, *, with_usage: bool) -> dict[str, Any]:
    text = wanted.text or retold(wanted.words)
    given, said = tokens.of_text(wanted.told), tokens.of_text(text)
    usage = {
        "input_tokens": given, "input_tokens_details": {"cached_tokens": 0}, "output_tokens": said,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": given + said,
    }  # fmt: skip
    content = [{"type": "output_text", "text": text, "annotations": [], "logprobs": []}]
    message = {
        "id": f"msg_{secrets.token_hex(16)}", "type": "message", "role": "assistant", "status": "completed",
        "content": content,
    }  # fmt: skip
    return {
        "id": f"resp_{secrets.token_hex(16)}", "object": "response", "created_at": int(time.time()),
        "status": "completed", "error": None, "incomplete_details": None, "metadata": {}, "model": wanted.model,
        "output": [message], "parallel_tool_calls": True, "previous_response_id": None, "temperature": 1.0,
        "top_p": 1.0, "tool_choice": "auto", "tools": [], "usage": usage if with_usage else None,
    }  # fmt: skip


def retold(words: str) -> str:
    wish = picture.blank(Brief(prompt=words, width=1024, height=1024)).wish
    said = words.rstrip(" .") or "Nothing in particular"
    return f"{said}. A {wish.scene} scene in {wish.time} light, calmly composed around one clear subject."
