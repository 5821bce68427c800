import json
from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import Scope
from saas.database.threads import in_thread
from studio.gateway import asks, bodies, delivering, given
from studio.gateway.asks import Ask
from studio.gateway.doors import Caller, door
from studio.gateway.given import Given, Reading
from studio.gateway.submitting import submit
from studio.models import Run
from studio.openai_wire import forms


@door("POST", Scope.GENERATE, is_awaited=True)
async def generate(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    return await _deliver(caller, *await in_thread(_generation, request, caller))


@door("POST", Scope.GENERATE, is_awaited=True)
async def edit(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    return await _deliver(caller, *await in_thread(_edit, request, caller))


async def _deliver(caller: Caller, run: Run, ask: Ask) -> HttpResponseBase:
    deliver = delivering.streamed if ask.stream else delivering.whole
    return await deliver(run, ask, caller)


def _generation(request: HttpRequest, caller: Caller) -> tuple[Run, Ask]:
    body, said = bodies.read_json(request)
    ask = asks.read(body)
    return submit(request, caller, ask, said), ask


def _edit(request: HttpRequest, caller: Caller) -> tuple[Run, Ask]:
    """Submit an edit, sent as a form with files or as JSON with links."""
    bodies.refuse_large(request)
    if forms.is_form(request):
        texts, uploads, upload_mask = forms.read_form(request)
        forms.check_count(len(uploads), "image")
        ask = asks.read(texts, is_form=True, references=max(len(uploads), 1), mask=upload_mask is not None)
        images, mask = given.uploaded(uploads, upload_mask)
    else:
        body, _ = bodies.read_json(request)
        texts = {name: value for name, value in body.items() if name not in {"images", "mask"}}
        links, has_mask = body.get("images"), body.get("mask") is not None
        forms.check_count(len(links) if isinstance(links, list) else 0, "images")
        ask = asks.read(texts, references=len(links) if isinstance(links, list) and links else 1, mask=has_mask)
        images, mask = given.linked(body, caller)
    said = _said(texts, images, mask)
    return submit(request, caller, ask, said, Reading(images, mask, caller)), ask


def _said(texts: Mapping[str, object], images: list[Given], mask: Given | None) -> bytes:
    """Return what tells this request from others: all but the form's boundaries, which are new each time."""
    digests = [image.digest for image in images] + ([b"mask", mask.digest] if mask else [])
    return json.dumps(texts, sort_keys=True).encode() + b"\0" + b"".join(digests)
