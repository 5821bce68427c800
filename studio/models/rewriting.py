import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from saas.database.tenancy import TenantModel
from saas.queue.due import PersonsDueTicket


class Rewriter(TenantModel):
    """An organization's choice of connection and text model for improving prompts. Without a row, the default
    connection's own text model is used."""

    org = models.OneToOneField("accounts.Organization", on_delete=models.CASCADE, related_name="rewriter")
    is_on = models.BooleanField(default=True)
    connection = models.ForeignKey(
        "accounts.ProviderConnection", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )  # empty: the default one
    model = models.CharField(max_length=80, blank=True)  # empty: the connection's text model

    def __str__(self) -> str:
        return f"{self.model or 'the usual'} {'on' if self.is_on else 'off'}"


class RewriteState(models.TextChoices):
    WAITING = "waiting", "Waiting"
    READY = "ready", "Ready"
    FAILED = "failed", "Failed"


class Rewrite(TenantModel):
    """A prompt that a text model was asked to improve, and its suggestion, which is never used by itself."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="rewrites")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    connection = models.ForeignKey(
        "accounts.ProviderConnection", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    model = models.CharField(max_length=80)
    prompt = models.TextField()
    state = models.CharField(max_length=10, choices=RewriteState.choices, default=RewriteState.WAITING)
    suggestion = models.TextField(blank=True)
    error_code = models.CharField(max_length=40, blank=True)
    error_sentence = models.CharField(max_length=300, blank=True)
    request_key = models.CharField(max_length=64, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True)  # from here on it may cost something
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "maker", "request_key"], condition=~Q(request_key=""), name="one_rewrite_per_request_key"
            ),
        ]
        indexes = [models.Index(fields=["org", "maker", "-id"])]

    def __str__(self) -> str:
        return f"{self.code} {self.state}"

    def begin(self) -> bool:
        """Record that the request is about to be sent. Return False if another worker has done so already."""
        mine = Rewrite.objects.filter(pk=self.pk, state=RewriteState.WAITING, sent_at=None)
        return mine.update(sent_at=Now()) == 1

    def end(self, state: RewriteState, **values: object) -> bool:
        """End the rewrite. Return False if it had ended already."""
        waiting = Rewrite.objects.filter(pk=self.pk, state=RewriteState.WAITING)
        return waiting.update(state=state, ended_at=Now(), **values) == 1


class RewriteTicket(PersonsDueTicket):
    """A waiting rewrite."""

    rewrite_code = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return str(self.rewrite_code)
