"""Define who may spend how much. A quota is what was decided; a counter is what was spent and held of it in one day or
month; a hold is the part of it set aside for a picture that is being made. Amounts are micro-dollars; NULL is
unlimited."""

import uuid
from collections.abc import Iterable

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.api_keys import ApiKey
from accounts.models.organizations import Role
from saas.database.tenancy import TenantModel


class Subject(models.TextChoices):
    """Whose limit it is. The limit of a role counts for each of its people who has no quota of their own."""

    ORGANIZATION = "organization", "Organization"
    ROLE = "role", "Role"
    MEMBER = "member", "Member"
    KEY = "key", "API key"
    LOAN = "loan", "Lent key"  # the organization's loan of the operator's key; set by the operator alone
    BUDGET = "budget", "Budget"  # of one purpose, such as an event: see Budget


class Period(models.TextChoices):
    DAY = "day", "Day"
    MONTH = "month", "Month"
    EVER = "ever", "Ever"  # of budgets, which do not renew


RENEWING = (Period.DAY, Period.MONTH)


class Unit(models.TextChoices):
    MONEY = "money", "Money"
    IMAGES = "images", "Pictures"


QUALITIES = ("low", "medium", "high", "xhigh", "max")  # from least to most
LIMITS = ("money_day", "money_month", "images_day", "images_month")
CEILINGS = ("most_pixels", "highest_quality", "most_pictures", "model_names", "runs_at_once", "runs_per_minute")


def _is_of(*subjects: Subject, role: bool = False, user: bool = False, api_key: bool = False) -> Q:
    named = Q(role="") if not role else ~Q(role="")
    whose = Q(subject=subjects[0]) if len(subjects) == 1 else Q(subject__in=subjects)
    return whose & Q(user__isnull=not user, api_key__isnull=not api_key) & named


class Quota(TenantModel):
    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="quotas")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject = models.CharField(max_length=12, choices=Subject.choices)
    role = models.CharField(max_length=10, choices=Role.choices, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.CASCADE, related_name="+")
    # Most in a day and in a month.
    money_day = models.BigIntegerField(null=True, blank=True)
    money_month = models.BigIntegerField(null=True, blank=True)
    images_day = models.BigIntegerField(null=True, blank=True)
    images_month = models.BigIntegerField(null=True, blank=True)
    # Ceilings on a single request.
    most_pixels = models.PositiveIntegerField(null=True, blank=True)
    highest_quality = models.CharField(max_length=10, blank=True)  # empty: any
    most_pictures = models.PositiveSmallIntegerField(null=True, blank=True)  # in one run
    model_names = ArrayField(models.CharField(max_length=80), null=True, blank=True)
    runs_at_once = models.PositiveIntegerField(null=True, blank=True)
    runs_per_minute = models.PositiveIntegerField(null=True, blank=True)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "subject", "role", "user", "api_key"], name="one_quota_each", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=_is_of(Subject.ORGANIZATION, Subject.LOAN)
                | _is_of(Subject.ROLE, role=True)
                | _is_of(Subject.MEMBER, user=True)
                | _is_of(Subject.KEY, api_key=True),
                name="quota_names_its_subject",
            ),
            models.CheckConstraint(
                condition=Q(*[Q(**{name: None}) | Q(**{f"{name}__gte": 0}) for name in LIMITS]),
                name="limits_are_not_negative",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.role or self.user_id or self.api_key_id or ''}".strip()

    @property
    def is_empty(self) -> bool:
        """Return whether the quota limits nothing."""
        return all(getattr(self, name) in (None, "") for name in (*LIMITS, *CEILINGS))

    def limit(self, unit: Unit, period: Period) -> int | None:
        found: int | None = getattr(self, f"{unit}_{period}")
        return found


