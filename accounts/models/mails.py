from django.db import models
from django.db.models.functions import Now
from django.utils import timezone


class Mail(models.Model):
    """An e-mail that has not gone out yet. Its text and recipients are sealed, because it contains links that open
    accounts. It belongs to no organization: most mails go to people before they have one."""

    sealed = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    due_at = models.DateTimeField(db_default=Now(), db_index=True)  # past it, any worker may send it
    claim = models.UUIDField(null=True)  # token of the newest worker that claimed it
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.pk)
