"""Change who sees a run, and add and remove comments."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from studio.gallery import organize
from studio.models import Run, Visibility
from studio.runs import visibility
from studio.views.picture_actions import answer


@require_POST
@member_required(Role.MEMBER)
def show_run(request: OrgRequest, code: UUID) -> HttpResponse:
    """Show a run to the team, or only to its maker."""
    run = get_object_or_404(Run.objects.visible_to(request.member), code=code)

    def change() -> str:
        to = request.POST.get("visibility", "")
        if to not in Visibility.values:
            raise Refused("Choose who sees it.")
        links = visibility.change(by=request.member, run=run, to=Visibility(to))
        if to == Visibility.TEAM:
            return "The team sees it now"
        return f"Only you see it now.{f' It was removed from {_links(links)}.' if links else ''}"

    return answer(request, change)


@require_POST
@member_required(Role.MEMBER)
def comment_run(request: OrgRequest, code: UUID) -> HttpResponse:
    run = get_object_or_404(Run.objects.visible_to(request.member), code=code)

    def say() -> None:
        organize.comment(by=request.member, run=run, text=request.POST.get("text", ""))

    return answer(request, say)


@require_POST
@member_required(Role.MEMBER)
def remove_comment(request: OrgRequest, code: UUID) -> HttpResponse:
    visible = request.org.comments.filter(run__in=Run.objects.visible_to(request.member)).select_related("run")
    comment = get_object_or_404(visible, code=code)
    return answer(request, lambda: organize.uncomment(by=request.member, comment=comment))


def _links(count: int) -> str:
    return "a shared link" if count == 1 else f"{count:,} shared links"
