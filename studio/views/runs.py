from collections.abc import Callable
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET, require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from studio import story
from studio.models import Run
from studio.runs import retry_slot as retries
from studio.runs import stop_run
from studio.story import document as story_document

MOST_EVENTS = 500
MOST_DIGITS = 10  # of a sequence


@require_GET
@member_required(Role.VIEWER)
def run_events(request: OrgRequest, code: UUID) -> JsonResponse:
    """Return a run's events after a sequence number, at most MOST_EVENTS. A page asks for them after it was offline, or
    when it finds a gap."""
    run = _run_or_404(request, code)
    after = request.GET.get("after", "0")
    events = run.events.filter(seq__gt=int(after) if after.isdecimal() and len(after) < MOST_DIGITS else 0).order_by(
        "seq"
    )[:MOST_EVENTS]
    return JsonResponse({"run": str(run.code), "events": [event.as_message(str(run.code)) for event in events]})


@require_GET
@member_required(Role.VIEWER)
def run_metadata(request: OrgRequest, code: UUID) -> JsonResponse:
    run = get_object_or_404(story.prefetch(Run.objects.visible_to(request.member)), code=code)
    document = story_document.document_of(run, seen_by=request.member)
    response = JsonResponse(document, json_dumps_params={"indent": 2, "ensure_ascii": False})
    response["Content-Disposition"] = f'inline; filename="{run.code}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@member_required(Role.MEMBER)
def cancel_run(request: OrgRequest, code: UUID) -> HttpResponse:
    return _act(lambda: stop_run.cancel(run=_run_or_404(request, code), by=request.member))


@require_POST
@member_required(Role.MEMBER)
def retry_slot(request: OrgRequest, code: UUID, index: int) -> HttpResponse:
    slot = get_object_or_404(_run_or_404(request, code).slots.select_related("run__connection"), index=index)
    return _act(lambda: retries.retry(slot=slot, by=request.member))


def _run_or_404(request: OrgRequest, code: UUID) -> Run:
    return get_object_or_404(Run.objects.visible_to(request.member), code=code)


def _act(verb: Callable[[], None]) -> HttpResponse:
    try:
        verb()
    except NotAllowed:
        raise  # member_required turns it into a 403
    except Refused as refusal:
        return JsonResponse({"error": {"code": "refused", "message": refusal.sentence}}, status=409)
    return HttpResponse(status=204)
