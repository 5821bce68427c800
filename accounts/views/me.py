from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest, memberships_of
from accounts.forms import LookForm, ProfileForm
from saas.database import tenancy
from saas.web import own_pages


def me(request: PersonRequest) -> HttpResponse:
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        request.user.save(update_fields=["name"])
        messages.success(request, "Saved.")
        return redirect("me")
    with tenancy.person(request.user.pk):
        memberships = memberships_of(request.user)
    context = {"form": form, "memberships": memberships}
    return render(request, "accounts/me.html", context, status=422 if form.errors else 200)


@login_not_required
@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """Save the chosen look with the person, or in the session if not signed in."""
    form = LookForm(request.POST)
    if form.is_valid():
        chosen = form.cleaned_data["look"]
        if request.user.is_authenticated:
            request.user.look = chosen
            request.user.save(update_fields=["look"])
        else:
            request.session["look"] = chosen
    return redirect(own_pages.back_to(request) or "home")
