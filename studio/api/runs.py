from collections.abc import Callable
from contextlib import ExitStack
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Field, Query, Router, Schema, Status

from accounts.models import Scope
from saas import idempotency
from saas.database import tenancy
from saas.text.codes import code_or_none
from studio import story
from studio.api import run_bodies, streams
from studio.api.door import ApiCaller, ApiRequest, inside, may
from studio.api.errors import ApiRefused
from studio.api.shapes import TAGS, Error, EventOut, Events, Page, RunIn, RunOut
from studio.files import zip_stream
from studio.models import Kind, Run, Slot, State, Visibility
from studio.runs import plan, stop_run, visibility
from studio.runs import retry_slot as retries
from studio.runs import submit_run as submission
from studio.story import document

router = Router(tags=["Runs"])
REFUSALS: dict[Any, Any] = dict.fromkeys((400, 401, 403, 404, 409, 422, 429), Error)
MOST_EVENTS = 500
LARGEST = 2**31 - 1
T = TypeVar("T")
Pace = Literal["real"]


class RunFilters(Schema):
    state: State | None = None
    kind: Kind | None = None
    model: str = Field("", max_length=80)
    by: str = Field("", max_length=40, description="A member's id, or `me`")
    project: str = Field("", max_length=80)
    since: datetime | None = None
    until: datetime | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: UUID | None = None


class VisibilityIn(Schema):
    visibility: Visibility


@router.post(
    "/runs",
    auth=may(Scope.GENERATE),
    response={201: RunOut, **REFUSALS},
    url_name="api_submit_run",
    openapi_extra=run_bodies.described(RunIn, with_form=True),
)
def submit_run(request: ApiRequest, stream: bool = False) -> "Status[RunOut] | HttpResponseBase":
    """Submit a run

    As JSON, or as a form in which `references` and `mask` may be files. With `stream=true` the answer is the run's
    events as they happen, one JSON object a line (or server-sent events, where they are accepted). An
    `Idempotency-Key` makes it safe to send again."""
    if not stream:
        return Status(201, _submit(request, _describe))
    with streams.place_for(request) as place:
        return streams.stream_events(request, _submit(request, lambda run: run), place)


@router.get("/runs", auth=may(Scope.READ), response={200: Page[RunOut], **REFUSALS}, url_name="api_runs")
@inside
def list_runs(request: ApiRequest, filters: Query[RunFilters]) -> dict[str, Any]:
    """List runs, the newest first"""
    rows = _narrowed(Run.objects.visible_to(request.auth.member), filters, request.auth)
    found = list(_with_all(rows).order_by("-pk")[: filters.limit + 1])
    shown = found[: filters.limit]
    return {
        "data": [RunOut.from_run(run) for run in shown],
        "next": str(shown[-1].code) if len(found) > filters.limit else None,
    }


@router.get("/runs/{uuid:code}", auth=may(Scope.READ), response={200: RunOut, **REFUSALS}, url_name="api_run")
@inside
def read_run(request: ApiRequest, code: UUID) -> RunOut:
    """Read a run"""
    return RunOut.from_run(get_object_or_404(_with_all(Run.objects.visible_to(request.auth.member)), code=code))


@router.get(
    "/runs/{uuid:code}/events", auth=may(Scope.READ), response={200: Events, **REFUSALS}, url_name="api_run_events"
)
def read_events(
    request: ApiRequest,
    code: UUID,
    after: Annotated[int, Field(ge=0, le=LARGEST)] = 0,
    stream: bool = False,
    pace: Pace | None = None,
) -> "Events | HttpResponseBase":
    """Read what happened to a run, or follow it

    Everything after a sequence. With `stream=true` it goes on until the run has ended, as lines of JSON or as
    server-sent events. `pace=real` replays it: each event comes as long after the first one as it did then, within ten
    minutes."""
    with tenancy.tenant(request.auth.org.pk):
        run = _visible(request, code)
        if not stream and not pace:
            found = run.events.filter(seq__gt=after).order_by("seq")[:MOST_EVENTS]
            said = [EventOut(**event.as_message(str(run.code))) for event in found]
            return Events(run=run.code, events=said)
    with streams.place_for(request) as place:
        return streams.stream_events(request, run, place, after=after, is_paced=pace == "real")


@router.get(
    "/runs/{uuid:code}/metadata",
    auth=may(Scope.READ),
    response={200: dict[str, Any], **REFUSALS},
    url_name="api_run_metadata",
)
@inside
def read_metadata(request: ApiRequest, code: UUID) -> dict[str, Any]:
    """Read all that is known of a run, as one document"""
    return document.document_of(_visible(request, code), seen_by=request.auth.member)


