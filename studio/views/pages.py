from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrgRequest, member_required
from accounts.models import Role


@member_required(Role.VIEWER)
def studio(request: OrgRequest) -> HttpResponse:
    """Until the first picture can be made: the way there."""
    org = request.org
    connections = list(org.connections.order_by("-is_default", "name"))
    context = {
        "default_connection": next((one for one in connections if one.is_default), None),
        "has_own_connection": any(one.kind != "sandbox" for one in connections),
    }
    return render(request, "studio/studio.html", context)
