from django.db import models


class Circuit(models.Model):
    """Whether a connection is worth asking now. Ids and times, nothing of whose or what: the line looks at it for all
    organizations together, so it is no tenant table. A connection that never failed has no row. Every time is of the
    database's clock."""

    connection_id = models.BigIntegerField(primary_key=True)
    outages = models.PositiveSmallIntegerField(default=0)  # in a row
    first_outage_at = models.DateTimeField(null=True)  # of this row
    openings = models.PositiveSmallIntegerField(default=0)  # in a row: each lasts longer than the one before
    opened_at = models.DateTimeField(null=True)  # the first of these openings
    open_until = models.DateTimeField(null=True)  # null: closed. Afterwards one call may try
    prober_id = models.BigIntegerField(null=True)  # the ticket of the call that tries
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
