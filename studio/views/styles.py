"""Show an organization's styles, and let people make, change, try, order and retire them."""

from http import HTTPStatus
from typing import cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from saas.web.after_transaction import Afterwards
from studio.catalogue import image_models
from studio.catalogue.fields import SpecRefused
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import StyleVersion
from studio.prompt import verdicts
from studio.prompt.prompt_form import PromptForm, fitted
from studio.runs import submit_run
from studio.styles import edit_styles, exchange, samples, shelf
from studio.styles.edit_styles import Saying
from studio.views.forms import StyleForm, StylesFileForm


@require_safe
@member_required(Role.VIEWER)
def style_list(request: OrgRequest) -> HttpResponse:
    return _list(request, StylesFileForm())


def _read_picture(request: OrgRequest, code: UUID | None = None) -> Ready | UploadRefused | None:
    """Read the picture that is posted with the form, if there is one."""
    file = request.FILES.get("file")
    if file is None:
        return None
    try:
        return uploads.store_picture(org=request.org, name=file.name or "", data=file.read())
    except UploadRefused as refusal:
        return refusal


@require_http_methods(["GET", "POST"])
@member_required(Role.MEMBER, before=_read_picture)
def new_style(request: OrgRequest) -> HttpResponse:
    form = _form(request, None)
    if request.method == "POST":
        made = _save(request, form, None)
        if made is not None:
            messages.success(request, f"“{made.name}” is ready. Try it on a picture.")
            return redirect("style", request.org.slug, made.style.code)
    return render(request, "studio/style.html", {"form": form, "may_change": True})


@require_http_methods(["GET", "POST"])
@member_required(Role.VIEWER, before=_read_picture)
def style(request: OrgRequest, code: UUID) -> HttpResponse:
    """Show a style with what it said before, and write its next version."""
    version = _version(request, code)
    form = _form(request, version)
    if request.method == "POST":
        changed = _save(request, form, version)
        if changed is not None:
            messages.success(request, f"Saved as version {changed.number}. Earlier pictures keep theirs.")
            return redirect("style", request.org.slug, code)
    context = {
        "chosen": version,
        "form": form,
        "may_change": edit_styles.may_change(version.style, request.member),
        "earlier": version.style.versions.exclude(pk=version.pk).select_related("maker"),
    }
    return render(request, "studio/style.html", context)


@require_POST
@member_required(Role.MEMBER)
def copy_style(request: OrgRequest, code: UUID) -> HttpResponse:
    try:
        made = edit_styles.copy(version=_version(request, code), by=request.member)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("styles", request.org.slug)
    messages.success(request, f"“{made.name}” is yours to change.")
    return redirect("style", request.org.slug, made.style.code)


@require_POST
@member_required(Role.MEMBER)
def retire_style(request: OrgRequest, code: UUID) -> HttpResponse:
    version = _version(request, code)
    edit_styles.retire(style=version.style, by=request.member)
    messages.success(request, f"“{version.name}” is retired. Its pictures stay as they are.")
    return redirect("styles", request.org.slug)


