from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.tenancy import TenantModel


class ClosedMonth(TenantModel):
    """The books of a month are closed: nothing is added to it any more. A trigger of the database books what comes
    later in the month after the newest closed one, whoever writes it (migration 0006). Sums are as they were then; rows
    are never changed."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.DO_NOTHING, related_name="closed_months")
    month = models.DateField()  # its first day
    at = models.DateTimeField(default=timezone.now, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+")
    by_label = models.CharField(max_length=254)
    last_entry_id = models.BigIntegerField()  # what is written after it is not of this month
    micros = models.BigIntegerField()
    images = models.BigIntegerField()
    play_micros = models.BigIntegerField()  # the sandbox's, which nobody pays
    play_images = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "month"], name="a_month_closes_once"),
            models.CheckConstraint(condition=models.Q(month__day=1), name="a_month_begins_on_its_first_day"),
        ]

    def __str__(self) -> str:
        return f"{self.month:%B %Y}"
