"""Let the operator enter what models cost. A price that was valid is history: it can be ended, never changed."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Field as ModelField
from django.http import HttpRequest

from accounts import audit
from accounts.models import User
from billing.models import Price
from saas.text import money
from saas.web.forms import MoneyField
from saas.web.operator_site import ForOperators

RATES = ("text_in", "cached_text", "image_in", "cached_image", "image_out", "text_out")
OPTIONAL = ("cached_text", "cached_image", "text_out")


class PriceForm(forms.ModelForm[Price]):
    class Meta:
        model = Price
        fields = ("model", "is_batch", *RATES, "valid_from", "valid_until")


@admin.register(Price)
class PriceAdmin(ForOperators[Price]):
    """Prices in dollars for a million tokens of each kind."""

    form = PriceForm
    list_display = (
        "model",
        "is_batch",
        "shown_image_out",
        "shown_image_in",
        "shown_text_in",
        "valid_from",
        "valid_until",
    )
    list_filter = ("model", "is_batch")
    ordering = ("model", "is_batch", "-valid_from")
    after_it_began: ClassVar = ("model", "is_batch", *RATES, "valid_from")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.has_change_permission(request)

    def get_readonly_fields(self, request: HttpRequest, obj: Price | None = None) -> tuple[str, ...]:
        return self.after_it_began if obj else ()

    def formfield_for_dbfield(
        self, db_field: "ModelField[Any, Any]", request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        if db_field.name in RATES:
            return MoneyField(
                required=db_field.name not in OPTIONAL,
                label=db_field.name.replace("_", " ").capitalize(),
                help_text="Dollars for a million tokens.",
            )
        return super().formfield_for_dbfield(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: Price, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=["valid_until"])
        else:
            obj.save(force_insert=True)
        assert isinstance(request.user, User)  # noqa: S101 the site admits only signed-in users
        audit.record(
            org=None,
            by=request.user,
            action="price.ended" if change else "price.added",
            target=str(obj),
            details={kind: money.exact(getattr(obj, kind)) for kind in RATES if getattr(obj, kind) is not None},
        )
        if _leaves_gap(obj):
            messages.warning(
                request,
                f"After {obj.valid_until:%Y-%m-%d %H:%M} UTC {obj.model} has no price, so it cannot be used then.",
            )

    @admin.display(description="Image out")
    def shown_image_out(self, price: Price) -> str:
        return money.show(price.image_out)

    @admin.display(description="Image in")
    def shown_image_in(self, price: Price) -> str:
        return money.show(price.image_in)

    @admin.display(description="Text in")
    def shown_text_in(self, price: Price) -> str:
        return money.show(price.text_in)


def _leaves_gap(price: Price) -> bool:
    end = price.valid_until
    same = Price.objects.filter(model=price.model, is_batch=price.is_batch)
    return end is not None and not same.valid(end).exists()
