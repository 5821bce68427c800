"""Define alerts on limits, and requests for more when a limit stops a person."""

import uuid

from django.conf import settings
from django.contrib.postgres.functions import RandomUUID
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models.limits_and_holds import RENEWING, Period, Unit
from saas.database.tenancy import TenantModel


class Threshold(TenantModel):
    """An amount, or a share of a limit, that an admin wants to hear of when a day or a month has reached it. It stops
    nothing and needs no limit; play money reaches it, too."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="thresholds")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    subject = models.CharField(max_length=12)  # with its id, as a counter names them
    subject_id = models.BigIntegerField()
    period = models.CharField(max_length=5, choices=[(one.value, one.label) for one in RENEWING])
    unit = models.CharField(max_length=6, choices=Unit.choices)
    percent = models.PositiveSmallIntegerField(null=True)
    amount = models.BigIntegerField(null=True)  # micro-dollars or pictures

    class Meta:
        ordering = ["period", "unit", "percent", "amount", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["org", "subject", "subject_id", "period", "unit", "percent", "amount"],
                name="each_threshold_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=models.Q(percent__range=(1, 100), amount=None) | models.Q(percent=None, amount__gte=1),
                name="threshold_is_a_share_or_an_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.percent or self.amount} of {self.subject} {self.subject_id}"


class LimitAlert(TenantModel):
    """An alert that this much of a limit, or an amount that an admin named, is spent. Sent once."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="limit_alerts")
    code = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    subject = models.CharField(max_length=12)
    subject_id = models.BigIntegerField()
    period = models.CharField(max_length=5, choices=Period.choices)
    starts_on = models.DateField()
    is_play = models.BooleanField()
    unit = models.CharField(max_length=6, choices=Unit.choices)
    percent = models.PositiveSmallIntegerField()  # 0 for an amount
    amount = models.BigIntegerField(null=True)  # of a threshold, if it was one
    allowed = models.BigIntegerField(null=True)  # the limit at that time; a higher one makes the alert obsolete
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "period", "starts_on", "is_play", "subject", "subject_id", "unit", "percent", "amount"],
                name="each_alert_once",
                nulls_distinct=False,
            )
        ]

    def __str__(self) -> str:
        return f"{self.percent} % of {self.subject} {self.subject_id}"


class SeenAlert(TenantModel):
    """A person's mark that an alert is put away and not shown to them again."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="seen_alerts")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    alert = models.ForeignKey(LimitAlert, on_delete=models.CASCADE, related_name="seen")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "alert"], name="an_alert_is_put_away_once")]

    def __str__(self) -> str:
        return f"{self.alert_id} by {self.user_id}"


class AskState(models.TextChoices):
    OPEN = "open", "Waiting for an answer"
    GRANTED = "granted", "Granted"
    DECLINED = "declined", "Declined"


class Ask(TenantModel):
    """A request for more, by a person whom a limit refused. It keeps the refused run, so that the run starts by itself
    when granted."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="asks")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=12)
    subject_id = models.BigIntegerField()
    period = models.CharField(max_length=5, choices=Period.choices)
    unit = models.CharField(max_length=6, choices=Unit.choices)
    is_play = models.BooleanField()
    needed = models.BigIntegerField()  # micro-dollars or pictures of the refused run
    sentence = models.CharField(max_length=400)  # of the refusal
    reason = models.CharField(max_length=400, blank=True)
    wish = models.JSONField(default=dict)  # the refused run, as the studio describes it
    state = models.CharField(max_length=8, choices=AskState.choices, default=AskState.OPEN)
    is_lasting = models.BooleanField(default=False)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(needed__gt=0), name="an_ask_asks_for_something")]
        indexes = [models.Index(fields=["org", "state", "-id"])]

    def __str__(self) -> str:
        return f"{self.user_id} asks for {self.needed} {self.unit}"

    def decide(self, state: AskState, *, by_id: int, is_lasting: bool = False) -> bool:
        """Grant or decline the request. Return False if it was decided already: of two admins who answer at once, one
        succeeds."""
        values = {"decided_by": by_id, "decided_at": timezone.now(), "is_lasting": is_lasting}
        was_open = Ask.objects.filter(pk=self.pk, state=AskState.OPEN).update(state=state, **values)
        return was_open == 1
