"""Let members improve a prompt with a text model, and let admins choose the connection and model for it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import NotAllowed, Refused
from accounts.forms import plain_key
from accounts.models import Organization, ProviderConnection, Role
from saas.web.forms import Switch
from studio.models import Rewrite, Rewriter
from studio.money import costs
from studio.prompt import rewrite


class RewriterForm(forms.Form):
    is_on = forms.BooleanField(label="Offer to improve prompts", required=False, widget=Switch)
    connection: "forms.ModelChoiceField[ProviderConnection]" = forms.ModelChoiceField(
        None, required=False, empty_label="The default connection", label="Connection"
    )
    model = forms.CharField(
        max_length=80,
        required=False,
        label="Text model",
        validators=[plain_key],
        help_text="Leave empty to use the connection’s own. The model must have a price.",  # noqa: RUF001
    )

    def __init__(self, *args: Any, org: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["connection"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 narrows the type
        field.queryset = org.connections.filter(can_respond=True).order_by("name")


@require_POST
@member_required(Role.MEMBER)
def improve_prompt(request: OrgRequest) -> HttpResponse:
    """Ask for a better prompt. The returned piece of page polls until a worker has the suggestion."""
    try:
        asked = rewrite.ask(by=request.member, prompt=request.POST.get("prompt", ""))
    except NotAllowed:
        raise
    except Refused as refusal:
        context = {"refusal": refusal.sentence}
        return render(request, "studio/_improvement.html", context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    return _piece(request, asked)


@require_safe
@member_required(Role.MEMBER)
def improved_prompt(request: OrgRequest, code: UUID) -> HttpResponse:
    return _piece(request, get_object_or_404(rewrite.visible_to(request.member), code=code))


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(Role.ADMIN)
def rewriter_page(request: OrgRequest) -> HttpResponse:
    chosen = Rewriter.objects.filter(org=request.org).first() or Rewriter(org=request.org)
    initial = {"is_on": chosen.is_on, "connection": chosen.connection_id, "model": chosen.model}
    form = RewriterForm(request.POST if request.method == "POST" else None, org=request.org, initial=initial)
    if form.is_bound and form.is_valid():
        try:
            rewrite.decide(by=request.member, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("connection", refusal.sentence)
        else:
            messages.success(request, "Saved.")
            return redirect("rewriter", request.org.slug)
    context = {"form": form, "now": _now(request.org)}
    return render(request, "studio/rewriter.html", context, status=422 if form.errors else 200)


def _now(org: Organization) -> dict[str, str]:
    """Return the connection and model that would be used now and a price estimate, or why none can be used."""
    try:
        helper = rewrite.helper_of(org)
        most = rewrite.estimate(helper, "x" * 400)
    except Refused as refusal:
        return {"refusal": refusal.sentence}
    return {"connection": helper.connection.name, "model": helper.model, "price": str(most)}


def _piece(request: OrgRequest, asked: Rewrite) -> HttpResponse:
    context = {"asked": asked, "cost": costs.of_run(request.org, asked.code) if asked.ended_at else ""}
    answer = render(request, "studio/_improvement.html", context)
    answer["Cache-Control"] = "private, no-store"
    return answer
