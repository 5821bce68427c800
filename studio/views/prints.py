from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_http_methods, require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from saas.database import tenancy
from studio.catalogue import image_models
from studio.catalogue.fields import SpecRefused
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Output, Run
from studio.runs import prints
from studio.views.forms import PrintForm
from studio.views.pages import card

KEY_CHARACTERS = 22


@require_POST
@member_required(Role.MEMBER)
def mark_keeper(request: OrgRequest, code: UUID) -> HttpResponse:
    """Mark or unmark a keeper. Return the run's card, or a redirect without script."""
    visible = Output.objects.filter(org=request.org, run__in=Run.objects.visible_to(request.member))
    output = get_object_or_404(visible.select_related("run"), code=code)
    prints.mark(output=output, by=request.member, is_keeper=request.POST.get("keep") == "on")
    return card(request, output.run.code) if request.htmx else redirect("studio", request.org.slug)


def _read_keepers(request: OrgRequest, code: UUID) -> dict[int, Ready] | UploadRefused:
    """Read those keepers that this member has not used as an input yet."""
    if request.method != "POST":
        return {}
    with tenancy.tenant(request.org.pk):
        run = get_object_or_404(Run.objects.visible_to(request.member), code=code)
        fresh = [one for one in prints.keepers_of(run) if uploads.of_output(output=one, by=request.user) is None]
    try:
        return {output.pk: uploads.store_output(output) for output in fresh}
    except UploadRefused as refusal:
        return refusal


@require_http_methods(["GET", "POST"])
@vary_on_headers("HX-Request")
@member_required(Role.MEMBER, before=_read_keepers)
def print_keepers(request: OrgRequest, code: UUID) -> HttpResponse:
    """Show what printing the keepers would cost, and print them. Drawn as a piece for the dialog, or as a page."""
    run = get_object_or_404(Run.objects.visible_to(request.member), code=code)
    outputs = prints.keepers_of(run)
    form = _form(request, run, outputs)
    if request.method == "POST" and form.is_valid():
        try:
            ready = cast("dict[int, Ready] | UploadRefused", request.prepared)
            if isinstance(ready, UploadRefused):
                raise Refused(ready.sentence)
            key, asked = request.POST.get("request_key", ""), form.cleaned_data
            prints.submit(run=run, by=request.member, outputs=outputs, ready=ready, asked=asked, request_key=key)
        except NotAllowed:
            raise
        except SpecRefused as refusal:
            for error in refusal.errors:
                form.add_error(error.field if error.field in form.fields else None, error.sentence)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return HttpResponse(status=204) if request.htmx else redirect("studio", request.org.slug)
    return _shown(request, run, outputs, form)


def _form(request: OrgRequest, run: Run, outputs: list[Output]) -> PrintForm:
    model = prints.model_for(run, image_models.at(timezone.now()))
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
    context["is_piece"] = request.htmx
    template = "studio/_print.html" if context["is_piece"] else "studio/print.html"
    return render(request, template, context, status=422 if request.method == "POST" else 200)


def _price(request: OrgRequest, run: Run, outputs: list[Output], form: PrintForm) -> prints.Price:
    models = image_models.at(timezone.now())
    model = prints.model_for(run, models)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else form.initial_values()
    read = [(output, prints.read_spec(output=output, asked=asked, model=model, models=models)) for output in outputs]
    return prints.price(run=run, prints=read, model=model)
