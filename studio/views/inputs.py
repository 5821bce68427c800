from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from saas.database import tenancy
from saas.web.codes import as_code
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Input, Output, Run


def _read(request: OrgRequest) -> Input | Ready | UploadRefused:
    try:
        return _taken(request)
    except UploadRefused as refusal:
        return refusal


@require_POST
@member_required(Role.MEMBER, before=_read)
def give(request: OrgRequest) -> HttpResponse:
    """Take one picture: a `file`, or the code of an `output` made here. With `first`, the code of a reference, the file
    is a mask for it, with the `strokes` that painted it. Return the input as the prompt bar shows it, or as JSON."""
    read = cast("Input | Ready | UploadRefused", request.prepared)
    if isinstance(read, UploadRefused):
        return _refusal(request, read)
    given = uploads.keep(read, by=request.user) if isinstance(read, Ready) else read
    if request.accepts("text/html"):
        return render(request, "studio/_reference.html", {"given": given}, status=HTTPStatus.CREATED)
    return JsonResponse(as_json(request, given), status=HTTPStatus.CREATED)


@require_safe
@member_required(Role.VIEWER)
def input_strokes(request: OrgRequest, code: UUID) -> JsonResponse:
    """Return the strokes of a painted mask. An uploaded mask has none: 404."""
    given = get_object_or_404(uploads.visible_to(request.member).exclude(strokes=None), code=code)
    return JsonResponse(given.strokes, headers={"Cache-Control": "private, max-age=31536000, immutable"})


def as_json(request: OrgRequest, given: Input) -> dict[str, Any]:
    shapes = {shape: _url(request, given, shape) for shape in ("original", "sent", "preview", "thumbnail")}
    return {
        "code": str(given.code),
        "name": given.name,
        "width": given.width,
        "height": given.height,
        "is_mask": given.is_mask,
        "strokes": reverse("input_strokes", args=[request.org.slug, given.code]) if given.strokes else None,
        **shapes,
    }


def _taken(request: OrgRequest) -> Input | Ready:
    if code := request.POST.get("output"):
        with tenancy.tenant(request.org.pk):
            visible = Output.objects.filter(org=request.org, run__in=Run.objects.visible_to(request.member))
            related = visible.select_related("run", "org", "composite")
            output = get_object_or_404(related, code=as_code(code))
            earlier = uploads.of_output(output=output, by=request.user)
        return earlier or uploads.store_output(output)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise UploadRefused("missing", "Choose a picture.")
    name = file.name or ""
    if code := request.POST.get("first"):
        with tenancy.tenant(request.org.pk):
            first = get_object_or_404(uploads.visible_to(request.member), code=as_code(code))
        painted = request.POST.get("strokes", "")
        return uploads.store_mask(org=request.org, name=name, data=file.read(), first=first, painted=painted)
    return uploads.store_picture(org=request.org, name=name, data=file.read())


def _url(request: OrgRequest, given: Input, shape: str) -> str:
    return reverse("input_file", args=[request.org.slug, given.code, shape])


def _refusal(request: OrgRequest, refusal: UploadRefused) -> HttpResponse:
    """Return the refusal as JSON, to be shown beside the picture: 503 if too many are being read now, otherwise 422."""
    is_busy = refusal.code == "busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_busy else HTTPStatus.UNPROCESSABLE_ENTITY
    body = {"error": {"code": refusal.code, "message": refusal.sentence}}
    return JsonResponse(body, status=status, headers={"Retry-After": "3"} if is_busy else None)
