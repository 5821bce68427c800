"""Define prices and when each is valid. A price that changes is a new row; a charge names the row it used."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import BigIntegerRangeField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils import timezone

from saas.database.tenancy import TenantModel


class _OneNumber(Func):
    """A text as a range of one number, for constraints. PostgreSQL's own gist compares ranges but no texts, and the
    extension that would (btree_gist) is not in every PostgreSQL that Darkroom runs on."""

    template = "int8range(hashtextextended(%(expressions)s, 0), hashtextextended(%(expressions)s, 0), '[]')"
    output_field: ClassVar = BigIntegerRangeField()

    def as_sql(self, *arguments: Any, **options: Any) -> tuple[str, tuple[Any, ...]]:
        sql, parameters = super().as_sql(*arguments, **options)
        return sql, (*parameters, *parameters)  # the template uses its expression twice


class _Validity(Func):
    function = "tstzrange"
    output_field: ClassVar = DateTimeRangeField()


def _no_overlap(name: str, *, is_batch: bool) -> ExclusionConstraint:
    return ExclusionConstraint(
        name=name,
        expressions=[
            (_OneNumber(F("model")), RangeOperators.OVERLAPS),
            (_Validity(F("valid_from"), F("valid_until")), RangeOperators.OVERLAPS),
        ],
        condition=Q(is_batch=is_batch),
        violation_error_message="Another price of this model holds in this time. End it first.",
    )


class ValidQuerySet(models.QuerySet["Price"]):
    def valid(self, moment: datetime) -> Self:
        return self.filter(Q(valid_until=None) | Q(valid_until__gt=moment), valid_from__lte=moment)


class Price(models.Model):
    """The price of one model for each kind of token, in micro-dollars for a million of them. Every organization sees
    the same rows, so there is no wall; the operator adds new ones."""

    model = models.CharField(max_length=80)
    is_batch = models.BooleanField(default=False)
    text_in = models.BigIntegerField()
    image_in = models.BigIntegerField()
    image_out = models.BigIntegerField()
    # Empty: the provider has no separate price for it, and the dearer kind's price counts.
    cached_text = models.BigIntegerField(null=True, blank=True)
    cached_image = models.BigIntegerField(null=True, blank=True)
    text_out = models.BigIntegerField(null=True, blank=True)
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True, blank=True)

    objects = ValidQuerySet.as_manager()

    class Meta:
        ordering = ["model", "is_batch", "-valid_from"]
        constraints = [
            _no_overlap("prices_do_not_overlap", is_batch=False),
            _no_overlap("batch_prices_do_not_overlap", is_batch=True),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="price_ends_after_it_begins",
                violation_error_message="A price ends after it begins.",
            ),
            models.CheckConstraint(
                condition=Q(text_in__gte=0, image_in__gte=0, image_out__gt=0)
                & (Q(cached_text=None) | Q(cached_text__gte=0))
                & (Q(cached_image=None) | Q(cached_image__gte=0))
                & (Q(text_out=None) | Q(text_out__gte=0)),
                name="prices_are_not_negative",
                violation_error_message="A price is not negative, and a picture costs something.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model}{' in batches' if self.is_batch else ''} from {self.valid_from:%Y-%m-%d}"


class FlatPrice(TenantModel):
    """One connection's price for a picture of any size: some compatible providers charge so. While it is valid, it
    replaces the prices for tokens."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="flat_prices")
    connection = models.ForeignKey("accounts.ProviderConnection", on_delete=models.CASCADE, related_name="flat_prices")
    micros = models.BigIntegerField()  # for each picture
    valid_from = models.DateTimeField(default=timezone.now)
    valid_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["connection"], condition=Q(valid_until=None), name="one_open_flat_price_per_connection"
            ),
            models.CheckConstraint(condition=Q(micros__gte=0), name="flat_price_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.micros} a picture"
