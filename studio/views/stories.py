"""A run's page, the same as a piece for the studio's details column, and all of it as one file."""

from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio import archives, metadata, runs, stories
from studio.models import Run
from studio.stories import sample

MOST_DIGITS = 2  # of a slot's number


@require_GET
@member_required(Role.VIEWER)
def run_page(request: OrgRequest, code: UUID) -> HttpResponse:
    return render(request, "studio/run.html", {"story": _story(request, code)})


@require_GET
@member_required(Role.VIEWER)
def run_details(request: OrgRequest, code: UUID) -> HttpResponse:
    """What the studio's column shows, and what a run's page fetches again while it develops."""
    response = render(request, "studio/_details.html", {"story": _story(request, code)})
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
@member_required(Role.VIEWER)
def run_archive(request: OrgRequest, code: UUID) -> StreamingHttpResponse:
    """Originals, partials, inputs and metadata.json."""
    run = _run(request, code)
    archive = archives.of(run, metadata.of(run, seen_by=request.member))
    response = StreamingHttpResponse(archives.sent(archive), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=archive.name) or ""
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
@member_required(Role.VIEWER)
def sample_run(request: OrgRequest) -> HttpResponse:
    """For whoever has no run to replay yet."""
    return render(request, "studio/run.html", {"story": sample.story(request.org.slug)})


def _story(request: OrgRequest, code: UUID) -> stories.Story:
    run = _run(request, code)
    asked = request.GET.get("slot", "")
    index = int(asked) if asked.isdecimal() and asked.isascii() and len(asked) <= MOST_DIGITS else 0
    return stories.of(run, seen_by=request.member, slot_index=index)


def _run(request: OrgRequest, code: UUID) -> Run:
    return get_object_or_404(stories.whole(runs.visible_to(request.member)), code=code)
