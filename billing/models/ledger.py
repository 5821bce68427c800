"""Define the ledger, which only grows. What was paid is the sum of `micros`, over any selection of entries."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from saas.database.tenancy import TenantModel


class EntryKind(models.TextChoices):
    CHARGE = "charge", "Charge"
    UNCERTAIN = "uncertain", "May have been charged"
    RESOLUTION = "resolution", "Resolved"
    CORRECTION = "correction", "Correction"


ONCE = (EntryKind.CHARGE, EntryKind.UNCERTAIN, EntryKind.RESOLUTION)  # at most once for each hold


class Entry(TenantModel):
    """One charge, uncertain charge, resolution or correction. Names and prices are as they were, so that the entry can
    be read after the person, the key or the connection is deleted."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.DO_NOTHING, related_name="ledger")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False)
    counted_on = models.DateField()  # the organization's day when its money was held; sums and months count by it
    held_on = models.DateField(null=True, editable=False)  # the original day, if its month was closed: see ClosedMonth
    kind = models.CharField(max_length=10, choices=EntryKind.choices)
    is_play = models.BooleanField(default=False)  # the sandbox's: priced like real pictures, never paid
    micros = models.BigIntegerField()  # what it adds to what was paid; negative in some corrections
    open_micros = models.BigIntegerField(default=0)  # of an uncertain charge: what stays held until it is resolved
    images = models.SmallIntegerField(default=0)
    is_estimated = models.BooleanField(default=False)  # the provider did not say what was used
    text_in = models.PositiveIntegerField(default=0)  # tokens
    image_in = models.PositiveIntegerField(default=0)
    cached_text = models.PositiveIntegerField(default=0)  # of those that came in
    cached_image = models.PositiveIntegerField(default=0)
    image_out = models.PositiveIntegerField(default=0)
    text_out = models.PositiveIntegerField(default=0)
    # Of the text model that leads a talk (Responses API), at prices of its own.
    talk_in = models.PositiveIntegerField(default=0, db_default=0)
    talk_cached = models.PositiveIntegerField(default=0, db_default=0)
    talk_out = models.PositiveIntegerField(default=0, db_default=0)
    tariff = models.JSONField(default=dict)  # billing.prices.Tariff as it was agreed; names the price row
    # What it paid for.
    run_code = models.UUIDField()
    slot_code = models.UUIDField()
    attempt = models.PositiveSmallIntegerField()
    run_kind = models.CharField(max_length=10, blank=True)
    model = models.CharField(max_length=80, blank=True)
    quality = models.CharField(max_length=20, blank=True)
    size = models.CharField(max_length=20, blank=True)
    project = models.CharField(max_length=80, blank=True)
    request_id = models.CharField(max_length=120, blank=True)  # the provider's
    # Who asked, with which key, by which connection.
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.DO_NOTHING, db_constraint=False, related_name="+"
    )
    user_label = models.CharField(max_length=254)
    key_code = models.UUIDField(null=True)
    key_label = models.CharField(max_length=80, blank=True)
    connection_code = models.UUIDField(null=True)
    connection_label = models.CharField(max_length=80, blank=True)
    # Of resolutions and corrections: who said so, and why.
    by_label = models.CharField(max_length=254, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["org", "slot_code", "attempt", "kind"],
                condition=Q(kind__in=["charge", "uncertain", "resolution"]),
                name="one_entry_of_a_kind_per_hold",
            ),
            models.CheckConstraint(
                condition=Q(kind="correction") | Q(micros__gte=0), name="only_corrections_are_negative"
            ),
            models.CheckConstraint(
                condition=~Q(kind="uncertain") | Q(micros=0, images=0), name="what_is_uncertain_is_not_paid_yet"
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-id"]),
            models.Index(fields=["org", "is_play", "counted_on"]),
            models.Index(fields=["org", "user", "counted_on"]),
            models.Index(fields=["run_code"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.micros}"


class Snapshot(TenantModel):
    """The sum of an organization's ledger up to one entry. Totals start from the newest snapshot."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.DO_NOTHING, related_name="ledger_snapshots")
    at = models.DateTimeField(default=timezone.now, editable=False)
    is_play = models.BooleanField()
    last_entry_id = models.BigIntegerField()
    micros = models.BigIntegerField()
    images = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "is_play", "last_entry_id"], name="one_snapshot_per_cursor")
        ]

    def __str__(self) -> str:
        return f"{self.micros} up to {self.last_entry_id}"
