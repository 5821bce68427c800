from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import api_keys
from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.forms import ApiKeyForm
from accounts.models import Role


@member_required(Role.VIEWER)
def keys(request: OrgRequest) -> HttpResponse:
    return render(request, "accounts/keys.html", {"keys": api_keys.visible_to(request.member)})


@never_cache
@member_required(Role.VIEWER)
def new_key(request: OrgRequest) -> HttpResponse:
    """Make a key. The response to the POST is the only page that ever shows it; it is in no session and no message."""
    form = ApiKeyForm(request.POST or None, member=request.member)
    if request.method == "POST" and form.is_valid():
        try:
            key, token = api_keys.make(
                org=request.org,
                by=request.member,
                name=form.cleaned_data["name"],
                scopes=form.cleaned_data["scopes"],
                expires_at=form.expires_at,
                connection=form.cleaned_data.get("connection"),
            )
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            return render(request, "accounts/key_made.html", {"key": key, "token": token})
    return render(request, "accounts/new_key.html", {"form": form}, status=422 if form.errors else 200)


@require_POST
@member_required(Role.VIEWER)
def revoke_key(request: OrgRequest, code: UUID) -> HttpResponse:
    key = get_object_or_404(request.org.api_keys.select_related("org"), code=code)
    api_keys.revoke(key=key, by=request.member)
    messages.success(request, f"{key.name} was revoked and no longer works.")
    return redirect("keys", request.org.slug)
