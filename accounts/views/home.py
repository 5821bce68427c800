from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from accounts.access import memberships_of
from accounts.people import invitations
from saas.database import tenancy


@login_not_required
def home(request: HttpRequest) -> HttpResponse:
    """Show the landing page to strangers. Send a person to a pending invitation, or to the organization that they used
    last."""
    if not request.user.is_authenticated:
        return render(request, "landing.html")
    pending = invitations.remembered(request.session)
    if pending:
        return redirect("invitation", pending)
    with tenancy.person(request.user.pk):
        orgs = [member.org for member in memberships_of(request.user)]
    slugs = [org.slug for org in orgs if not org.is_suspended] or [org.slug for org in orgs]
    if not slugs:
        return redirect("new_organization")
    last = request.session.get("org")
    return redirect("studio", last if last in slugs else slugs[0])
