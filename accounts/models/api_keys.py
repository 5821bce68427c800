import uuid
from datetime import datetime

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from saas.database.tenancy import TenantModel


class Scope(models.TextChoices):
    GENERATE = "generate", "Generate"
    READ = "read", "Read"
    USAGE = "usage", "Usage"
    MANAGE = "manage", "Manage"

    @property
    def explanation(self) -> str:
        return {
            Scope.GENERATE: "make and edit pictures",
            Scope.READ: "see runs and download pictures",
            Scope.USAGE: "read what was used and what it cost",
            Scope.MANAGE: "set up webhooks, see and change everybody's limits",
        }[self]


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    def usable(self, now: datetime) -> "ApiKeyQuerySet":
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class ApiKey(TenantModel):
    """What a program shows to act for a member. The key itself is shown once; only its hash and a readable prefix are
    kept."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="api_keys")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=20)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    # Where its pictures come from, chosen when it was made. Null: from where the organization's pictures come.
    connection = models.ForeignKey(
        "accounts.ProviderConnection", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["org", "-created_at"])]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def revoke(self) -> bool:
        """Revoke the key. Return whether this call revoked it."""
        now = timezone.now()
        was_changed = ApiKey.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now) == 1
        if was_changed:
            self.revoked_at = now
        return was_changed
