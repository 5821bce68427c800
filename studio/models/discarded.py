from django.db import models
from django.db.models.functions import Now


class DiscardedFile(models.Model):
    """A file that no row names any more and that storage has not deleted yet. Its name consists of codes and reveals
    nothing of its content, so this is no tenant table."""

    name = models.CharField(max_length=300, unique=True)
    org_id = models.BigIntegerField()
    due_at = models.DateTimeField(db_default=Now(), db_index=True)

    def __str__(self) -> str:
        return self.name
