"""The photobooth: take a photo, choose up to four styles, and watch one picture in each of them develop."""

import hashlib
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from saas.text.codes import code_or_none
from saas.web.devices import with_camera
from studio.catalogue import image_models
from studio.catalogue.fields import Fault, SpecRefused
from studio.imaging.inspection import UploadRefused
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import Input, Run, Visibility
from studio.prompt import bar, booth_set
from studio.prompt.bar import Bar
from studio.runs import cards, submit_run
from studio.runs import retry_slot as retries
from studio.runs.plan import Plan
from studio.styles import shelf
from studio.views.pages import bar_of

KEY_CHARACTERS = 32
CHOSEN_FIRST = 2  # styles
NO_PHOTO = Fault("reference", "missing", "Take a photo first, or choose one.")
NO_STYLE = Fault("styles", "missing", "Choose one to four styles.")


@with_camera
@require_safe
@member_required(Role.VIEWER)
def booth(request: OrgRequest) -> HttpResponse:
    """Draw the booth. `style=<code>` chooses a style."""
    return _page(request, _fresh(request))


@require_safe
@member_required(Role.MEMBER)
def booth_price(request: OrgRequest) -> HttpResponse:
    """Draw the button with its price, and why it cannot be pressed, for what is chosen now."""
    return render(request, "studio/booth/_develop.html", {"bar": _chosen(request, _photo(request))})


def _read_photo(request: OrgRequest) -> Ready | UploadRefused | None:
    """Read the photo that is posted with the form, as happens without JavaScript."""
    file = request.FILES.get("file")
    if file is None:
        return None
    try:
        return uploads.store_picture(org=request.org, name=file.name or "", data=file.read())
    except UploadRefused as refusal:
        return refusal


@with_camera
@require_POST
@member_required(Role.MEMBER, before=_read_photo)
def make_set(request: OrgRequest) -> HttpResponse:
    """Make one picture of the photo in each of the chosen styles, as one run."""
    read = cast("Ready | UploadRefused | None", request.prepared)
    if isinstance(read, UploadRefused):
        return _refused(request, _chosen(request, None), Fault("reference", read.code, read.sentence))
    photo = uploads.keep(read, by=request.user) if read else _photo(request)
    made = _chosen(request, photo)
    if photo is None or made.verdict.plan is None:
        return _refused(request, made)
    try:
        run = _submit(request, made, photo, made.verdict.plan)
    except NotAllowed:
        raise
    except SpecRefused as refusal:  # the connection has changed meanwhile
        return _refused(request, made, *refusal.errors)
    except Refused as refusal:
        return _refused(request, made, Fault("", "refused", refusal.sentence))
    if not request.htmx:
        return redirect("photo_set", request.org.slug, run.code)
    answer = render(request, "studio/booth/_set.html", {"run": _set(request, run.code)}, status=HTTPStatus.CREATED)
    answer["X-Request-Key"] = bar.new_key()
    return answer


@vary_on_headers("HX-Request")
@with_camera
@require_safe
@member_required(Role.VIEWER)
def photo_set(request: OrgRequest, code: UUID) -> HttpResponse:
    """Draw a set in the booth, or only its card, which an open page fetches again when the set changes."""
    run = _set(request, code)
    if request.htmx:
        return render(request, "studio/booth/_set.html", {"run": run})
    return _page(request, _fresh(request), run=run)


@require_POST
@member_required(Role.MEMBER)
def retry_set(request: OrgRequest, code: UUID) -> HttpResponse:
    """Try the pictures of a set again that ended without one. The first that is refused says why for all."""
    run = _set(request, code)
    try:
        for slot in run.slots.select_related("run__connection").order_by("index"):
            if slot.has_failed:
                retries.retry(slot=slot, by=request.member)
    except NotAllowed:
        raise
    except Refused as refusal:
        if request.htmx:
            said = {"error": {"code": "refused", "message": refusal.sentence}}
            return JsonResponse(said, status=HTTPStatus.CONFLICT)
        messages.error(request, refusal.sentence)
    return HttpResponse(status=204) if request.htmx else redirect("photo_set", request.org.slug, code)


def _photo(request: OrgRequest) -> Input | None:
    given = request.POST if request.method == "POST" else request.GET
    code = code_or_none(given.get("reference", ""))
    return uploads.visible_to(request.member).filter(code=code, is_mask=False).first() if code else None


def _fresh(request: OrgRequest) -> Bar:
    """Return the booth before anything was done in it: the first styles are chosen, if the address names none."""
    given = request.GET.copy()
    if "style" not in given:
        offered = shelf.usable_by(request.member)
        given.setlist("style", [str(version.style.code) for version in offered[:CHOSEN_FIRST]])
    return _judged(request, given, None)


def _chosen(request: OrgRequest, photo: Input | None) -> Bar:
    return _judged(request, request.POST if request.method == "POST" else request.GET, photo)


def _judged(request: OrgRequest, given: QueryDict, photo: Input | None) -> Bar:
    """Judge what is chosen: the styles and settings of the form, with this photo."""
    models = image_models.at(timezone.now())
    made = bar_of(request, booth_set.values_of(given, photo=photo, model=models.default))
    missing = [*([] if photo else [NO_PHOTO]), *([] if made.values.style else [NO_STYLE])]
    found = [fault for fault in made.verdict.faults if made.values.style or fault.field != "prompt"]
    made.verdict.faults[:] = [*missing, *found]
    return made


def _submit(request: OrgRequest, made: Bar, photo: Input, plan: Plan) -> Run:
    digest = hashlib.sha256(f"{photo.sha256} {plan.spec.to_json()} {made.values.visibility}".encode()).hexdigest()
    key = request.POST.get("request_key", "")[:KEY_CHARACTERS]
    return submit_run.submit(
        by=request.member,
        plan=plan,
        visibility=Visibility.PRIVATE if made.values.visibility == Visibility.PRIVATE else Visibility.TEAM,
        project=made.values.project,
        request_key=f"{key}{digest[:16]}" if key else "",
        request_hash=digest,
    )


def _set(request: OrgRequest, code: UUID) -> Run:
    made_in_styles = Run.objects.visible_to(request.member).filter(asked__has_key="styles")
    return get_object_or_404(cards.prefetch(made_in_styles), code=code)


def _refused(request: OrgRequest, made: Bar, *faults: Fault) -> HttpResponse:
    made.verdict.faults[:] = [*faults, *(each for each in made.verdict.faults if each.field not in _fields(faults))]
    if request.htmx:
        context = {"bar": made, "shows_faults": True}
        return render(request, "studio/booth/_develop.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _page(request, made, status=HTTPStatus.UNPROCESSABLE_ENTITY)


def _fields(faults: tuple[Fault, ...]) -> set[str]:
    return {fault.field for fault in faults}


def _page(request: OrgRequest, made: Bar, *, run: Run | None = None, status: int = HTTPStatus.OK) -> HttpResponse:
    context: dict[str, Any] = {
        "bar": made,
        "run": run,
        "photo": next(iter(made.verdict.pictures.references), None),
        "shows_faults": status != HTTPStatus.OK,
    }
    return render(request, "studio/booth/page.html", context, status=status)
