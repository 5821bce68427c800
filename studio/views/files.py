"""Serve files of outputs, partials and inputs by their code, each only to members who may see it."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_safe

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio.files import names, serving, shown
from studio.inputs import uploads
from studio.models import Output, Partial, Run

SHAPES = {"original", "preview", "thumbnail"}
# Only with a composite: the picture with everything outside the mask put back, and the map of where the model strayed.
KEPT_SHAPES = {"kept": "file", "kept-preview": "preview", "kept-thumbnail": "thumbnail", "heat": "heat"}


@require_safe
@member_required(Role.VIEWER)
def output_file(request: OrgRequest, code: UUID, shape: str) -> HttpResponseBase:
    visible = Output.objects.filter(org=request.org, run__in=Run.objects.visible_to(request.member))
    output = get_object_or_404(visible.select_related("composite", "run", "slot"), code=code)
    if output.purged_at:
        return serving.deleted()
    if shape in KEPT_SHAPES:
        return _composite_file(request, output, shape)
    stem = names.stem_of_picture(output.run, output.slot)
    return shown.send(request, output, _shape(shape), download_as=stem)


def _composite_file(request: HttpRequest, output: Output, shape: str) -> HttpResponseBase:
    if not output.has_composite:
        raise Http404
    name = str(getattr(output.composite, KEPT_SHAPES[shape]))
    stem = names.stem_of_picture(output.run, output.slot)
    return serving.send(request, name, download_as=f"{stem}-{shape}.{names.ending(name)}")


@require_safe
@member_required(Role.VIEWER)
def partial_file(request: OrgRequest, code: UUID, shape: str) -> HttpResponseBase:
    visible = Partial.objects.filter(org=request.org, slot__run__in=Run.objects.visible_to(request.member))
    partial = get_object_or_404(visible.select_related("slot__run"), code=code)
    name = partial.file if _shape(shape) == "original" else partial.small_file
    return serving.send(request, name, download_as=names.of_lone_partial(partial, name))


@require_safe
@member_required(Role.VIEWER)
def input_file(request: OrgRequest, code: UUID, shape: str) -> HttpResponseBase:
    """Serve a file of an input. `sent` is the version that the provider gets: upright, in sRGB."""
    given = get_object_or_404(uploads.visible_to(request.member), code=code)
    files = {"original": given.file, "sent": given.sent_file, "preview": given.preview, "thumbnail": given.thumbnail}
    if shape not in files:
        raise Http404
    return serving.send(request, files[shape], download_as=names.of_lone_input(given, files[shape]))


def _shape(shape: str) -> str:
    if shape not in SHAPES:
        raise Http404
    return shape
