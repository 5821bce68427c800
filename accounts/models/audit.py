import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.database.tenancy import TenantModel


class AuditEntry(TenantModel):
    """A row that says who did what, to whom, when and from where. The database refuses to change or delete a row."""

    # Null: an act of the operator that spans organizations.
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
    # Names as they were, so that the entry can be read after the person or the thing is deleted.
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
