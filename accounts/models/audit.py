import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.tenancy import TenantModel


class AuditEntry(TenantModel):
    """Who did what, to whom, when and from where. The database refuses to change or delete a row."""

    # Without an organization: the operator looked at something that spans them.
    org = models.ForeignKey(  # type: ignore[assignment]
        "accounts.Organization", null=True, on_delete=models.DO_NOTHING, related_name="audit_entries"
    )
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    action = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="+",
    )
    # Names as they were: the entry must still read well when the person or the thing is gone.
    actor_label = models.CharField(max_length=254)
    target = models.CharField(max_length=254, blank=True)
    details = models.JSONField(default=dict)
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [models.Index(fields=["org", "-id"])]

    def __str__(self) -> str:
        return f"{self.actor_label} {self.action} {self.target}"
