from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from studio import catalogue, prints, runs
from studio.asking import SpecRefused
from studio.forms import PrintForm
from studio.models import Output, Run
from studio.views.pages import card

KEY_CHARACTERS = 22


@require_POST
@member_required(Role.MEMBER)
def mark_keeper(request: OrgRequest, code: UUID) -> HttpResponse:
    """Answers the run's card as it is now."""
    visible = Output.objects.filter(org=request.org, run__in=runs.visible_to(request.member))
    output = get_object_or_404(visible.select_related("run"), code=code)
    prints.mark(output=output, by=request.member, is_keeper=request.POST.get("keep") == "on")
    return card(request, output.run.code) if _is_piece(request) else redirect("studio", request.org.slug)


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER)
def print_keepers(request: OrgRequest, code: UUID) -> HttpResponse:
    """What printing would cost, and the printing. A piece for the dialog, or a page of its own."""
    run = get_object_or_404(runs.visible_to(request.member), code=code)
    outputs = prints.keepers_of(run)
    form = _form(request, run, outputs)
    if request.method == "POST" and form.is_valid():
        try:
            key = request.POST.get("request_key", "")
            prints.submit(run=run, by=request.member, outputs=outputs, asked=form.cleaned_data, request_key=key)
        except NotAllowed:
            raise
        except SpecRefused as refusal:
            for error in refusal.errors:
                form.add_error(error.field if error.field in form.fields else None, error.sentence)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return HttpResponse(status=204) if _is_piece(request) else redirect("studio", request.org.slug)
    return _shown(request, run, outputs, form)


def _is_piece(request: OrgRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


def _form(request: OrgRequest, run: Run, outputs: list[Output]) -> PrintForm:
    model = prints.model_for(run, catalogue.at(timezone.now()))
    choices = prints.enlargements(outputs[0], model) if outputs else []
    data = request.POST if request.method == "POST" else (request.GET or None)
    return PrintForm(data, model=model, enlargements=choices, words=prints.words_for(run, model))


def _shown(request: OrgRequest, run: Run, outputs: list[Output], form: PrintForm) -> HttpResponse:
    context: dict[str, Any] = {"run": run, "outputs": outputs, "form": form, "price": None}
    context["request_key"] = request.POST.get("request_key") or get_random_string(KEY_CHARACTERS)
    try:
        context["price"] = _price(request, run, outputs, form)
    except SpecRefused as refusal:
        context["why_not"] = refusal.errors[0].sentence
    except Refused as refusal:
        context["why_not"] = refusal.sentence
    context["is_piece"] = _is_piece(request)
    template = "studio/_print.html" if context["is_piece"] else "studio/print.html"
    return render(request, template, context, status=422 if request.method == "POST" else 200)


def _price(request: OrgRequest, run: Run, outputs: list[Output], form: PrintForm) -> prints.Price:
    models = catalogue.at(timezone.now())
    model = prints.model_for(run, models)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else form.initial_values()
    read = [(output, prints.read(output=output, asked=asked, model=model, models=models)) for output in outputs]
    return prints.price(org=request.org, prints=read, model=model)
