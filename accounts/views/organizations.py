from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, PersonRequest, member_required
from accounts.errors import Refused
from accounts.forms import DeleteOrganizationForm, OrganizationForm, RenameForm, TimeZoneForm
from accounts.models import Role
from accounts.people import founding_limits, organizations


def new_organization(request: PersonRequest) -> HttpResponse:
    try:
        founding_limits.check(request.user)
    except Refused as refusal:
        return _founding_refused(request, refusal)
    form = OrganizationForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            org = organizations.found(**form.cleaned_data, by=request.user)
        except organizations.SlugTaken as refusal:
            form.add_error("slug", refusal.sentence)
        except Refused as refusal:  # another tab did the same first
            return _founding_refused(request, refusal)
        else:
            messages.success(request, f"{org.name} is ready.")
            return redirect("studio", org.slug)
    return render(request, "accounts/new_organization.html", {"form": form}, status=422 if form.errors else 200)


def _founding_refused(request: PersonRequest, refusal: Refused) -> HttpResponse:
    return render(request, "accounts/founding_refused.html", {"sentence": refusal.sentence}, status=403)


@member_required(Role.ADMIN)
def settings(request: OrgRequest) -> HttpResponse:
    return _settings_page(request, rename_form=RenameForm(instance=request.org))


@require_POST
@member_required(Role.ADMIN)
def rename(request: OrgRequest) -> HttpResponse:
    form = RenameForm(request.POST)
    if not form.is_valid():
        return _settings_page(request, rename_form=form)
    organizations.rename(org=request.org, by=request.member, name=form.cleaned_data["name"])
    messages.success(request, "Renamed.")
    return redirect("settings", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def set_time_zone(request: OrgRequest) -> HttpResponse:
    form = TimeZoneForm(request.POST)
    if form.is_valid():
        organizations.set_time_zone(org=request.org, by=request.member, time_zone=form.cleaned_data["time_zone"])
        messages.success(request, "Time zone saved.")
    else:
        messages.error(request, "There is no such time zone.")
    return redirect("settings", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def second_factor(request: OrgRequest) -> HttpResponse:
    wish = request.POST.get("is_required")
    if wish not in {"0", "1"}:
        messages.error(request, "Nothing was chosen.")  # a form without its field must not switch this off
        return redirect("settings", request.org.slug)
    is_required = wish == "1"
    organizations.require_second_factor(org=request.org, by=request.member, is_required=is_required)
    messages.success(
        request, "Everybody now needs a second factor." if is_required else "The second factor is now optional."
    )
    return redirect("settings", request.org.slug)


@require_POST
@member_required(Role.OWNER)
def delete_organization(request: OrgRequest) -> HttpResponse:
    form = DeleteOrganizationForm(request.POST, slug=request.org.slug)
    if not form.is_valid():
        return _settings_page(request, rename_form=RenameForm(instance=request.org), delete_form=form)
    organizations.delete(org=request.org, by=request.member)
    messages.success(request, f"{request.org.name} was deleted.")
    return redirect("home")


def second_factor_needed(request: PersonRequest, slug: str) -> HttpResponse:
    """Ask for a second factor. The page says nothing of the organization: any guessed address shows the same page."""
    return render(request, "accounts/second_factor_needed.html", {"slug": slug}, status=403)


def _settings_page(
    request: OrgRequest, *, rename_form: RenameForm, delete_form: DeleteOrganizationForm | None = None
) -> HttpResponse:
    context = {
        "rename_form": rename_form,
        "time_zone_form": TimeZoneForm(initial={"time_zone": request.org.time_zone}),
        "delete_form": delete_form or DeleteOrganizationForm(slug=request.org.slug),
        "other_members": request.org.memberships.exclude(pk=request.member.pk).select_related("user"),
    }
    is_refused = rename_form.errors or (delete_form and delete_form.errors)
    return render(request, "accounts/settings.html", context, status=422 if is_refused else 200)
