from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from accounts.access import OrgRequest, member_required
from accounts.models import Role
from billing import prices
from billing.forms import FlatPriceForm
from billing.models import Price


@member_required(Role.ADMIN)
def connection_price(request: OrgRequest, code: UUID) -> HttpResponse:
    connection = get_object_or_404(request.org.connections.select_related("org"), code=code)
    held = prices.flat_price(connection, timezone.now())
    form = FlatPriceForm(
        request.POST or None,
        initial={"how": "flat" if held else "tokens", "micros": held.micros if held else None},
    )
    if request.method == "POST" and form.is_valid():
        micros = form.cleaned_data["micros"] if form.cleaned_data["how"] == "flat" else None
        prices.set_flat_price(connection=connection, by=request.member, micros=micros)
        messages.success(request, f"What {connection.name} charges is set. It counts for new runs.")
        return redirect("connections", request.org.slug)
    context = {
        "form": form,
        "connection": connection,
        "prices": Price.objects.valid(timezone.now()).filter(is_batch=False),
    }
    return render(request, "billing/connection_price.html", context, status=422 if form.errors else 200)
