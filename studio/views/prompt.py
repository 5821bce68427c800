from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from studio import bar, catalogue, drafts, runs
from studio.prompting import Values, fitted
from studio.views.pages import bar_of

LOOKED_BACK = 300
MOST_REMEMBERED = 60


@require_POST
@member_required(Role.MEMBER)
def draft(request: OrgRequest) -> HttpResponse:
    """Keeps what is typed, and answers whether it could run and at what price. Where the model has changed since the
    bar was drawn, the answer is the chips of the new one."""
    values = Values.posted(request.POST)
    model = bar.model_of(values, catalogue.at(timezone.now()))
    if request.POST.get("drawn_for", model.name) == model.name:
        drafts.keep(by=request.member, values=values)
        return render(request, "studio/_verdict.html", {"bar": bar_of(request, values)})
    values = fitted(values, model)
    drafts.keep(by=request.member, values=values)
    return render(request, "studio/_chips.html", {"bar": bar_of(request, values)})


@require_GET
@member_required(Role.MEMBER)
def memory(request: OrgRequest) -> JsonResponse:
    """What this person wrote last, newest first, and what the organization works on."""
    recent = runs.visible_to(request.member).order_by("-id")
    own = recent.filter(maker=request.user).values_list("prompt", flat=True)[:LOOKED_BACK]
    projects = recent.exclude(project="").values_list("project", flat=True)[:LOOKED_BACK]
    return JsonResponse(
        {
            "prompts": list(dict.fromkeys(own))[:MOST_REMEMBERED],
            "projects": sorted(set(projects), key=str.casefold)[:MOST_REMEMBERED],
        },
        headers={"Cache-Control": "private, no-store"},
    )
