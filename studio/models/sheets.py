import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership
from saas.database.tenancy import TenantModel
from saas.queue.due import PersonsDueTicket
from studio.models.outputs import Output
from studio.models.runs import Run, Visibility

NAME_CHARACTERS, COLUMN_CHARACTERS, NAMES_CHARACTERS, REASON_CHARACTERS = 80, 80, 200, 400


class SheetState(models.TextChoices):
    READY = "ready", "Ready"
    RUNNING = "running", "Being made"
    PAUSED = "paused", "Paused"
    WAITING = "waiting", "Waiting for money"
    FINISHED = "finished", "Finished"
    CANCELLED = "cancelled", "Cancelled"


class SheetLane(models.TextChoices):
    NOW = "now", "Now"
    PROOF = "proof", "Proofs first"
    OVERNIGHT = "overnight", "Overnight"


class RowState(models.TextChoices):
    READY = "ready", "Waiting"
    RUNNING = "running", "Being made"
    FINISHED = "finished", "Finished"
    FAILED = "failed", "Failed"
    FAULTY = "faulty", "Cannot be made"
    CANCELLED = "cancelled", "Cancelled"


ROWS_TO_MAKE = (RowState.READY, RowState.RUNNING)


class SheetQuerySet(models.QuerySet["Sheet"]):
    def visible_to(self, member: Membership) -> "SheetQuerySet":
        """Narrow to the team's sheets and the member's own private ones."""
        return self.filter(Q(visibility=Visibility.TEAM) | Q(maker=member.user_id), org=member.org_id)


class Sheet(TenantModel):
    """A table of which each row becomes a run, or several. Its maker pays, and with a key its key."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="sheets", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    api_key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.SET_NULL, related_name="+")
    has_key = models.BooleanField(default=False)  # without it, nothing more begins
    name = models.CharField(max_length=NAME_CHARACTERS)
    state = models.CharField(max_length=10, choices=SheetState.choices, default=SheetState.READY)
    reason = models.CharField(max_length=REASON_CHARACTERS, blank=True)  # why it is paused, or what it waits for
    lane = models.CharField(max_length=10, choices=SheetLane.choices, default=SheetLane.NOW)
    concurrency = models.PositiveSmallIntegerField(default=0)  # 0: as many as the connection allows
    deadline_at = models.DateTimeField(null=True)  # of what is made overnight; None: a day
    goes_live = models.BooleanField(default=False)  # what is missing then is made by day, at the full price
    sample = models.PositiveSmallIntegerField(null=True)  # rows that may still begin before it pauses; None: all
    columns = ArrayField(models.CharField(max_length=COLUMN_CHARACTERS))  # that came in
    template = models.TextField(blank=True)  # of the prompt
    mapping = models.JSONField(default=dict)  # what columns were said to be for, and which hold lists
    asked = models.JSONField(default=dict)  # what counts for rows whose cells do not say it
    names = models.CharField(max_length=NAMES_CHARACTERS, blank=True)  # template of the files' names
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.TEAM)
    project = models.CharField(max_length=80, blank=True)
    row_count = models.PositiveIntegerField()  # of the table
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    starts_at = models.DateTimeField(null=True)  # by itself
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = SheetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=SheetState.values), name="sheet_state_exists"),
            models.CheckConstraint(condition=Q(lane__in=SheetLane.values), name="sheet_lane_exists"),
        ]
        indexes = [models.Index(fields=["org", "-id"], name="sheets_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_moving(self) -> bool:
        """Return whether its rows are being made, or wait for money."""
        return self.state in {SheetState.RUNNING, SheetState.WAITING}

    @property
    def has_ended(self) -> bool:
        return self.state in {SheetState.FINISHED, SheetState.CANCELLED}

    def move(self, state: SheetState, *, since: "list[SheetState] | tuple[SheetState, ...]", **values: object) -> bool:
        """Change the state, from one of these. Return whether this call did it."""
        moved = Sheet.objects.filter(pk=self.pk, state__in=since).update(state=state, **values) == 1
        if moved:
            self.state = state
            for name, value in values.items():
                setattr(self, name, value)
        return moved


class SheetRow(TenantModel):
    """One thing to make: a row of the table, or one variant of it. It is bound to its run in the transaction that
    submits the run."""

    org = models.ForeignKey(
        "accounts.Organization", on_delete=models.CASCADE, related_name="sheet_rows", db_index=False
    )
    sheet = models.ForeignKey(Sheet, on_delete=models.CASCADE, related_name="rows", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    number = models.PositiveIntegerField()  # in the table, from 1, without the header
    variant = models.PositiveSmallIntegerField(default=0)
    cells = ArrayField(models.TextField())  # as they came, one for each column
    asked = models.JSONField(default=dict)  # the request that the cells make, with the codes of its pictures
    faults = models.JSONField(default=list)  # [{column, code, message}]
    tags = ArrayField(models.TextField(), default=list)
    collection = models.CharField(max_length=80, blank=True)
    state = models.CharField(max_length=10, choices=RowState.choices, default=RowState.READY)
    pictures = models.PositiveSmallIntegerField(default=0)
    low_micros = models.BigIntegerField(default=0)
    high_micros = models.BigIntegerField(default=0)
    held_micros = models.BigIntegerField(default=0)  # what is held when it begins
    fingerprint = models.BigIntegerField(default=0)  # equal for rows that ask for the same
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="sheet_rows", db_index=False)
    is_reused = models.BooleanField(default=False)  # its run was made for another row, or another sheet
    printed = models.ForeignKey(Output, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    is_print = models.BooleanField(default=False)  # of `printed`, a proof that was starred
    times = models.PositiveSmallIntegerField(default=0)  # that it was submitted
    cost_micros = models.BigIntegerField(default=0)
    error_code = models.CharField(max_length=60, blank=True)
    error_sentence = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["number", "variant"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=RowState.values), name="sheet_row_state_exists"),
            models.UniqueConstraint(fields=["sheet", "number", "variant"], name="one_sheet_row_per_variant"),
            models.UniqueConstraint(
                fields=["run"], condition=Q(run__isnull=False, is_reused=False), name="one_sheet_row_per_run"
            ),
        ]
        indexes = [
            models.Index(fields=["sheet", "state", "number", "variant"], name="sheet_rows_by_state"),
            models.Index(fields=["run"], condition=Q(run__isnull=False), name="sheet_rows_of_run"),
            models.Index(fields=["org", "fingerprint"], condition=~Q(fingerprint=0), name="sheet_rows_alike"),
        ]

    def __str__(self) -> str:
        return f"{self.sheet_id} {self.number}.{self.variant}"

    @property
    def seconds(self) -> float | None:
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()

    def end(self, state: RowState, *, now: datetime, **values: Any) -> bool:
        """End a row that is being made. Return False if it had ended."""
        rows = SheetRow.objects.filter(pk=self.pk, state=RowState.RUNNING)
        return rows.update(state=state, ended_at=now, **values) == 1


class SheetTicket(PersonsDueTicket):
    """A sheet of which rows may begin or have ended: see studio.sheets.drive."""

    sheet_code = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return str(self.sheet_code)
