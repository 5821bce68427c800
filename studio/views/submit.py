"""Generate: what stands in the prompt bar becomes one run, or a page that says everything that is wrong."""

import hashlib
import json
from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from accounts.refusals import LimitReached
from studio import asking_more, bar, drafts, inputs, runs
from studio.asking import SpecError
from studio.bar import Bar
from studio.models import Relation, Run, Visibility
from studio.prompting import Values
from studio.runs import Found
from studio.uploads import UploadRefused
from studio.verdicts import Given, Verdict
from studio.views.pages import NewCard, bar_of, studio_page, wants_piece

KEY_CHARACTERS = 32


@require_POST
@member_required(Role.MEMBER)
def submit_run(request: OrgRequest) -> HttpResponse:
    values = Values.posted(request.POST)
    try:
        values = _with_files(request, values)
    except UploadRefused as refusal:
        return _refused(request, values, SpecError("reference", refusal.code, refusal.sentence))
    made = bar_of(request, values)
    if made.verdict.spec is None or not made.verdict.can_run:
        return _refused_page(request, made)
    try:
        run = _submit(request, values, made.verdict)
    except NotAllowed:
        raise
    except LimitReached as refusal:
        asking_more.remember(request.session, request.org, refusal, values)
        code = "limit" if refusal.place else "refused"
        return _refused(request, values, SpecError("", code, refusal.sentence))
    except Refused as refusal:
        return _refused(request, values, SpecError("", "refused", refusal.sentence))
    drafts.sent(by=request.member, values=values)
    if not wants_piece(request):
        return redirect("studio", request.org.slug)
    answer = NewCard(request, run.code)
    answer["X-Request-Key"] = bar.new_key()
    return answer


def _submit(request: OrgRequest, values: Values, verdict: Verdict) -> Run:
    spec, given = verdict.spec, verdict.given
    assert spec is not None  # noqa: S101 else it could not run
    asked = {**spec.to_json(), "reference": values.reference, "mask": values.mask, "parent": values.parent}
    asked |= {"visibility": values.visibility, "project": values.project}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    parent, relation = _origin(request, values, given)
    key = request.POST.get("request_key", "")[:KEY_CHARACTERS]
    return runs.submit(
        org=request.org,
        by=request.member,
        spec=spec,
        found=Found(verdict.connection, verdict.price) if verdict.connection and verdict.price else None,
        references=given.references,
        mask=given.mask,
        visibility=Visibility.PRIVATE if values.visibility == Visibility.PRIVATE else Visibility.TEAM,
        project=values.project.strip(),
        parent=parent,
        relation=relation,
        # Whoever goes back to a page that was sent and changes something wants another run, not a refusal.
        request_key=f"{key}{digest[:16]}" if key else "",
        request_hash=digest,
    )


def _origin(request: OrgRequest, values: Values, given: Given) -> tuple[Run | None, Relation]:
    """An edit comes from the picture that it changes, a remix from the run whose words it took."""
    source = next((one.source for one in given.references if one.source_id), None)
    if source is not None:
        return source.run, Relation.EDIT
    try:
        code = UUID(values.parent)
    except ValueError:
        return None, Relation.NONE
    parent = runs.visible_to(request.member).filter(code=code).first()
    return parent, Relation.REMIX if parent else Relation.NONE


def _with_files(request: OrgRequest, values: Values) -> Values:
    """Without script the pictures come along with the form."""
    given = [
        inputs.take(org=request.org, by=request.user, name=file.name or "", data=file.read())
        for file in request.FILES.getlist("file")
    ]
    return Values.stored({**values.to_json(), "reference": [*values.reference, *(str(one.code) for one in given)]})


def _refused(request: OrgRequest, values: Values, fault: SpecError) -> HttpResponse:
    made = bar_of(request, values)
    made.verdict.faults.append(fault)
    return _refused_page(request, made)


def _refused_page(request: OrgRequest, made: Bar) -> HttpResponse:
    if wants_piece(request):
        return render(request, "studio/_verdict.html", {"bar": made}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return studio_page(request, made, status=HTTPStatus.UNPROCESSABLE_ENTITY)
