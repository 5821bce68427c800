import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from saas.tenancy import TenantModel


class WebhookEvent(models.TextChoices):
    RUN_FINISHED = "run.finished", "A run has its pictures"
    RUN_FAILED = "run.failed", "A run ended without a picture"
    LIMIT_REACHED = "limit.reached", "A limit is reached"


class Webhook(TenantModel):
    """An address of the organization's own that is told what happens. Its secret is sealed; it signs each message."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="webhooks")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=20, choices=WebhookEvent.choices))
    sealed_secret = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    switched_off_at = models.DateTimeField(null=True)  # after a day of failures

    def __str__(self) -> str:
        return self.url


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class Delivery(TenantModel):
    """One message to one address, kept with how each try went. Its code is the message's id, the same at every try."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="deliveries")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=200, blank=True)  # the last try's: a status, or our own sentence
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["webhook", "-id"], name="deliveries_newest"),
            models.Index(fields=["org", "not_before"], condition=Q(state="pending"), name="deliveries_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"

    def begin(self) -> bool:
        """Of two workers that hold the same message, one tries."""
        mine = Delivery.objects.filter(pk=self.pk, state=DeliveryState.PENDING, tries=self.tries)
        return mine.update(tries=self.tries + 1) == 1
