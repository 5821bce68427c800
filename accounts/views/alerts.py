from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.limits import alerts
from accounts.models import Role
from saas.web import own_pages


@require_POST
@member_required(Role.VIEWER)
def put_alert_away(request: OrgRequest, code: UUID) -> HttpResponse:
    """Put the alert away, for this person alone. The next alert, if there is one, takes its place."""
    alert = get_object_or_404(alerts.concerning(request.member), code=code)
    alerts.put_away(alert=alert, by=request.member)
    if request.htmx:
        return render(request, "accounts/_alert.html", alerts.shown_to(request.member))
    return redirect(own_pages.back_to(request) or reverse("studio", args=[request.org.slug]))
