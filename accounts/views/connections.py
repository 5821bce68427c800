from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from accounts import tasks
from accounts.access import OrgRequest, member_required
from accounts.connections import circuit, registry
from accounts.connections.probe import TestedJustNow
from accounts.connections.registry import BadConnection
from accounts.errors import Refused
from accounts.forms import ConnectionForm
from accounts.models import ProviderConnection, Role


@member_required(Role.ADMIN)
def connection_list(request: OrgRequest) -> HttpResponse:
    found = list(request.org.connections.order_by("-is_default", "name"))
    outages = circuit.find_all(found)
    rows = [(connection, outages.get(connection.pk), circuit.has_standby(connection)) for connection in found]
    return render(request, "accounts/connections.html", {"rows": rows})


@sensitive_post_parameters("key")
@member_required(Role.ADMIN)
def new_connection(request: OrgRequest) -> HttpResponse:
    form = ConnectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = registry.add(org=request.org, by=request.member, **form.values())
        except BadConnection as refusal:
            form.add_error(refusal.field, refusal.sentence)
        else:
            messages.success(request, _added(request, made))
            return redirect("connections", request.org.slug)
    return _form_page(request, {"form": form})


@sensitive_post_parameters("key")
@member_required(Role.ADMIN)
def connection(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _connection_or_404(request, code)
    form = ConnectionForm(request.POST or None, connection=found)
    if request.method == "POST" and form.is_valid():
        try:
            registry.change(connection=found, by=request.member, **form.values())
        except BadConnection as refusal:
            form.add_error(refusal.field, refusal.sentence)
        else:
            messages.success(request, "Saved.")
            return redirect("connections", request.org.slug)
    return _form_page(request, {"form": form, "connection": found})


@require_POST
@member_required(Role.ADMIN)
def make_default_connection(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _connection_or_404(request, code)
    registry.make_default(connection=found, by=request.member)
    messages.success(request, f"New pictures now come from {found.name}.")
    return redirect("studio" if request.POST.get("back") == "studio" else "connections", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def remove_connection(request: OrgRequest, code: UUID) -> HttpResponse:
    found = _connection_or_404(request, code)
    try:
        registry.remove(connection=found, by=request.member)
        messages.success(request, f"{found.name} and its key were removed.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("connections", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def test_connection(request: OrgRequest, code: UUID) -> HttpResponse:
    """Let a worker test the connection; the page fetches the row again until the result is there."""
    found = _connection_or_404(request, code)
    try:
        tasks.request_test(connection=found, by=request.member)
    except TestedJustNow:
        pass  # a second click waits for the first
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    if request.htmx:
        return render(request, "accounts/_connection_health.html", {"connection": found})
    return redirect("connections", request.org.slug)


@member_required(Role.ADMIN)
def connection_health(request: OrgRequest, code: UUID) -> HttpResponse:
    """Draw how a test goes. If it made the connection the default, let the page draw all of them again."""
    found = _connection_or_404(request, code)
    response = render(request, "accounts/_connection_health.html", {"connection": found})
    if found.is_default and "default" not in request.GET:
        response["HX-Refresh"] = "true"
    return response


def _added(request: OrgRequest, made: ProviderConnection) -> str:
    """Do with a new connection what the pressed button says. Return the sentence for the person."""
    if request.POST.get("then") != "use":
        return f"{made.name} was added."
    if not made.traits.has_model_list:
        registry.make_default(connection=made, by=request.member)
        return f"New pictures now come from {made.name}."
    tasks.request_test_and_use(connection=made, by=request.member)
    return f"{made.name} was added. Pictures come from it as soon as it passes its test."


def _connection_or_404(request: OrgRequest, code: UUID) -> ProviderConnection:
    return get_object_or_404(request.org.connections.select_related("org"), code=code)


def _form_page(request: OrgRequest, context: dict[str, Any]) -> HttpResponse:
    return render(request, "accounts/connection.html", context, status=422 if context["form"].errors else 200)
