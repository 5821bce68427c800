from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import LastOwner, Refused
from accounts.forms import InviteForm, RoleForm
from accounts.models import Membership, Role
from accounts.people import invitations, members


@member_required(Role.VIEWER)
def team(request: OrgRequest) -> HttpResponse:
    return _team_page(request, InviteForm())


@require_POST
@member_required(Role.ADMIN)
def invite(request: OrgRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    if form.is_valid():
        try:
            invitation = invitations.invite(org=request.org, by=request.member, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("email", refusal.sentence)
        else:
            messages.success(request, f"An invitation is on its way to {invitation.email}.")
            return redirect("team", request.org.slug)
    return _team_page(request, form)


@require_POST
@member_required(Role.ADMIN)
def send_invitation_again(request: OrgRequest, code: UUID) -> HttpResponse:
    invitation = get_object_or_404(request.org.invitations.open().select_related("org"), code=code)
    try:
        invitations.send_again(invitation=invitation, by=request.member)
        messages.success(request, f"A new link is on its way to {invitation.email}; the old one stopped working.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("team", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def revoke_invitation(request: OrgRequest, code: UUID) -> HttpResponse:
    invitation = get_object_or_404(request.org.invitations.open().select_related("org"), code=code)
    invitations.revoke(invitation=invitation, by=request.member)
    messages.success(request, f"The invitation for {invitation.email} was revoked.")
    return redirect("team", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def change_role(request: OrgRequest, code: UUID) -> HttpResponse:
    member = _member_or_404(request, code)
    form = RoleForm(request.POST)
    if not form.is_valid():
        messages.error(request, "There is no such role.")
        return redirect("team", request.org.slug)
    try:
        members.change_role(member=member, by=request.member, role=form.cleaned_data["role"])
        messages.success(
            request, f"{member.user.display_name} now has the role {form.cleaned_data['role'].label.lower()}."
        )
    except LastOwner as refusal:
        messages.error(request, refusal.sentence)
    return redirect("team", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def remove_member(request: OrgRequest, code: UUID) -> HttpResponse:
    member = _member_or_404(request, code)
    try:
        members.remove(member=member, by=request.member)
        messages.success(request, f"{member.user.display_name} is no longer a member. Their pictures stay.")
    except LastOwner as refusal:
        messages.error(request, refusal.sentence)
    return redirect("team", request.org.slug)


@require_POST
@member_required(Role.VIEWER)
def leave(request: OrgRequest) -> HttpResponse:
    try:
        members.leave(member=request.member)
    except LastOwner as refusal:
        messages.error(request, refusal.sentence)
        return redirect("team", request.org.slug)
    messages.success(request, f"You left {request.org.name}.")
    return redirect("home")


@require_POST
@member_required(Role.OWNER)
def transfer(request: OrgRequest, code: UUID) -> HttpResponse:
    member = _member_or_404(request, code)
    members.transfer(by=request.member, to=member)
    messages.success(request, f"{member.user.display_name} now owns {request.org.name}. You are an admin.")
    return redirect("team", request.org.slug)


def _member_or_404(request: OrgRequest, code: UUID) -> Membership:
    return get_object_or_404(request.org.memberships.select_related("user", "org"), code=code)


def _team_page(request: OrgRequest, form: InviteForm) -> HttpResponse:
    people = list(request.org.memberships.select_related("user").order_by("user__name", "user__email"))
    people.sort(key=lambda member: -member.rank)
    for member in people:
        member.choices = [  # type: ignore[attr-defined]  # for the template
            role for role in Role if members.may_change(request.member, member, role)
        ]
        member.is_removable = members.may_remove(request.member, member)  # type: ignore[attr-defined]
    context = {
        "people": people,
        "invite_form": form,
        "invitations": request.org.invitations.open().order_by("-created_at") if request.member.is_admin else [],
    }
    return render(request, "accounts/team.html", context, status=422 if form.errors else 200)
