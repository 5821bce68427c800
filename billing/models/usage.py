"""Define sums of the ledger by day, so that a page over a million entries reads a few thousand rows."""

from django.db import models

from saas.database.tenancy import TenantModel

DIMENSIONS = ("is_play", "user_id", "key_code", "connection_code", "model", "quality", "run_kind", "project")


class DayUse(TenantModel):
    """The sums of one day, for each combination of the dimensions that usage can be asked by. Made from the ledger, and
    can be made again at any time."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="use")
    day = models.DateField()
    is_play = models.BooleanField()
    user_id = models.BigIntegerField()
    key_code = models.UUIDField(null=True)
    connection_code = models.UUIDField(null=True)
    model = models.CharField(max_length=80)
    quality = models.CharField(max_length=20)
    run_kind = models.CharField(max_length=10)
    project = models.CharField(max_length=80)
    user_label = models.CharField(max_length=254)
    key_label = models.CharField(max_length=80)
    connection_label = models.CharField(max_length=80)
    micros = models.BigIntegerField()
    images = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "day", *DIMENSIONS], name="one_sum_a_day", nulls_distinct=False)
        ]
        indexes = [models.Index(fields=["org", "is_play", "user_id", "day"])]

    def __str__(self) -> str:
        return f"{self.day} {self.micros}"


class DimensionUse(TenantModel):
    """The same sums by one dimension alone, for pages without a filter: however many combinations there are, a day has
    only as many of these rows as it had people, keys, models and so on."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="use_by_dimension")
    dimension = models.CharField(max_length=12)  # as billing.usage.EVERY_BY names it
    day = models.DateField()
    is_play = models.BooleanField()
    key = models.CharField(max_length=80)
    label = models.CharField(max_length=254)
    micros = models.BigIntegerField()
    images = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["org", "is_play", "dimension", "day", "key"], name="one_sum_a_day_and_dimension"
            )
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.key} {self.day} {self.micros}"


class UseCursor(TenantModel):
    """The entry up to which an organization's ledger has been added up."""

    org = models.OneToOneField("accounts.Organization", on_delete=models.CASCADE, related_name="use_cursor")
    last_entry_id = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_entry_id)
