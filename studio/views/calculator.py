"""Calculate what a month of pictures would cost, before any is made."""

from dataclasses import asdict
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.access import OrgRequest, member_required
from accounts.errors import Refused
from accounts.models import Role
from studio.catalogue import image_models
from studio.catalogue.fields import SpecRefused
from studio.models import ImageModel
from studio.money import planning
from studio.prompt.bar import QUALITIES

MOST_PICTURES = 1_000_000


class PlanForm(forms.Form):
    pictures = forms.IntegerField(min_value=1, max_value=MOST_PICTURES, label="Pictures a day")
    size = forms.ChoiceField(label="Size")
    quality = forms.ChoiceField(label="Quality")
    references = forms.IntegerField(min_value=0, max_value=16, required=False, label="References for each")

    def __init__(self, *args: object, model: ImageModel, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]  # as any form
        sizes = [(preset["size"], f"{preset['title']} · {preset['size']}") for preset in model.size_presets]
        qualities = [(value, QUALITIES.get(value, (value, ""))[0]) for value in model.qualities]
        for name, choices in (("size", sizes), ("quality", qualities)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 narrows the type
            field.choices = choices
            field.initial = "1024x1024" if name == "size" else "medium"
        self.fields["pictures"].initial, self.fields["references"].initial = 50, 0


@require_safe
@member_required(Role.VIEWER)
def calculator(request: OrgRequest) -> HttpResponse:
    model = image_models.at(timezone.now(), org=request.org).default
    form = PlanForm(request.GET or None, model=model)
    cost = None
    if form.is_valid():
        asked = {**form.cleaned_data, "references": form.cleaned_data["references"] or 0}
        try:
            cost = planning.cost_of(request.org, **asked)
        except SpecRefused as refusal:
            for fault in refusal.errors:
                form.add_error(fault.field if fault.field in form.fields else None, fault.sentence)
        except Refused as refusal:
            form.add_error(None, refusal.sentence)
    context = {"form": form, "cost": cost, "model": model, "scenarios": _scenarios(request), "days": planning.DAYS}
    return render(request, "studio/calculator.html", context)


def _scenarios(request: OrgRequest) -> list[dict[str, object]]:
    """Return the examples with their costs; none where a price is missing."""
    try:
        found = [(one, planning.cost_of(request.org, **_asked(one))) for one in planning.SCENARIOS]
    except (Refused, SpecRefused):
        return []
    return [{"plan": one, "cost": cost} for one, cost in found if cost is not None]


def _asked(scenario: planning.Scenario) -> dict[str, Any]:
    return {name: value for name, value in asdict(scenario).items() if name != "title"}