@require_POST
@member_required(Role.MEMBER)
def restore_style(request: OrgRequest, code: UUID) -> HttpResponse:
    found = get_object_or_404(request.org.styles.filter(retired_at__isnull=False), code=code)
    edit_styles.restore(style=found, by=request.member)
    return redirect("styles", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def move_style(request: OrgRequest, code: UUID) -> HttpResponse:
    """Move a style one place up, or down with `down`."""
    version = _version(request, code)
    codes = [one.style.code for one in shelf.all_of(request.org)]
    place = codes.index(version.style.code)
    codes.insert(max(0, place + (1 if "down" in request.POST else -1)), codes.pop(place))
    edit_styles.reorder(by=request.member, codes=codes)
    return redirect("styles", request.org.slug)


@require_POST
@member_required(Role.MEMBER, before=_read_picture)
def try_style(request: OrgRequest, code: UUID) -> HttpResponse:
    """Make a cheap proof of the posted picture in this style."""
    version, ready = _version(request, code), cast("Ready | UploadRefused | None", request.prepared)
    try:
        if ready is None:
            raise Refused("Choose a picture to try the style on.")
        if isinstance(ready, UploadRefused):
            raise Refused(ready.sentence)
        given = uploads.keep(ready, by=request.user)
        models = image_models.at(timezone.now(), org=request.org)
        asked = PromptForm(style=(str(code),), reference=(str(given.code),), size="auto", quality="low", n="1")
        values = fitted(asked, models.default)
        verdict = verdicts.check(org=request.org, member=request.member, values=values, models=models)
        if verdict.plan is None:
            raise Refused(" ".join(fault.sentence for fault in verdict.faults))
        run = submit_run.submit(by=request.member, plan=verdict.plan)
    except Refused as refusal:
        messages.error(request, refusal.sentence)
        return redirect("style", request.org.slug, version.style.code)
    return redirect("run", request.org.slug, run.code)


@require_safe
@member_required(Role.VIEWER)
def style_sample(request: OrgRequest, code: UUID) -> HttpResponse:
    version = _version(request, code)

    def answer() -> HttpResponse:
        try:
            sample = samples.sample_of(version)
        except samples.NotPainted:
            return HttpResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, headers={"Retry-After": samples.RETRY_SECONDS})
        headers = {"Cache-Control": "private, max-age=86400"}  # its address has the number of the version
        return HttpResponse(sample, content_type="image/webp", headers=headers)

    return Afterwards(answer)


@require_safe
@member_required(Role.VIEWER)
def export_styles(request: OrgRequest) -> HttpResponse:
    response = HttpResponse(exchange.written(shelf.all_of(request.org)), content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="styles-{request.org.slug}.json"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@member_required(Role.MEMBER)
def import_styles(request: OrgRequest) -> HttpResponse:
    form = StylesFileForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            data = form.cleaned_data["file"].read(exchange.LARGEST_BYTES + 1)
            made = exchange.read_in(by=request.member, data=data)
        except SpecRefused as refusal:
            for fault in refusal.errors:
                form.add_error("file", fault.sentence)
        except Refused as refusal:
            form.add_error("file", refusal.sentence)
        else:
            messages.success(request, f"{len(made)} style{'' if len(made) == 1 else 's'} imported.")
            return redirect("styles", request.org.slug)
    return _list(request, form)


def _list(request: OrgRequest, form: StylesFileForm) -> HttpResponse:
    context = {
        "versions": shelf.all_of(request.org),
        "retired": shelf.newest(request.org.styles.filter(retired_at__isnull=False)),
        "import_form": form,
    }
    return render(request, "studio/styles.html", context)


def _version(request: OrgRequest, code: UUID) -> StyleVersion:
    shelf.stock(request.org)
    return shelf.newest([get_object_or_404(request.org.styles.in_use(), code=code)])[0]


def _form(request: OrgRequest, version: StyleVersion | None) -> StyleForm:
    model = image_models.at(timezone.now(), org=request.org).default
    saying = Saying.of(version) if version else Saying(name="", prompt="")
    role = version.style.least_role if version else Role.MEMBER.value
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    return StyleForm(*posted, model=model, saying=saying, least_role=role)


def _save(request: OrgRequest, form: StyleForm, version: StyleVersion | None) -> StyleVersion | None:
    """Write what the form says. Return None if that is refused; the form then has the reasons."""
    ready = cast("Ready | UploadRefused | None", request.prepared)
    if isinstance(ready, UploadRefused):
        form.add_error("file", ready.sentence)
        ready = None
    may = version is None or edit_styles.may_change(version.style, request.member)
    if not may or not form.is_valid():
        if ready is not None:
            uploads.forget(ready)
        if version is not None:
            edit_styles.check_may_change(version.style, request.member)
        return None
    saying = form.said(uploads.keep(ready, by=request.user) if ready else None)
    role = Role(form.cleaned_data["least_role"])
    try:
        if version is None:
            return edit_styles.make(by=request.member, saying=saying, least_role=role)
        return edit_styles.change(style=version.style, by=request.member, saying=saying, least_role=role)
    except SpecRefused as refusal:
        for fault in refusal.errors:
            form.add_error(fault.field if fault.field in form.fields else None, fault.sentence)
    except Refused as refusal:
        form.add_error(None, refusal.sentence)
    return None
