from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.database.tenancy import TenantModel


class ClosedMonth(TenantModel):
    """A month whose books are closed: no entry is added to it any more. A trigger of the database books a later entry
    in the month after the newest closed one, whatever code writes it (migration 0006). The sums are those at the
    closing; rows are never changed."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.DO_NOTHING, related_name="closed_months")
    month = models.DateField()  # its first day
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    by_label = models.CharField(max_length=254)
    last_entry_id = models.BigIntegerField()  # later entries are not of this month
    micros = models.BigIntegerField()
    images = models.BigIntegerField()
    play_micros = models.BigIntegerField()  # the sandbox's, never paid
    play_images = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "month"], name="a_month_closes_once"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="a_month_begins_on_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%B %Y}"
