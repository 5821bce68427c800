"""Show a run's page, the same as a piece for the studio's details column, and send the run as a ZIP."""

from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio import story
from studio.files import zip_stream
from studio.models import Run
from studio.story import document, sample

MOST_DIGITS = 2  # of a slot's number


@require_GET
@member_required(Role.VIEWER)
def run_page(request: OrgRequest, code: UUID) -> HttpResponse:
    return render(request, "studio/run.html", {"story": _story(request, code)})


@require_GET
@member_required(Role.VIEWER)
def run_details(request: OrgRequest, code: UUID) -> HttpResponse:
    """Draw a run's details, for the studio's column and for a run's page that updates itself while the run is live."""
    response = render(request, "studio/_details.html", {"story": _story(request, code)})
    response["Cache-Control"] = "private, no-store"
    return response


@require_GET
@member_required(Role.VIEWER)
def run_archive(request: OrgRequest, code: UUID) -> StreamingHttpResponse:
    """Send a ZIP with originals, composites, partials, inputs and metadata.json."""
    run = _run(request, code)
    archive = zip_stream.archive_of_run(run, document.document_of(run, seen_by=request.member))
    return zip_stream.send_zip(archive, org_id=request.org.pk)


@require_GET
@member_required(Role.VIEWER)
def sample_run(request: OrgRequest) -> HttpResponse:
    """Show the sample run, for members who have no run to replay yet."""
    return render(request, "studio/run.html", {"story": sample.story(request.org.slug)})


def _story(request: OrgRequest, code: UUID) -> story.Story:
    run = _run(request, code)
    asked = request.GET.get("slot", "")
    index = int(asked) if asked.isdecimal() and asked.isascii() and len(asked) <= MOST_DIGITS else 0
    return story.build(run, seen_by=request.member, slot_index=index)


def _run(request: OrgRequest, code: UUID) -> Run:
    return get_object_or_404(story.prefetch(Run.objects.visible_to(request.member)), code=code)
