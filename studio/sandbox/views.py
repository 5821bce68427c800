"""Serve the URLs of the sandbox. Darkroom's own workers call them over HTTP, through the real SDK."""

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from studio.openai_wire.errors import OpenAIError
from studio.sandbox import images, models, paint_queue, requests, responses, writing
from studio.sandbox.answering import answer
from studio.sandbox.calls import Call
from studio.sandbox.doors import door


@door("GET")
async def list_models(request: HttpRequest, key: str) -> HttpResponseBase:
    return JsonResponse(models.listed())


@door("GET")
async def show_model(request: HttpRequest, key: str, model: str) -> HttpResponseBase:
    return JsonResponse(models.described(model))


@door("POST")
async def generate(request: HttpRequest, key: str) -> HttpResponseBase:
    return await _pictures(await paint_queue.read_in_thread(requests.generation, request, key))


@door("POST")
async def edit(request: HttpRequest, key: str) -> HttpResponseBase:
    return await _pictures(await paint_queue.read_in_thread(requests.edit, request, key))


async def _pictures(call: Call) -> HttpResponseBase:
    return await answer(
        call,
        body=lambda pictures, with_usage: images.answer(call, pictures, with_usage=with_usage),
        dialect=images.Events(call) if call.asked.stream else None,
    )


@door("POST")
async def respond(request: HttpRequest, key: str) -> HttpResponseBase:
    wanted = await paint_queue.read_in_thread(responses.read_request, request, key)
    if isinstance(wanted, writing.TextRequest):
        return await writing.answer(wanted)
    told = responses.Events(wanted)
    return await answer(wanted.call, body=told.whole, dialect=told if wanted.call.asked.stream else None)


@door("*")
async def refuse_unknown_url(request: HttpRequest, key: str, rest: str) -> HttpResponseBase:
    raise OpenAIError(f"Invalid URL (/v1/{rest})", status=404)
