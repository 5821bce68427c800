from http import HTTPStatus
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.models import Role
from studio.prompt import presets
from studio.prompt.prompt_form import PromptForm


@require_POST
@member_required(Role.MEMBER)
def save_preset(request: OrgRequest) -> HttpResponse:
    """Save the bar's settings under the name `preset_name`."""
    refusal = ""
    try:
        presets.make(
            by=request.member,
            name=request.POST.get("preset_name", ""),
            values=PromptForm.posted(request.POST),
            is_shared="preset_shared" in request.POST,
            with_prompt="preset_prompt" in request.POST,
        )
    except NotAllowed:
        raise
    except Refused as refused:
        refusal = refused.sentence
    return _answer(request, refusal)


@require_POST
@member_required(Role.MEMBER)
def remove_preset(request: OrgRequest, code: UUID) -> HttpResponse:
    preset = get_object_or_404(presets.visible_to(request.member), code=code)
    presets.remove(preset=preset, by=request.member)
    return _answer(request)


def _answer(request: OrgRequest, refusal: str = "") -> HttpResponse:
    if request.htmx:
        found = {"presets": list(presets.visible_to(request.member)), "refusal": refusal}
        status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
        return render(request, "studio/_presets.html", found, status=status)
    if refusal:
        messages.error(request, refusal)
    return redirect("studio", request.org.slug)
