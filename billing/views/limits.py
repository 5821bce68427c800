"""Show who may spend how much and who has, and change limits."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.limits import overview, rules, spreadsheet, thresholds
from accounts.models import AskState, HoldState, Membership, Quota, Role, Subject
from accounts.models.limit_requests import Ask
from billing import charging
from billing.forms import LimitsForm, ManyForm, ResolveForm, SheetForm, ThresholdForm, WhatIfForm
from saas.text.codes import code_or_none

PAGE_SIZE = 100
MOST_ASKS = 50
MOST_UNCERTAIN = 5  # those that an admin may resolve first, then the oldest; each answer makes room for the next
TABS = (("members", "Members"), ("roles", "Roles"), ("keys", "API keys"))


@require_safe
@member_required(Role.ADMIN)
def limits_page(request: OrgRequest) -> HttpResponse:
    return _page(request, ManyForm(), SheetForm())


@member_required(Role.ADMIN)
def change_limits(request: OrgRequest, subject: str, name: str) -> HttpResponse:
    quota = quota_or_404(request, subject, name)
    form = LimitsForm(request.POST or None, quota=_pattern(request, quota) or quota)
    if request.method == "POST" and form.is_valid():
        rules.change(org=request.org, by=request.member, quota=quota, values=form.values())
        messages.success(request, f"The limits of {rules.name_of(quota)} were saved.")
        return redirect("limits", request.org.slug)
    return _change_page(request, quota, name, form=form, threshold_form=ThresholdForm())


@require_POST
@member_required(Role.ADMIN)
def add_threshold(request: OrgRequest, subject: str, name: str) -> HttpResponse:
    quota = quota_or_404(request, subject, name)
    asked = ThresholdForm(request.POST)
    if asked.is_valid():
        try:
            made = thresholds.add(quota=quota, by=request.member, **asked.values())
        except Refused as refusal:
            asked.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"Admins hear when {rules.name_of(quota)} reaches {thresholds.sentence(made)}.")
            return redirect("change_limits", request.org.slug, subject, name)
    form = LimitsForm(quota=_pattern(request, quota) or quota)
    return _change_page(request, quota, name, form=form, threshold_form=asked)


@require_POST
@member_required(Role.ADMIN)
def remove_threshold(request: OrgRequest, subject: str, name: str, code: UUID) -> HttpResponse:
    quota = quota_or_404(request, subject, name)
    found = next((one for one in thresholds.of_subject(quota) if one.code == code), None)
    if found is None:
        raise Http404
    thresholds.remove(threshold=found, quota=quota, by=request.member)
    return redirect("change_limits", request.org.slug, subject, name)


def _change_page(
    request: OrgRequest, quota: Quota, name: str, *, form: LimitsForm, threshold_form: ThresholdForm
) -> HttpResponse:
    named = [(one.code, thresholds.sentence(one)) for one in thresholds.of_subject(quota)]
    context = {
        "form": form,
        "quota": quota,
        "name": rules.name_of(quota),
        "likes": _likes(request, quota),
        "url_name": name,
        "has_thresholds": quota.subject != Subject.ROLE,
        "thresholds": named,
        "threshold_form": threshold_form,
    }
    status = 422 if form.errors or threshold_form.errors else 200
    return render(request, "billing/change_limits.html", context, status=status)


@require_POST
@member_required(Role.ADMIN)
def remove_limits(request: OrgRequest, subject: str, name: str) -> HttpResponse:
    quota = quota_or_404(request, subject, name)
    rules.remove(org=request.org, by=request.member, quota=quota)
    messages.success(request, f"The limits of {rules.name_of(quota)} were removed.")
    return redirect("limits", request.org.slug)


@require_POST
@member_required(Role.ADMIN)
def set_many_limits(request: OrgRequest) -> HttpResponse:
    form = ManyForm(request.POST)
    codes = [code for code in request.POST.getlist("who") if code_or_none(code)]
    people = list(request.org.memberships.filter(code__in=codes).select_related("user").order_by("user_id"))
    if not people:
        form.add_error(None, "Choose at least one person.")
    if not form.is_valid():
        return _page(request, form, SheetForm())
    for member in people:
        _set_one(request, member, form.cleaned_data["what"], form.cleaned_data["value"])
    messages.success(request, f"The limits of {len(people)} {'person' if len(people) == 1 else 'people'} were saved.")
    return redirect("limits", request.org.slug)


@require_safe
@member_required(Role.ADMIN)
def export_limits(request: OrgRequest) -> HttpResponse:
    response = HttpResponse(spreadsheet.export(request.org), content_type="text/csv; charset=utf-8")
    stamp = timezone.now().strftime("%Y-%m-%d")
    response["Content-Disposition"] = f'attachment; filename="limits-{request.org.slug}-{stamp}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@member_required(Role.ADMIN)
def import_limits(request: OrgRequest) -> HttpResponse:
    form = SheetForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            data = form.cleaned_data["file"].read(spreadsheet.MOST_BYTES + 1)
            count = spreadsheet.take(org=request.org, by=request.member, data=data)
        except Refused as refusal:
            form.add_error("file", refusal.sentence)
        else:
            messages.success(request, f"{count} lines were read and their limits saved.")
            return redirect("limits", request.org.slug)
    return _page(request, ManyForm(), form)


@require_POST
@member_required(Role.ADMIN)
def resolve_charge(request: OrgRequest, code: UUID) -> HttpResponse:
    held = get_object_or_404(request.org.holds.select_related("org"), code=code)
    form = ResolveForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Say whether it was charged, and how you know.")
        return redirect("limits", request.org.slug)
    try:
        charging.resolve(
            held,
            by=request.member,
            is_charged=form.cleaned_data["answer"] == "charged",
            micros=form.cleaned_data["amount"],
            note=form.cleaned_data["note"],
        )
        messages.success(request, "Recorded in the ledger.")
    except Refused as refusal:
        messages.error(request, refusal.sentence)
    return redirect("limits", request.org.slug)


def _set_one(request: OrgRequest, member: Membership, what: str, value: int | None) -> None:
    own = _own(request, Subject.MEMBER, user=member.user)
    if what == "role":
        rules.remove(org=request.org, by=request.member, quota=own)
        return
    how, _, role = what.partition(":")
    values = _as_role(request, role) if how == "copy" else {**_values_of_role(request, own, member.role), what: value}
    rules.change(org=request.org, by=request.member, quota=own, values=values)


def _as_role(request: OrgRequest, role: str) -> dict[str, Any]:
    """Return all limits of a role, for a person's own quota; a role without a quota has no limits."""
    pattern = request.org.quotas.filter(subject=Subject.ROLE, role=role).first() or Quota()
    return {name: getattr(pattern, name) for name in rules.FIELDS}


