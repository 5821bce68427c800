import json
import uuid
from datetime import datetime
from typing import TypedDict
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from saas.database.tenancy import TenantModel
from saas.queue.due import PersonsDueTicket


class WebhookEvent(models.TextChoices):
    RUN_FINISHED = "run.finished", "A run has its pictures"
    RUN_FAILED = "run.failed", "A run ended without a picture"
    LIMIT_REACHED = "limit.reached", "A limit is reached"
    EXPORT_READY = "export.ready", "An export is ready"


class OffReason(models.TextChoices):
    NONE = "", "It is on"
    BY_HAND = "by_hand", "An admin switched it off"
    SILENCE = "silence", "Nothing arrived for a day"
    GONE = "gone", "The address answered that it is gone (HTTP 410)"


class Webhook(TenantModel):
    """An address of the organization's own, to which messages about events are sent. Its secret is sealed, and signs
    each message."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="webhooks")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=20, choices=WebhookEvent.choices))
    sealed_secret = models.TextField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    switched_off_at = models.DateTimeField(null=True)
    off_reason = models.CharField(max_length=10, choices=OffReason.choices, default=OffReason.NONE, blank=True)

    def __str__(self) -> str:
        return self.url

    @property
    def is_on(self) -> bool:
        return self.switched_off_at is None

    @property
    def host(self) -> str:
        return urlsplit(self.url).netloc

    @property
    def event_names(self) -> list[str]:
        """Return the names of the events for a page."""
        return [event.label for event in WebhookEvent if event.value in self.events]

    def switch_off(self, reason: OffReason) -> bool:
        """Switch the webhook off. Return whether this call did it."""
        now = timezone.now()
        on = Webhook.objects.filter(pk=self.pk, switched_off_at=None)
        if not on.update(switched_off_at=now, off_reason=reason):
            return False
        self.switched_off_at, self.off_reason = now, reason
        return True

    def switch_on(self) -> bool:
        off = Webhook.objects.filter(pk=self.pk).exclude(switched_off_at=None)
        if not off.update(switched_off_at=None, off_reason=OffReason.NONE):
            return False
        self.switched_off_at, self.off_reason = None, OffReason.NONE
        return True


class Attempt(TypedDict):
    at: str
    answer: str
    milliseconds: int


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Waiting"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"


class Delivery(TenantModel):
    """One message to one address, with the answer to each try. Its code is the message's id, the same at every try."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="deliveries")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=20)
    payload = models.JSONField()
    state = models.CharField(max_length=10, choices=DeliveryState.choices, default=DeliveryState.PENDING)
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(default=timezone.now)
    answer = models.CharField(max_length=200, blank=True)  # of the last try; empty while one is under way
    attempts = models.JSONField(default=list)  # each an Attempt, the oldest first
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["webhook", "-id"], name="deliveries_newest"),
            models.Index(fields=["org", "not_before"], condition=Q(state="pending"), name="deliveries_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.event} {self.state}"

    @property
    def is_under_way(self) -> bool:
        """Return whether the message has no answer yet."""
        return self.state == DeliveryState.PENDING and not self.answer

    @property
    def is_due(self) -> bool:
        return self.not_before <= timezone.now()

    @property
    def text(self) -> str:
        """Return the payload as indented JSON, for a page."""
        return json.dumps(self.payload, indent=2, ensure_ascii=False)

    @property
    def attempts_by_time(self) -> list[tuple[datetime, str, int]]:
        return [(datetime.fromisoformat(one["at"]), one["answer"], one["milliseconds"]) for one in self.attempts]

    def begin(self, *, until: datetime) -> bool:
        """Begin a try, due again at `until`. Return False if another worker has begun one: of two workers with the same
        message, only one tries."""
        now = timezone.now()
        due = Delivery.objects.filter(pk=self.pk, state=DeliveryState.PENDING, tries=self.tries, not_before__lte=now)
        return due.update(tries=self.tries + 1, not_before=until, answer="") == 1


class DeliveryTicket(PersonsDueTicket):
    """An undelivered message of a webhook that this person made."""

    delivery_code = models.UUIDField(unique=True)
    due_at = models.DateTimeField(db_index=True)  # always given

    def __str__(self) -> str:
        return str(self.delivery_code)
