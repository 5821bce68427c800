"""Submit the prompt bar as a run, or show all its faults."""

import hashlib
import json
from collections.abc import Callable
from http import HTTPStatus
from typing import cast

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.limits.refusals import LimitReached
from accounts.models import Role
from saas.database import tenancy
from saas.text.codes import code_or_none
from studio.catalogue.fields import Fault, SpecRefused
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Relation, Run, Visibility
from studio.prompt import ask_for_more, bar, drafts, verdicts
from studio.prompt.prompt_form import PromptForm
from studio.prompt.verdicts import NO_ROOM
from studio.runs import cards
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
@member_required(Role.MEMBER, before=_read_files, is_alone=True)
def submit_run(request: OrgRequest) -> HttpResponse:
    """Submit a run. If it goes with pictures or from an earlier run, one transaction reads them and makes it; if not,
    nothing has to be read, and the submit is a transaction of its own."""
    values, read = PromptForm.posted(request.POST), cast("list[Ready] | UploadRefused", request.prepared)
    if isinstance(read, UploadRefused):
        return _refused(request, values, Fault("reference", read.code, read.sentence))
    if not read and not values.names_rows:
        return _answer(request, values)
    with tenancy.tenant(request.org.pk):
        return _answer(request, _with_files(request, values, read))


def _answer(request: OrgRequest, values: PromptForm) -> HttpResponse:
    plan = verdicts.plan_at_once(org=request.org, member=request.member, values=values)
    if plan is None:
        return _refused(request, values)
    asked = list[Run]()
    try:
        run = _submit(request, values, plan, asked.append)
    except NotAllowed:
        raise
    except SpecRefused:  # the connection has changed meanwhile
        return _refused(request, values)
    except LimitReached as refusal:
        return _refused(request, values, Fault("", "limit" if refusal.place else "refused", refusal.sentence), refusal)
    except Refused as refusal:
        return _refused(request, values, Fault("", "refused", refusal.sentence))
    drafts.clear_sent(by=request.member, values=values)
    if not request.htmx:
        return redirect("studio", request.org.slug)
    is_new = run in asked  # else it was asked for before, by the same request key
    answer = NewCard(request, cards.fill_new(run, plan.pictures) if is_new else run)
    answer["X-Request-Key"] = bar.new_key()
    return answer


def _submit(request: OrgRequest, values: PromptForm, plan: Plan, about_to: Callable[[Run], object]) -> Run:
    asked = {**plan.spec.to_json(), "reference": values.reference, "mask": values.mask, "parent": values.parent}
    asked |= {"visibility": values.visibility, "project": values.project, "connection": values.connection}
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
        about_to=about_to,
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


def _refused(
    request: OrgRequest, values: PromptForm, fault: Fault | None = None, limit: LimitReached | None = None
) -> HttpResponse:
    """Show the bar with all its faults, and with what was found beside them."""
    with tenancy.tenant(request.org.pk):
        if limit is not None:
            ask_for_more.remember(request.member, limit, values)
        made = bar_of(request, values)
        if fault is not None:
            made.verdict.faults[:] = [one for one in made.verdict.faults if one.code != NO_ROOM] + [fault]
        if request.htmx:
            return render(request, "studio/_verdict.html", {"bar": made}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
        return studio_page(request, made, status=HTTPStatus.UNPROCESSABLE_ENTITY)
