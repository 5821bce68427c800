from allauth.account.adapter import get_adapter
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts.access import PersonRequest
from accounts.errors import NotAllowed
from accounts.people import invitations


@login_not_required
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Show the invitation. The link proves that its reader has the invited mailbox, so signing up with that address
    needs no second proof."""
    try:
        found = invitations.find(token)
    except invitations.InvitationEnded as refusal:
        invitations.forget(request.session)
        return render(request, "accounts/invitation_ended.html", {"sentence": refusal.sentence}, status=410)
    context = {"invitation": found, "token": token, "is_for_me": False}
    if request.user.is_authenticated:
        context["is_for_me"] = invitations.is_for(found, request.user)
        if not context["is_for_me"]:
            invitations.forget(request.session)  # shown once, so that home leads to the person's own pages again
    else:
        invitations.remember(request.session, token)
        get_adapter().stash_verified_email(request, found.email)
    return render(request, "accounts/invitation.html", context)


@require_POST
@never_cache
def accept_invitation(request: PersonRequest, token: str) -> HttpResponse:
    try:
        member = invitations.accept(invitation=invitations.find(token), user=request.user)
    except invitations.InvitationEnded as refusal:
        invitations.forget(request.session)
        return render(request, "accounts/invitation_ended.html", {"sentence": refusal.sentence}, status=410)
    except NotAllowed as refusal:
        messages.error(request, refusal.sentence)
        return redirect("invitation", token)
    invitations.forget(request.session)
    messages.success(request, f"Welcome to {member.org.name}.")
    return redirect("studio", member.org.slug)
