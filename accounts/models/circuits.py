from django.contrib.postgres.fields import ArrayField
from django.db import models


class Circuit(models.Model):
    """Whether a connection may be asked now. It holds ids and times, and no organization's name or requests: the line
    reads it for all organizations together, so it is no tenant table. A connection that never failed has no row. Every
    time is of the database's clock."""

    connection_id = models.BigIntegerField(primary_key=True)
    outages = models.PositiveSmallIntegerField(default=0)  # in a row, each of a different request
    # The requests that failed in a row, by likeness, and the people who made them. None of these requests may probe the
    # connection.
    causes = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    makers = ArrayField(models.BigIntegerField(), default=list, db_default=[])
    first_outage_at = models.DateTimeField(null=True)  # of this row
    openings = models.PositiveSmallIntegerField(default=0)  # in a row: each lasts longer than the one before
    opened_at = models.DateTimeField(null=True)  # the first of these openings
    open_until = models.DateTimeField(null=True)  # null: closed. After this time one call may try
    prober_id = models.BigIntegerField(null=True)  # the ticket of the call that tries
    probe_until = models.DateTimeField(null=True)  # after it another call may try, even if this one still runs
    has_standby = models.BooleanField(default=False)  # what waits for this connection may move to another

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(open_until=None) | models.Q(opened_at__isnull=False),
                name="open_circuit_says_since_when",
            )
        ]

    def __str__(self) -> str:
        return f"{self.connection_id} {'open' if self.is_open else 'closed'}"

    @property
    def is_open(self) -> bool:
        return self.open_until is not None

    def is_open_for(self, maker_id: int) -> bool:
        """Return whether this person's requests wait. If all failures are of one person's requests, only that person's
        wait."""
        return self.is_open and (len(self.makers) != 1 or maker_id in self.makers)
