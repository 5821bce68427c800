"""Let a member whom a limit refused ask for more, and let an admin answer."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.limits import requests
from accounts.models import Role
from studio.prompt import ask_for_more as prompt_ask_for_more


class AskForm(forms.Form):
    reason = forms.CharField(
        max_length=400,
        required=False,
        label="What is it for?",
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "The poster for Monday’s fair"}),  # noqa: RUF001
    )


@member_required(Role.MEMBER)
def ask_for_more(request: OrgRequest) -> HttpResponse:
    found = prompt_ask_for_more.remembered(request.member)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            prompt_ask_for_more.ask(by=request.member, reason=form.cleaned_data["reason"])
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, "Request sent. Your run starts automatically once it is approved.")
            return redirect("studio", request.org.slug)
    refused, values = found or (None, None)
    context = {"form": form, "refused": refused, "values": values}
    return render(request, "studio/ask.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def answer_ask(request: OrgRequest, code: UUID) -> HttpResponse:
    ask = get_object_or_404(request.org.asks.select_related("org", "user"), code=code)
    answer, name = request.POST.get("answer"), ask.user.display_name
    try:
        if answer in {"once", "lasting"}:
            run = prompt_ask_for_more.grant(ask=ask, by=request.member, is_lasting=answer == "lasting")
            started = "the run has started" if run else "something else is in its way, so the run has not started"
            messages.success(request, f"Granted to {name}: {started}.")
        elif answer == "decline":
            requests.decline(ask=ask, by=request.member)
            messages.success(request, f"Declined. {name} is notified.")
        else:
            messages.error(request, "Nothing was chosen.")
    except NotAllowed:
        raise
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("limits", request.org.slug)
