"""Keep and describe files, as far as edits need them: a picture is sent once and named by its id afterwards."""

from typing import Any

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError

from accounts.models import Scope
from saas.database import tenancy
from saas.database.threads import in_thread
from studio.gateway import bodies, pictures_in
from studio.gateway.doors import GatewayCaller, door
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.models import Input
from studio.openai_wire import forms
from studio.openai_wire.errors import OpenAIError, missing
from studio.openai_wire.fields import Fields

PURPOSES = ("vision", "user_data", "assistants")
KNOWN = frozenset(["purpose", "expires_after[anchor]", "expires_after[seconds]"])


@door("POST", Scope.GENERATE)
async def upload_file(request: HttpRequest, caller: GatewayCaller) -> JsonResponse:
    return JsonResponse(await in_thread(_upload, request, caller))


@door("GET", Scope.READ)
async def show_file(request: HttpRequest, caller: GatewayCaller, file_id: str) -> JsonResponse:
    return JsonResponse(_described(await in_thread(pictures_in.find_file, file_id, caller, "file_id")))


def _upload(request: HttpRequest, caller: GatewayCaller) -> dict[str, Any]:
    bodies.refuse_large(request)
    if not forms.is_form(request):
        message = f"Unsupported content type: '{request.content_type}'. This API expects 'multipart/form-data'."
        raise OpenAIError(message, status=415, code="unsupported_content_type")
    try:
        texts, files = request.POST, request.FILES
    except (MultiPartParserError, RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent):
        raise OpenAIError("We could not parse the multipart body of your request.") from None
    fields = Fields({name: texts[name] for name in texts}, is_form=True)
    fields.refuse_others(KNOWN)
    purpose = fields.choice("purpose", PURPOSES, fields.text("purpose"))
    file = files.get("file")
    if file is None:
        raise missing("file")
    try:
        ready = uploads.store_picture(org=caller.org, name=file.name or "picture", data=file.read())
    except UploadRefused as refusal:
        raise pictures_in.error_of_upload(refusal, "file") from None
    with tenancy.tenant(caller.org.pk):
        kept = uploads.keep(ready, by=caller.member.user)
    return _described(kept, purpose)


def _described(kept: Input, purpose: str = "vision") -> dict[str, Any]:
    return {
        "id": f"{pictures_in.FILE_PREFIX}{kept.code.hex}",
        "object": "file",
        "bytes": kept.size_bytes,
        "created_at": int(kept.created_at.timestamp()),
        "expires_at": None,
        "filename": kept.name,
        "purpose": purpose,
        "status": "processed",
    }
