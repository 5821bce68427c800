import uuid
from datetime import timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models import provider_kinds
from accounts.models.provider_kinds import Kind
from saas.database.tenancy import TenantModel

TEST_IS_LOST_AFTER = timedelta(seconds=60)
TEXT_MODEL = "gpt-5"
PROJECT_CHARACTERS = 80
PLAY_SECONDS = 60  # the sandbox answers within seconds, unless a directive makes it hang, which blocks a thread


class Health(models.TextChoices):
    UNKNOWN = "unknown", "Not tested"
    TESTING = "testing", "Testing"
    OK = "ok", "Working"
    FAILING = "failing", "Failing"


class ProviderConnection(TenantModel):
    """An organization's access to a provider. The key is sealed, and never shown again after it was entered."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="connections")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=provider_kinds.choices)
    base_url = models.CharField(max_length=300, blank=True)
    openai_organization = models.CharField(max_length=80, blank=True)
    openai_project = models.CharField(max_length=80, blank=True)
    sealed_key = models.TextField(blank=True, editable=False)
    key_hint = models.CharField(max_length=8, blank=True, editable=False)
    is_default = models.BooleanField(default=False)
    # How the connection is used. Null: the operator's setting counts.
    calls_at_once = models.PositiveSmallIntegerField(null=True)
    deadline_seconds = models.PositiveIntegerField(null=True)
    can_stream = models.BooleanField(default=True)
    can_respond = models.BooleanField(default=True)
    text_model = models.CharField(max_length=80, default=TEXT_MODEL)  # leads the talk in the Responses API
    position = models.PositiveSmallIntegerField(null=True)  # among those that take over in an outage; null: never
    is_offered = models.BooleanField(default=False)  # may be chosen for a run, a preset or an API key
    projects = ArrayField(models.CharField(max_length=PROJECT_CHARACTERS), default=list)  # whose runs use it
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.UNKNOWN)
    health_sentence = models.CharField(max_length=300, blank=True)
    health_checked_at = models.DateTimeField(null=True)
    # What tests and real calls have shown. Null: nothing yet.
    latency_milliseconds = models.PositiveIntegerField(null=True)
    image_models = models.JSONField(null=True)  # ids of the models that make pictures, as the provider lists them
    has_streamed = models.BooleanField(null=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "name"], name="one_connection_per_name"),
            models.UniqueConstraint(fields=["org"], condition=models.Q(is_default=True), name="one_default_connection"),
            models.CheckConstraint(
                condition=models.Q(kind__in=["sandbox", "operator"]) | ~models.Q(base_url=""),
                name="connection_says_where",
            ),
            models.CheckConstraint(
                condition=~models.Q(calls_at_once=0) & ~models.Q(deadline_seconds=0), name="connection_limits_let_work"
            ),
            models.CheckConstraint(
                condition=~models.Q(kind="sandbox") | models.Q(position=None), name="sandbox_never_takes_over"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_testing(self) -> bool:
        """Return whether a test is under way. One whose worker died ends after TEST_IS_LOST_AFTER."""
        began = self.health_checked_at
        return self.health == Health.TESTING and began is not None and timezone.now() - began < TEST_IS_LOST_AFTER

    @property
    def traits(self) -> Kind:
        return provider_kinds.KINDS[self.kind]

    @property
    def leading_model(self) -> str:
        """Return the text model that leads a talk. For a lent key the operator, who pays, decides it."""
        return TEXT_MODEL if self.traits.is_lent else self.text_model

    def lists(self, model: str) -> bool:
        """Return whether the provider has this model, or whether that is unknown."""
        return not self.image_models or model in self.image_models

    @property
    def has_key(self) -> bool:
        return self.sealed_key != ""

    @property
    def most_calls_at_once(self) -> int:
        return self.calls_at_once or int(settings.CONNECTION_CALLS_AT_ONCE)

    @property
    def longest_seconds(self) -> int:
        longest = self.deadline_seconds or int(settings.PROVIDER_DEADLINE_SECONDS)
        return min(longest, PLAY_SECONDS) if self.traits.is_play else longest