def _page(request: OrgRequest, many: ManyForm, sheet: SheetForm) -> HttpResponse:
    is_play = overview.is_on_play_money(request.org)
    tab = request.GET.get("of", "members")
    people = overview.members(request.org, is_play=is_play)
    others = {"keys": overview.keys, "roles": overview.roles}.get(tab)
    lines = others(request.org, is_play=is_play) if others else people
    what_if = WhatIfForm(request.GET if "each" in request.GET else None)
    each = what_if.cleaned_data["each"] if what_if.is_valid() else None
    search, sort = request.GET.get("q", "")[:80], request.GET.get("sort", "spent")
    if tab != "roles":
        lines = overview.arranged(lines, search=search, sort=sort)
    uncertain = request.org.holds.filter(state=HoldState.UNCERTAIN)
    whole = overview.organization(request.org, is_play=is_play)
    context: dict[str, Any] = {
        "whole": whole,
        "loan": overview.loan(request.org),
        "pace": overview.at_this_pace(request.org, whole.month),
        "page": Paginator(lines, PAGE_SIZE).get_page(request.GET.get("page")),
        "tab": tab if tab in dict(TABS) else "members",
        "tabs": [{"name": name, "url": f"?of={key}", "current": key == tab} for key, name in TABS],
        "search": search,
        "sort": sort,
        "is_play": is_play,
        "asks": Ask.objects.filter(org=request.org, state=AskState.OPEN).select_related("user")[:MOST_ASKS],
        "uncertain": uncertain.select_related("user").order_by("is_lent", "pk")[:MOST_UNCERTAIN],
        "uncertain_count": uncertain.count(),
        "uncertain_days": settings.UNCERTAIN_DAYS,
        "promised": overview.promised(people),
        "people_count": len(people),
        "what_if_form": what_if,
        "what_if": None if each is None else overview.what_if(request.org, people, each),
        "many_form": many,
        "sheet_form": sheet,
    }
    return render(request, "billing/limits.html", context, status=422 if many.errors or sheet.errors else 200)


def quota_or_404(request: OrgRequest, subject: str, name: str) -> Quota:
    if subject == Subject.ORGANIZATION and name == "all":
        return _own(request, Subject.ORGANIZATION)
    if subject == Subject.ROLE and name in {Role.MEMBER, Role.ADMIN, Role.OWNER}:
        return _own(request, Subject.ROLE, role=name)
    if subject == Subject.MEMBER and code_or_none(name):
        member = get_object_or_404(request.org.memberships.select_related("user"), code=name)
        return _own(request, Subject.MEMBER, user=member.user)
    if subject == Subject.KEY and code_or_none(name):
        return _own(request, Subject.KEY, api_key=get_object_or_404(request.org.api_keys.all(), code=name))
    raise Http404


def _own(request: OrgRequest, subject: Subject, **named: Any) -> Quota:
    found = request.org.quotas.filter(subject=subject, **named).select_related("user", "api_key").first()
    return found or Quota(org=request.org, subject=subject, **named)


def _pattern(request: OrgRequest, quota: Quota) -> Quota | None:
    """Return the quota that the form begins with: that of the role that was chosen to be copied or, for a person
    without a quota, that of their role."""
    if like := request.GET.get("like"):
        return request.org.quotas.filter(subject=Subject.ROLE, role=like).first()
    if quota.subject != Subject.MEMBER or quota.pk:
        return None
    role = request.org.memberships.filter(user=quota.user).values_list("role", flat=True).first()
    return request.org.quotas.filter(subject=Subject.ROLE, role=role or "").first()


def _likes(request: OrgRequest, quota: Quota) -> list[Quota]:
    """Return the quotas of the roles that may be copied."""
    if quota.subject == Subject.ORGANIZATION:
        return []
    return list(request.org.quotas.filter(subject=Subject.ROLE).exclude(role=quota.role))


def _values_of_role(request: OrgRequest, own: Quota, role: str) -> dict[str, Any]:
    """Return the limits of the role, if the person has no quota yet: with a first limit of their own, they keep the
    others of their role."""
    if own.pk:
        return {}
    pattern = request.org.quotas.filter(subject=Subject.ROLE, role=role).first()
    return {name: getattr(pattern, name) for name in rules.FIELDS} if pattern else {}
