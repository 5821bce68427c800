from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.access import OrgRequest, member_required
from accounts.limits import overview
from accounts.models import Role


@require_safe
@member_required(Role.VIEWER)
def purse(request: OrgRequest) -> HttpResponse:
    """Draw the purse in the top bar, which the page fetches again when money has moved."""
    return render(request, "billing/_purse.html", {"purse": overview.purse(request.org, request.member)})
