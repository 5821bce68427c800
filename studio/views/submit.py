"""Submit the prompt bar as a run, or show all its faults."""

import hashlib
import json
from http import HTTPStatus
from typing import cast

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.limits.refusals import LimitReached
from accounts.models import Role
from saas.text.codes import code_or_none
from studio.catalogue.fields import Fault
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Relation, Run, Visibility
from studio.prompt import ask_for_more, bar, drafts
from studio.prompt.bar import Bar
from studio.prompt.prompt_form import PromptForm
from studio.runs import submit_run as submission
from studio.runs.plan import Pictures, Plan
from studio.views.pages import NewCard, bar_of, studio_page

KEY_CHARACTERS = 32


def _read_files(request: OrgRequest) -> list[Ready] | UploadRefused:
    """Read the pictures that are posted with the form, as happens without JavaScript. If one is refused, delete the
    files of the others."""
    ready: list[Ready] = []
    try:
        for file in request.FILES.getlist("file"):
            ready += [uploads.store_picture(org=request.org, name=file.name or "", data=file.read())]
    except UploadRefused as refusal:
        for one in ready:
            uploads.forget(one)
        return refusal
    return ready


@require_POST
@member_required(Role.MEMBER, before=_read_files)
def submit_run(request: OrgRequest) -> HttpResponse:
    values, read = PromptForm.posted(request.POST), cast("list[Ready] | UploadRefused", request.prepared)
    if isinstance(read, UploadRefused):
        return _refused(request, values, Fault("reference", read.code, read.sentence))
    values = _with_files(request, values, read)
    made = bar_of(request, values)
    plan = made.verdict.plan
    if plan is None:
        return _refused_page(request, made)
    try:
        run = _submit(request, values, plan)
    except NotAllowed:
        raise
    except LimitReached as refusal:
        ask_for_more.remember(request.member, refusal, values)
        code = "limit" if refusal.place else "refused"
        return _refused(request, values, Fault("", code, refusal.sentence))
    except Refused as refusal:
        return _refused(request, values, Fault("", "refused", refusal.sentence))
    drafts.clear_sent(by=request.member, values=values)
    if not request.htmx:
        return redirect("studio", request.org.slug)
    answer = NewCard(request, run.code)
    answer["X-Request-Key"] = bar.new_key()
    return answer


def _submit(request: OrgRequest, values: PromptForm, plan: Plan) -> Run:
    asked = {**plan.spec.to_json(), "reference": values.reference, "mask": values.mask, "parent": values.parent}
    asked |= {"visibility": values.visibility, "project": values.project}
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    parent, relation = _origin(request, values, plan.pictures)
    key = request.POST.get("request_key", "")[:KEY_CHARACTERS]
    return submission.submit(
        by=request.member,
        plan=plan,
        visibility=Visibility.PRIVATE if values.visibility == Visibility.PRIVATE else Visibility.TEAM,
        project=values.project.strip(),
        parent=parent,
        relation=relation,
        # The digest makes a changed form another request: after going back and changing something, a person wants a
        # new run, not a refusal because the key was used already.
        request_key=f"{key}{digest[:16]}" if key else "",
        request_hash=digest,
    )


def _origin(request: OrgRequest, values: PromptForm, pictures: Pictures) -> tuple[Run | None, Relation]:
    """Return the parent and its relation: for an edit the run of the picture that it changes, for a remix the run that
    it recalled."""
    source = next((one.source for one in pictures.references if one.source_id), None)
    if source is not None:
        return source.run, Relation.EDIT
    code = code_or_none(values.parent)
    parent = Run.objects.visible_to(request.member).filter(code=code).first() if code else None
    return parent, Relation.REMIX if parent else Relation.NONE


def _with_files(request: OrgRequest, values: PromptForm, read: list[Ready]) -> PromptForm:
    given = [uploads.keep(ready, by=request.user) for ready in read]
    return PromptForm.stored({**values.to_json(), "reference": [*values.reference, *(str(one.code) for one in given)]})


def _refused(request: OrgRequest, values: PromptForm, fault: Fault) -> HttpResponse:
    made = bar_of(request, values)
    made.verdict.faults.append(fault)
    return _refused_page(request, made)


def _refused_page(request: OrgRequest, made: Bar) -> HttpResponse:
    if request.htmx:
        return render(request, "studio/_verdict.html", {"bar": made}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return studio_page(request, made, status=HTTPStatus.UNPROCESSABLE_ENTITY)
