from django.http import HttpResponse
from django.shortcuts import render

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from billing import comparing
from billing.forms import CompareForm
from billing.provider_usage import MOST_BYTES
from billing.views.tabs import usage_tabs


@member_required(Role.ADMIN)
def compare_usage(request: OrgRequest) -> HttpResponse:
    """Compare the provider's file with the ledger. The file is not kept, and the ledger stays as it is."""
    form = CompareForm(request.POST or None, request.FILES or None, org=request.org)
    found = None
    if request.method == "POST" and form.is_valid():
        try:
            data = form.cleaned_data["file"].read(MOST_BYTES + 1)
            found = comparing.compare(org=request.org, connection=form.cleaned_data["connection"], data=data)
        except Refused as refusal:
            form.add_error("file", refusal.sentence)
    context = {
        "form": form,
        "comparison": found,
        "has_connections": form.fields["connection"].queryset.exists(),  # type: ignore[attr-defined]  # of a model choice
        "subnav": usage_tabs(request, "compare_usage"),
    }
    return render(request, "billing/compare.html", context, status=422 if form.errors else 200)
