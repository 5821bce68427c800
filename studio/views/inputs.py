from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio import inputs, runs
from studio.models import Input, Output
from studio.uploads import UploadRefused


@require_POST
@member_required(Role.MEMBER)
def give(request: OrgRequest) -> HttpResponse:
    """One picture: a `file`, or the code of an `output` made here. With `first`, the code of a reference, the file is
    the mask that lies on it, with the `strokes` that painted it. Answers the reference as the prompt bar shows it, or
    as JSON."""
    try:
        given = _taken(request)
    except UploadRefused as refusal:
        return _refusal(request, refusal)
    if request.accepts("text/html"):
        return render(request, "studio/_reference.html", {"given": given}, status=HTTPStatus.CREATED)
    return JsonResponse(as_json(request, given), status=HTTPStatus.CREATED)


@require_safe
@member_required(Role.VIEWER)
def input_strokes(request: OrgRequest, code: UUID) -> JsonResponse:
    """How a mask was painted; a mask that came as a file has none."""
    given = get_object_or_404(inputs.visible_to(request.member).exclude(strokes=None), code=code)
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


def _taken(request: OrgRequest) -> Input:
    if code := request.POST.get("output"):
        visible = Output.objects.filter(org=request.org, run__in=runs.visible_to(request.member))
        output = get_object_or_404(visible.select_related("run", "org"), code=_code(code))
        return inputs.from_output(output=output, by=request.user)
    file = request.FILES.get("file")
    if not isinstance(file, UploadedFile):
        raise UploadRefused("missing", "Choose a picture.")
    name = file.name or ""
    if code := request.POST.get("first"):
        first = get_object_or_404(inputs.visible_to(request.member), code=_code(code))
        painted = request.POST.get("strokes", "")
        return inputs.take_mask(
            org=request.org, by=request.user, name=name, data=file.read(), first=first, painted=painted
        )
    return inputs.take(org=request.org, by=request.user, name=name, data=file.read())


def _code(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _url(request: OrgRequest, given: Input, shape: str) -> str:
    return reverse("input_file", args=[request.org.slug, given.code, shape])


def _refusal(request: OrgRequest, refusal: UploadRefused) -> HttpResponse:
    """In words, for the place beside the picture that was meant."""
    is_busy = refusal.code == "busy"
    status = HTTPStatus.SERVICE_UNAVAILABLE if is_busy else HTTPStatus.UNPROCESSABLE_ENTITY
    body = {"error": {"code": refusal.code, "message": refusal.sentence}}
    return JsonResponse(body, status=status, headers={"Retry-After": "3"} if is_busy else None)