class Budget(TenantModel):
    """A sum for one purpose, such as an event. It is spent once and does not renew."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="budgets")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    micros = models.BigIntegerField()
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(micros__gte=0), name="budget_is_not_negative")]

    def __str__(self) -> str:
        return self.name


class Counter(TenantModel):
    """What one subject has spent and holds in one day or month, or ever, beside its limit: one row has all the numbers,
    so that one conditional UPDATE decides. Sandbox play money has counters of its own."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="counters")
    subject = models.CharField(max_length=12)
    subject_id = models.BigIntegerField()  # of the organization, the user, the API key or the budget
    period = models.CharField(max_length=5, choices=Period.choices)
    starts_on = models.DateField()
    is_play = models.BooleanField()
    # The quota's limit plus what was granted once on top.
    allowed_micros = models.BigIntegerField(null=True)
    allowed_images = models.BigIntegerField(null=True)
    granted_micros = models.BigIntegerField(default=0)
    granted_images = models.BigIntegerField(default=0)
    spent_micros = models.BigIntegerField(default=0)
    held_micros = models.BigIntegerField(default=0)
    spent_images = models.BigIntegerField(default=0)
    held_images = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "period", "starts_on", "is_play", "subject", "subject_id"], name="one_counter_each"
            ),
            models.CheckConstraint(condition=Q(held_micros__gte=0, held_images__gte=0), name="held_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} {self.subject_id} {self.period} {self.starts_on}"

    def allowed(self, unit: Unit) -> int | None:
        return self.allowed_micros if unit == Unit.MONEY else self.allowed_images

    def spent(self, unit: Unit) -> int:
        return self.spent_micros if unit == Unit.MONEY else self.spent_images

    def held(self, unit: Unit) -> int:
        return self.held_micros if unit == Unit.MONEY else self.held_images

    def left(self, unit: Unit) -> int | None:
        """Return what is left; None is unlimited. Never negative: a limit below what is spent leaves nothing."""
        allowed = self.allowed(unit)
        return None if allowed is None else max(0, allowed - self.spent(unit) - self.held(unit))


class HoldState(models.TextChoices):
    OPEN = "open", "Being made"
    UNCERTAIN = "uncertain", "May have been charged"
    SETTLED = "settled", "Paid"
    RELEASED = "released", "Given back"


KEPT = (HoldState.OPEN, HoldState.UNCERTAIN)  # in these states the money is held


class Hold(TenantModel):
    """Money set aside for one picture, or for one text. If a person tries a slot again, a new hold is taken; the first
    one settles or is released on its own."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="holds")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run_code = models.UUIDField()
    slot_code = models.UUIDField()
    attempt = models.PositiveSmallIntegerField()
    after_try = models.PositiveSmallIntegerField()  # it pays for tries after this one
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.RESTRICT, related_name="+")
    is_lent = models.BooleanField(default=False)  # paid with the operator's key: the loan counts too
    budget = models.ForeignKey(  # which counts too
        Budget, null=True, on_delete=models.RESTRICT, related_name="+", db_index=False
    )
    day = models.DateField()  # the organization's day when it was taken; it counts in this day and its month
    is_play = models.BooleanField()
    micros = models.BigIntegerField()
    images = models.PositiveSmallIntegerField(default=1, db_default=1)  # 0 if it pays for a text
    state = models.CharField(max_length=10, choices=HoldState.choices, default=HoldState.OPEN)
    spent_micros = models.BigIntegerField(default=0)
    is_estimated = models.BooleanField(default=False)  # settled at the held amount, since the real cost was unknown
    terms = models.JSONField(default=dict)  # what was agreed: the tariff and what it is for
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "slot_code", "attempt"], name="one_hold_per_attempt"),
            models.CheckConstraint(condition=Q(micros__gte=0), name="hold_is_not_negative"),
        ]
        indexes = [
            models.Index(fields=["org", "state"], condition=Q(state__in=["open", "uncertain"]), name="kept_holds"),
            models.Index(fields=["org", "-created_at"]),
            models.Index(fields=["run_code"]),
            models.Index(fields=["budget"], condition=Q(budget__isnull=False), name="holds_of_budgets"),
        ]

    def __str__(self) -> str:
        return f"{self.micros} for {self.slot_code}"

    def move(self, state: HoldState, *, since: Iterable[HoldState], **values: object) -> bool:
        """Move the hold to a new state if it is in one of the states `since`. Return whether it was."""
        changed = Hold.objects.filter(pk=self.pk, state__in=since).update(state=state, **values)
        if changed:
            self.state = state
        return changed == 1
