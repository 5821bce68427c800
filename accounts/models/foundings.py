from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Founding(models.Model):
    """A record that a person founded an organization. A person's foundings are counted across organizations, so this is
    no tenant table: it holds ids and times, nothing of what an organization has or does."""

    org_id = models.BigIntegerField(unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    founded_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)  # when the organization was deleted

    class Meta:
        indexes = [models.Index(fields=["user"], condition=Q(ended_at=None), name="living_foundings")]

    def __str__(self) -> str:
        return f"{self.org_id} by {self.user_id}"
