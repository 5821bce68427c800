from typing import Any

from django import forms
from django.core.validators import MaxValueValidator

from accounts.limits.alerts import ALL
from accounts.models import Organization, Period, ProviderConnection, ProviderKind, Quota, Unit
from accounts.models.limits_and_holds import QUALITIES
from billing.models import Price
from saas.text import money
from saas.web.forms import MoneyField, RadioCards

MOST_COUNT = 1_000_000_000
SIZES = [
    ("", "Any size"),
    (str(1024 * 1024), "1 megapixel: 1024 by 1024"),
    (str(1536 * 1024), "1.6 megapixels: 1536 by 1024"),
    (str(2048 * 2048), "4.2 megapixels: 2048 by 2048"),
]


def _amount(label: str) -> MoneyField:
    return MoneyField(required=False, label=label)


def _count(label: str, most: int = MOST_COUNT) -> forms.IntegerField:
    return forms.IntegerField(required=False, min_value=0, max_value=most, label=label)


class LimitsForm(forms.Form):
    """All fields of a quota. Empty is unlimited."""

    money_month = _amount("Dollars a month")
    money_day = _amount("Dollars a day")
    images_month = _count("Pictures a month")
    images_day = _count("Pictures a day")
    most_pixels = forms.TypedChoiceField(
        choices=SIZES, coerce=int, empty_value=None, required=False, label="Largest size"
    )
    highest_quality = forms.ChoiceField(
        choices=[("", "Any quality"), *((quality, quality.capitalize()) for quality in QUALITIES)],
        required=False,
        label="Highest quality",
    )
    most_pictures = _count("Pictures in one run", 10)
    runs_at_once = _count("Runs at once", 10_000)
    runs_per_minute = _count("Runs a minute", 10_000)
    all_models = forms.BooleanField(required=False, label="Every model, including future ones")
    model_names = forms.MultipleChoiceField(
        required=False, label="Only these models", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, quota: Quota, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = sorted({*Price.objects.values_list("model", flat=True), *(quota.model_names or [])})
        field = self.fields["model_names"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101 narrows the type
        field.choices = [(name, name) for name in names]
        for name in self.fields:
            if name == "all_models":
                self.initial[name] = quota.model_names is None
            else:
                self.initial[name] = getattr(quota, name)

    def values(self) -> dict[str, Any]:
        values = dict(self.cleaned_data)
        if values.pop("all_models"):
            values["model_names"] = None
        return values


class ThresholdForm(forms.Form):
    """What an admin wants to hear of. It stops nothing."""

    KINDS = (
        ("money", "dollars"),
        ("images", "pictures"),
        ("percent_money", "% of the dollar limit"),
        ("percent_images", "% of the picture limit"),
    )
    value = forms.CharField(max_length=24, label="At", widget=forms.TextInput(attrs={"inputmode": "decimal"}))
    kind = forms.ChoiceField(choices=KINDS, label="Of")
    period = forms.TypedChoiceField(
        choices=[(Period.MONTH.value, "a month"), (Period.DAY.value, "a day")], coerce=Period, label="In"
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        text, kind = cleaned.get("value", "").strip(), cleaned.get("kind", "")
        try:
            if text and kind:
                cleaned |= self._read(kind, text)
        except ValueError as error:
            self.add_error("value", str(error))
        return cleaned

    def values(self) -> dict[str, Any]:
        """Return the arguments for `thresholds.add`."""
        return {name: self.cleaned_data[name] for name in ("period", "unit", "percent", "amount")}

    def _read(self, kind: str, text: str) -> dict[str, Any]:
        unit = Unit.IMAGES if kind.endswith("images") else Unit.MONEY
        if kind.startswith("percent"):
            percent = text.removesuffix("%").strip()
            if not (percent.isascii() and percent.isdecimal()) or not 1 <= int(percent) <= ALL:
                raise ValueError("Enter a whole number from 1 to 100.")
            return {"unit": unit, "percent": int(percent), "amount": None}
        amount = _read(kind, text)
        if not amount:
            raise ValueError("Enter more than nothing.")
        return {"unit": unit, "percent": None, "amount": amount}


class ManyForm(forms.Form):
    """One limit for many people."""

    WHAT = (
        ("money_month", "Dollars a month"),
        ("money_day", "Dollars a day"),
        ("images_month", "Pictures a month"),
        ("images_day", "Pictures a day"),
        ("role", "Reset to their role's limits"),
        ("copy:member", "Same as each member"),
        ("copy:admin", "Same as each admin"),
        ("copy:owner", "Same as each owner"),
    )
    what = forms.ChoiceField(choices=WHAT, label="Set")
    amount = forms.CharField(
        required=False,
        max_length=24,
        label="to",
        widget=forms.TextInput(attrs={"placeholder": "unlimited", "inputmode": "decimal"}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        text, what = cleaned.get("amount", "").strip(), cleaned.get("what", "")
        try:
            cleaned["value"] = _read(what, text)
        except ValueError as error:
            self.add_error("amount", str(error))
        return cleaned


def _read(what: str, text: str) -> int | None:
    if not text or what == "role" or what.startswith("copy:"):
        return None
    if what.startswith("money"):
        return money.parse(text)
    if not (text.isascii() and text.isdecimal()) or int(text) > MOST_COUNT:
        raise ValueError("Enter a whole number of pictures.")
    return int(text)


class WhatIfForm(forms.Form):
    each = MoneyField(required=False, label="What if each person had at most")


class SheetForm(forms.Form):
    file = forms.FileField(label="CSV file", help_text="As it was exported: subject, name and four limits.")


class CompareForm(forms.Form):
    connection = forms.ModelChoiceField(
        ProviderConnection.objects.none(), to_field_name="code", empty_label=None, label="Connection"
    )
    file = forms.FileField(
        label="The provider's file",
        help_text="CSV or JSON, up to 10 MB: at OpenAI, Usage → Export, either Activity or Cost.",
        widget=forms.FileInput(attrs={"accept": ".csv,.json,.txt"}),
    )

    def __init__(self, *args: Any, org: Organization, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["connection"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 narrows the type
        field.queryset = org.connections.exclude(kind=ProviderKind.SANDBOX).order_by("-is_default", "name")


class ResolveForm(forms.Form):
    answer = forms.ChoiceField(choices=[("charged", "Charged"), ("free", "Not charged")])
    amount = MoneyField(required=False)
    note = forms.CharField(max_length=500)


class FlatPriceForm(forms.Form):
    how = forms.ChoiceField(
        choices=[("tokens", "By tokens"), ("flat", "A fixed price per picture")],
        widget=RadioCards(
            {
                "tokens": "As in this Darkroom's price list for each model.",
                "flat": "Some compatible providers charge the same for each picture, whatever its size.",
            }
        ),
        label="What it charges",
    )
    micros = MoneyField(required=False, label="Dollars a picture", validators=[MaxValueValidator(1000 * money.DOLLAR)])

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("how") == "flat" and cleaned.get("micros") is None and "micros" not in self.errors:
            self.add_error("micros", "Enter what a picture costs.")
        return cleaned
