from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import standings
from accounts.access import OrgRequest, member_required
from accounts.models import Role


@require_safe
@member_required(Role.VIEWER)
def purse(request: OrgRequest) -> HttpResponse:
    """The piece of the top bar, asked for again when money moved."""
    return render(request, "billing/_purse.html", {"purse": standings.purse(request.org, request.member)})
