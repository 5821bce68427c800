from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from studio import catalogue, runs, specs
from studio.forms import PromptForm
from studio.models import Partial, Run, Slot

NEWEST = 12


@member_required(Role.VIEWER)
def studio(request: OrgRequest) -> HttpResponse:
    return _studio_page(request, PromptForm(models=catalogue.at(timezone.now())))


@require_POST
@member_required(Role.MEMBER)
def submit_run(request: OrgRequest) -> HttpResponse:
    models = catalogue.at(timezone.now())
    form = PromptForm(request.POST, models=models)
    if form.is_valid():
        try:
            spec = specs.read(form.asked(), models=models)
            runs.submit(org=request.org, by=request.member, spec=spec)
        except specs.SpecRefused as refusal:
            for error in refusal.errors:
                form.add_error(error.field if error.field in form.fields else None, error.sentence)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return redirect("studio", request.org.slug)
    return _studio_page(request, form)


@member_required(Role.VIEWER)
def run_card(request: OrgRequest, code: UUID) -> HttpResponse:
    """The piece of the stream that a live page fetches again."""
    return card(request, code)


def card(request: OrgRequest, code: UUID) -> HttpResponse:
    run = get_object_or_404(_with_slots(runs.visible_to(request.member)), code=code)
    return render(request, "studio/_run.html", {"run": run})


def _studio_page(request: OrgRequest, form: PromptForm) -> HttpResponse:
    default = request.org.connections.filter(is_default=True).first()
    context: dict[str, Any] = {
        "form": form,
        "runs": _with_slots(runs.visible_to(request.member)).order_by("-id")[:NEWEST],
        "default_connection": default,
    }
    return render(request, "studio/studio.html", context, status=422 if form.errors else 200)


def _with_slots(found: QuerySet[Run]) -> QuerySet[Run]:
    newest_first = Prefetch("partials", Partial.objects.order_by("-tried", "-index"))
    slots = Slot.objects.select_related("output__composite").prefetch_related(newest_first).order_by("index")
    return found.select_related("maker").prefetch_related(Prefetch("slots", slots))
