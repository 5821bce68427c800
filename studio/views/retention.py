from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from saas.web.forms import Switch
from studio.files import inventory
from studio.gallery import bin as bins
from studio.gallery import retention
from studio.gallery.retention import MOST_DAYS
from studio.models import Retention


class RetentionForm(forms.Form):
    is_on = forms.BooleanField(label="Move old pictures to the bin automatically", required=False, widget=Switch)
    days = forms.IntegerField(label="Older than, in days", min_value=1, max_value=MOST_DAYS)
    spares_starred = forms.BooleanField(label="Keep starred pictures", required=False)
    spares_tagged = forms.BooleanField(label="Keep tagged pictures", required=False)
    spares_collected = forms.BooleanField(label="Keep pictures in collections", required=False)
    forgets_prompts = forms.BooleanField(
        label="Delete a run’s prompt with its last picture",  # noqa: RUF001 an apostrophe
        required=False,
        help_text="Also when the pictures were moved to the bin by hand.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_required(Role.ADMIN)
def retention_page(request: OrgRequest) -> HttpResponse:
    """Show, preview and save the retention rule. Preview and save are two buttons of one form, so that an admin can see
    the effect before saving."""
    rule = retention.rule_of(request.org)
    asked = request.method == "POST"
    form = RetentionForm(
        request.POST if asked else None, initial={name: getattr(rule, name) for name in RetentionForm.base_fields}
    )
    if asked and form.is_valid() and "preview" not in request.POST:
        retention.decide(by=request.member, **form.cleaned_data)
        messages.success(request, "Rule saved.")
        return redirect("retention", request.org.slug)
    tried = Retention(org=request.org, **form.cleaned_data) if asked and form.is_valid() else rule
    used = inventory.used_bytes(request.org)
    context: dict[str, Any] = {
        "form": form,
        "rule": rule,
        "tried": tried,
        "preview": retention.preview(tried),
        "is_preview": asked,
        "used": used,
        "used_bytes": sum(used.values()),
        "in_bin": request.org.outputs.filter(binned_at__isnull=False, purged_at=None).count(),
        "days": bins.DAYS,
    }
    return render(request, "studio/retention.html", context, status=422 if form.errors else 200)


@require_POST
@member_required(Role.ADMIN)
def hold(request: OrgRequest) -> HttpResponse:
    try:
        retention.place_legal_hold(by=request.member, reason=request.POST.get("reason", ""))
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    else:
        messages.success(request, "Nothing is deleted until you end the hold.")
    return redirect("retention", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def release_hold(request: OrgRequest) -> HttpResponse:
    retention.lift_legal_hold(by=request.member)
    messages.success(request, "The hold has ended.")
    return redirect("retention", request.org.slug)