@router.get(
    "/runs/{uuid:code}/archive",
    auth=may(Scope.READ),
    response=REFUSALS,
    url_name="api_run_archive",
    openapi_extra={"responses": {200: {"content": {"application/zip": {}}}}},
)
def read_archive(request: ApiRequest, code: UUID) -> HttpResponseBase:
    """Download a run as a ZIP

    The originals, partials and inputs as they came, and `metadata.json`, which names each of them."""
    caller = request.auth
    with tenancy.tenant(caller.org.pk):
        run = get_object_or_404(story.prefetch(Run.objects.visible_to(caller.member)), code=code)
        archive = zip_stream.archive_of_run(run, document.document_of(run, seen_by=caller.member))
    return zip_stream.send_zip(archive, org_id=caller.org.pk)


@router.post(
    "/runs/{uuid:code}/cancel", auth=may(Scope.GENERATE), response={200: RunOut, **REFUSALS}, url_name="api_cancel_run"
)
@inside
def cancel_run(request: ApiRequest, code: UUID) -> RunOut:
    """Stop a run

    What waits ends at once; what a provider works on may still be charged."""
    run = _visible(request, code)
    stop_run.cancel(run=run, by=request.auth.member)
    return _describe(run)


@router.post(
    "/runs/{uuid:code}/visibility",
    auth=may(Scope.GENERATE),
    response={200: RunOut, **REFUSALS},
    url_name="api_change_visibility",
)
@inside
def change_visibility(request: ApiRequest, code: UUID, body: VisibilityIn) -> RunOut:
    """Make a run private, or give it to the team

    For its maker. What becomes private is gone from shared links for good."""
    run = _visible(request, code)
    visibility.change(by=request.auth.member, run=run, to=body.visibility)
    return _describe(run)


@router.post(
    "/runs/{uuid:code}/slots/{int:index}/retry",
    auth=may(Scope.GENERATE),
    response={200: RunOut, **REFUSALS},
    url_name="api_retry_slot",
)
@inside
def retry_slot(request: ApiRequest, code: UUID, index: int) -> RunOut:
    """Try one picture of a run again"""
    run = _visible(request, code)
    if index > LARGEST:
        raise ApiRefused(404, "not_found", "There is no such picture in this run.")
    slot = get_object_or_404(run.slots.select_related("run__connection"), index=index)
    retries.retry(slot=slot, by=request.auth.member, api_key=request.auth.api_key)
    return _describe(run)


def _submit(request: ApiRequest, told: Callable[[Run], T]) -> T:
    """Submit what the request asks for. Return what is `told` of the run, in the same transaction."""
    caller, asked = request.auth, run_bodies.read_request(request)
    spec, key = asked.spec_for(caller), idempotency.key_of(request.headers.get("Idempotency-Key", ""), caller.code)
    hashed = idempotency.hash_of("runs", asked.identity) if key else ""
    with ExitStack() as undo:
        if asked.has_files and key:
            with tenancy.tenant(caller.org.pk):
                if earlier := submission.earlier(by=caller.member, request_key=key, request_hash=hashed):
                    return told(earlier)
        given = run_bodies.store_files(asked, caller, undo) if asked.has_files else None
        with tenancy.tenant(caller.org.pk):
            pictures = given.keep(caller) if given else run_bodies.pictures_of(asked.body, caller)
            run = submission.submit(
                by=caller.member,
                plan=plan.make(
                    org=caller.org, spec=spec, pictures=pictures, route=run_bodies.route_of(asked.body, caller)
                ),
                api_key=caller.api_key,
                visibility=asked.body.visibility,
                project=asked.body.project,
                end_user=asked.body.end_user,
                request_key=key,
                request_hash=hashed,
            )
            answer = told(run)
            undo.pop_all()  # before the commit: files that rows name must not be deleted
    return answer


def _narrowed(rows: QuerySet[Run], filters: RunFilters, caller: ApiCaller) -> QuerySet[Run]:
    named = {"state": filters.state, "kind": filters.kind, "model": filters.model, "project": filters.project}
    rows = rows.filter(**{name: value for name, value in named.items() if value and "\0" not in value})
    if filters.by:
        rows = rows.filter(maker=caller.member.user_id) if filters.by == "me" else _by(rows, filters.by)
    if filters.since:
        rows = rows.filter(created_at__gte=filters.since)
    if filters.until:
        rows = rows.filter(created_at__lt=filters.until)
    if filters.cursor:
        rows = rows.filter(pk__lt=get_object_or_404(caller.org.runs.all(), code=filters.cursor).pk)
    return rows


def _by(rows: QuerySet[Run], code: str) -> QuerySet[Run]:
    found = code_or_none(code)
    return rows.filter(maker__code=found) if found else rows.none()


def _visible(request: ApiRequest, code: UUID) -> Run:
    return get_object_or_404(Run.objects.visible_to(request.auth.member).select_related("org", "maker"), code=code)


def _describe(run: Run) -> RunOut:
    return RunOut.from_run(_with_all(run.org.runs.all()).get(pk=run.pk))


def _with_all(rows: QuerySet[Run]) -> QuerySet[Run]:
    slots: Prefetch[Any] = Prefetch(
        "slots", Slot.objects.select_related("output").prefetch_related(f"output__{TAGS}").order_by("index")
    )
    return rows.select_related("maker", "api_key", "parent").prefetch_related(slots)
