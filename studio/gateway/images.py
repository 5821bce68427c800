import json
from collections.abc import Mapping

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import Scope
from saas.database.threads import in_thread
from studio.gateway import bodies, delivery, parameters, pictures_in
from studio.gateway.doors import GatewayCaller, door
from studio.gateway.parameters import ImageRequest
from studio.gateway.pictures_in import PictureReader, SentPicture
from studio.gateway.submission import submit
from studio.models import Run
from studio.openai_wire import forms


@door("POST", Scope.GENERATE, is_awaited=True, may_guess=True)
async def generate(request: HttpRequest, caller: GatewayCaller) -> HttpResponseBase:
    return await _deliver(caller, *await in_thread(_generation, request, caller))


@door("POST", Scope.GENERATE, is_awaited=True)
async def edit(request: HttpRequest, caller: GatewayCaller) -> HttpResponseBase:
    return await _deliver(caller, *await in_thread(_edit, request, caller))


async def _deliver(caller: GatewayCaller, run: Run, image_request: ImageRequest) -> HttpResponseBase:
    deliver = delivery.answer_streamed if image_request.stream else delivery.answer_whole
    return await deliver(run, image_request, caller)


def _generation(request: HttpRequest, caller: GatewayCaller) -> tuple[Run, ImageRequest]:
    body, said = bodies.read_json(request)
    image_request = parameters.read_parameters(body, org=caller.org)
    return submit(request, caller, image_request, said), image_request


def _edit(request: HttpRequest, caller: GatewayCaller) -> tuple[Run, ImageRequest]:
    """Submit an edit, sent as a form with files or as JSON with links."""
    bodies.refuse_large(request)
    if forms.is_form(request):
        texts, uploads, upload_mask = forms.read_form(request)
        forms.check_count(len(uploads), "image")
        image_request = parameters.read_parameters(
            texts, org=caller.org, is_form=True, references=max(len(uploads), 1), mask=upload_mask is not None
        )
        images, mask = pictures_in.read_uploaded(uploads, upload_mask)
    else:
        body, _ = bodies.read_json(request)
        texts = {name: value for name, value in body.items() if name not in {"images", "mask"}}
        links, has_mask = body.get("images"), body.get("mask") is not None
        forms.check_count(len(links) if isinstance(links, list) else 0, "images")
        image_request = parameters.read_parameters(
            texts, org=caller.org, references=len(links) if isinstance(links, list) and links else 1, mask=has_mask
        )
        images, mask = pictures_in.read_linked(body, caller)
    said = _identity(texts, images, mask)
    return submit(request, caller, image_request, said, PictureReader(images, mask, caller)), image_request


def _identity(texts: Mapping[str, object], images: list[SentPicture], mask: SentPicture | None) -> bytes:
    """Return what tells this request from others: all but the form's boundaries, which are new each time."""
    digests = [image.digest for image in images] + ([b"mask", mask.digest] if mask else [])
    return json.dumps(texts, sort_keys=True).encode() + b"\0" + b"".join(digests)
