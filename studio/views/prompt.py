from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio.catalogue import image_models
from studio.models import Run
from studio.prompt import bar, drafts
from studio.prompt.prompt_form import PromptForm, fitted
from studio.views.pages import bar_of

LOOKED_BACK = 300
MOST_REMEMBERED = 60


@require_POST
@member_required(Role.MEMBER)
def draft(request: OrgRequest) -> HttpResponse:
    """Save the prompt bar as a draft, and return whether it could run and at what price. If the model was changed since
    the bar was drawn, return the chips of the new model. What was `sent` is a run already: it is priced, as it may be
    sent again, but not saved."""
    values = PromptForm.posted(request.POST)
    model = bar.model_of(values, image_models.at(timezone.now(), org=request.org))
    is_same_model = request.POST.get("drawn_for", model.name) == model.name
    if not is_same_model:
        values = fitted(values, model)
    if "sent" not in request.POST:
        drafts.save_draft(by=request.member, values=values)
    template = "studio/_verdict.html" if is_same_model else "studio/_chips.html"
    return render(request, template, {"bar": bar_of(request, values)})


@require_GET
@member_required(Role.MEMBER)
def memory(request: OrgRequest) -> JsonResponse:
    """Return the member's last prompts, newest first, and the project names of recent runs, by name."""
    recent = Run.objects.visible_to(request.member).order_by("-id")
    own = recent.filter(maker=request.user).values_list("prompt", flat=True)[:LOOKED_BACK]
    projects = recent.exclude(project="").values_list("project", flat=True)[:LOOKED_BACK]
    return JsonResponse(
        {
            "prompts": list(dict.fromkeys(own))[:MOST_REMEMBERED],
            "projects": sorted(set(projects), key=str.casefold)[:MOST_REMEMBERED],
        },
        headers={"Cache-Control": "private, no-store"},
    )
