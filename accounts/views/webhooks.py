from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from django.views.decorators.vary import vary_on_headers

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.forms import WebhookForm
from accounts.models import Role, Webhook
from accounts.webhooks import endpoints
from saas.web.pagination import cursor_page

PAGE_SIZE = 25


@member_required(Role.ADMIN)
def webhook_list(request: OrgRequest) -> HttpResponse:
    hooks = list(request.org.webhooks.order_by("pk"))
    rows = [(hook, hook.deliveries.order_by("-pk").first()) for hook in hooks]
    return render(request, "accounts/webhooks.html", {"rows": rows})


@never_cache
@member_required(Role.ADMIN)
def new_webhook(request: OrgRequest) -> HttpResponse:
    """Add a webhook. The response to the POST is the only page that ever shows the secret."""
    form = WebhookForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            hook, secret = endpoints.add(by=request.member, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("url", refusal.sentence)
        else:
            return render(request, "accounts/webhook_made.html", {"hook": hook, "secret": secret})
    return render(request, "accounts/webhook_form.html", {"form": form}, status=422 if form.errors else 200)


@vary_on_headers("HX-Request")
@member_required(Role.ADMIN)
def webhook(request: OrgRequest, code: UUID) -> HttpResponse:
    """Show a webhook with its messages, which are fetched again as long as one of them is under way."""
    hook = _webhook_or_404(request, code)
    page = cursor_page(hook.deliveries.all(), before=request.GET.get("before", ""), size=PAGE_SIZE)
    is_moving = page.is_first and any(one.is_under_way for one in page.items)
    context = {"hook": hook, "page": page, "is_moving": is_moving}
    name = "accounts/_deliveries.html" if request.htmx else "accounts/webhook.html"
    return render(request, name, context)


@member_required(Role.ADMIN)
def change_webhook(request: OrgRequest, code: UUID) -> HttpResponse:
    hook = _webhook_or_404(request, code)
    form = WebhookForm(request.POST) if request.method == "POST" else WebhookForm.for_webhook(hook)
    if form.is_bound and form.is_valid():
        try:
            endpoints.change(hook=hook, by=request.member, **form.cleaned_data)
        except Refused as refusal:
            form.add_error("url", refusal.sentence)
        else:
            messages.success(request, "Saved.")
            return redirect("webhook", request.org.slug, hook.code)
    context = {"form": form, "hook": hook}
    return render(request, "accounts/webhook_form.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def test_webhook(request: OrgRequest, code: UUID) -> HttpResponse:
    hook = _webhook_or_404(request, code)
    try:
        endpoints.test(hook=hook, by=request.member)
        messages.success(request, "A test message is on its way.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("webhook", request.org.slug, hook.code)


@require_POST
@member_required(Role.ADMIN)
def switch_webhook_on(request: OrgRequest, code: UUID) -> HttpResponse:
    hook = _webhook_or_404(request, code)
    endpoints.switch_on(hook=hook, by=request.member)
    messages.success(request, "Webhook switched on. Send a test to check it.")
    return redirect("webhook", request.org.slug, hook.code)


@require_POST
@member_required(Role.ADMIN)
def switch_webhook_off(request: OrgRequest, code: UUID) -> HttpResponse:
    hook = _webhook_or_404(request, code)
    endpoints.switch_off(hook=hook, by=request.member)
    messages.success(request, "Webhook switched off. It gets no more messages.")
    return redirect("webhook", request.org.slug, hook.code)


@require_POST
@member_required(Role.ADMIN)
def remove_webhook(request: OrgRequest, code: UUID) -> HttpResponse:
    endpoints.remove(hook=_webhook_or_404(request, code), by=request.member)
    messages.success(request, "The webhook and its messages were removed.")
    return redirect("webhooks", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def replay_delivery(request: OrgRequest, code: UUID) -> HttpResponse:
    delivery = get_object_or_404(request.org.deliveries.select_related("webhook"), code=code)
    try:
        endpoints.replay(delivery=delivery, by=request.member)
        messages.success(request, "The message is being sent again, with the same ID.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("webhook", request.org.slug, delivery.webhook.code)


def _webhook_or_404(request: OrgRequest, code: UUID) -> Webhook:
    return get_object_or_404(request.org.webhooks, code=code)
