import uuid
from datetime import date, datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.database.tenancy import TenantModel
from saas.queue.due import DueTicket

KEPT_FOR = timedelta(days=7)


class Format(models.TextChoices):
    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"
    JSONL = "jsonl", "JSON Lines"
    FOCUS = "focus", "FOCUS 1.0 (CSV)"

    @property
    def extension(self) -> str:
        return "csv" if self == Format.FOCUS else self.value


class ExportState(models.TextChoices):
    MAKING = "making", "Being made"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Subscription(TenantModel):
    """A member's subscription to an export of each month, made when the month is over."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="export_subscriptions")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=10)
    format = models.CharField(max_length=6, choices=Format.choices)
    is_play = models.BooleanField()
    last_month = models.DateField()  # the first day of the newest month that was made, or that needed none
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "user", "what", "format", "is_play"], name="subscribed_to_once")
        ]

    def __str__(self) -> str:
        return f"{self.what} as {self.format}, each month"

    def begin(self, month: date) -> bool:
        """Note that the month's export is made now. Return False if another worker was first."""
        waiting = Subscription.objects.filter(pk=self.pk, last_month__lt=month)
        return waiting.update(last_month=month) == 1


class Export(TenantModel):
    """A file that a worker makes for the member who asked for it, kept for a week."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="exports")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    what = models.CharField(max_length=10, default="ledger")  # billing.sources
    format = models.CharField(max_length=6, choices=Format.choices)
    subscription = models.ForeignKey(Subscription, null=True, on_delete=models.SET_NULL, related_name="exports")
    first = models.DateField()
    last = models.DateField()
    is_play = models.BooleanField()
    only = models.JSONField(default=dict)  # billing.usage.Scope.only
    user_id = models.BigIntegerField(null=True)  # of a member who may see only their own entries; null: all entries
    state = models.CharField(max_length=6, choices=ExportState.choices, default=ExportState.MAKING)
    file = models.CharField(max_length=200, blank=True)
    rows = models.PositiveIntegerField(null=True)
    micros = models.BigIntegerField(null=True)  # the sum of its amounts
    size_bytes = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    asked_at = models.DateTimeField(default=timezone.now)  # the last time that a worker was asked to make it
    ready_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["org", "maker", "-id"])]
        constraints = [
            models.UniqueConstraint(
                fields=["subscription", "first"],
                condition=models.Q(subscription__isnull=False),
                name="one_export_a_month",
            )
        ]

    def __str__(self) -> str:
        return self.filename

    @property
    def filename(self) -> str:
        kind = "focus" if self.format == Format.FOCUS else self.what
        return f"darkroom-{kind}-{self.first:%Y%m%d}-{self.last:%Y%m%d}.{Format(self.format).extension}"

    @property
    def expires_at(self) -> datetime:
        return self.created_at + KEPT_FOR

    @property
    def is_expired(self) -> bool:
        return timezone.now() >= self.expires_at


class ExportTicket(DueTicket):
    """An export that is not made yet. After `due_at`, the message that called for it counts as lost, or its worker as
    dead."""

    export_code = models.UUIDField(unique=True)
    tries = models.PositiveSmallIntegerField(default=0)  # how often a worker has begun to make it

    def __str__(self) -> str:
        return str(self.export_code)
