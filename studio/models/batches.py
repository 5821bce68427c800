import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from saas.database.tenancy import TenantModel
from saas.queue.due import PersonsDueTicket
from studio.models.runs import Lane, Run


class BatchFile(TenantModel):
    """A file of requests that a program sent for a batch, or the list of a batch's results. Results have no file in
    storage: each download is written from the pictures in the gallery."""

    class Purpose(models.TextChoices):
        BATCH = "batch", "Requests"
        OUTPUT = "batch_output", "Results"

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="batch_files")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=20, choices=Purpose.choices, default=Purpose.BATCH)
    name = models.CharField(max_length=200)
    file = models.CharField(max_length=200, blank=True)
    size_bytes = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["org", "giver", "-id"], name="batch_files_of_a_person"),
            models.Index(fields=["expires_at"], condition=Q(expires_at__isnull=False), name="batch_files_that_expire"),
        ]

    def __str__(self) -> str:
        return self.name


class BatchState(models.TextChoices):
    """The state of a batch, in the words of OpenAI's API."""

    VALIDATING = "validating", "Being checked"
    FAILED = "failed", "Refused"
    IN_PROGRESS = "in_progress", "In work"
    FINALIZING = "finalizing", "Being finished"
    COMPLETED = "completed", "Completed"
    EXPIRED = "expired", "Expired"
    CANCELLING = "cancelling", "Being cancelled"
    CANCELLED = "cancelled", "Cancelled"


OPEN_BATCHES = (BatchState.VALIDATING, BatchState.IN_PROGRESS, BatchState.FINALIZING, BatchState.CANCELLING)


class Batch(TenantModel):
    """Requests that a program sent in one file, each of which becomes a run."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="batches")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    api_key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.SET_NULL, related_name="+")
    endpoint = models.CharField(max_length=40)
    metadata = models.JSONField(null=True)
    model = models.CharField(max_length=80, blank=True)
    lane = models.CharField(max_length=10, choices=Lane.choices, default=Lane.NOW)  # of its runs
    input_code = models.UUIDField()  # of its file, which may be deleted before it
    input_file = models.ForeignKey(BatchFile, null=True, on_delete=models.SET_NULL, related_name="batches")
    output_file = models.OneToOneField(BatchFile, null=True, on_delete=models.SET_NULL, related_name="results_of")
    error_file = models.OneToOneField(BatchFile, null=True, on_delete=models.SET_NULL, related_name="errors_of")
    output_seconds = models.PositiveIntegerField(null=True)  # how long its results can be fetched, if not the usual
    faults = models.JSONField(default=list)  # why it failed: code, line, message and param of each fault
    total = models.PositiveIntegerField(default=0)
    completed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    usage = models.JSONField(null=True)
    request_key = models.CharField(max_length=64, blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    state = models.CharField(max_length=12, choices=BatchState.choices, default=BatchState.VALIDATING)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    in_progress_at = models.DateTimeField(null=True)
    finalizing_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    cancelling_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=BatchState.values), name="batch_state_exists"),
            models.UniqueConstraint(
                fields=["org", "maker", "request_key"], condition=~Q(request_key=""), name="one_batch_per_request_key"
            ),
        ]
        indexes = [models.Index(fields=["org", "maker", "-id"], name="batches_of_a_person")]

    def __str__(self) -> str:
        return f"{self.code} {self.state}"

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_BATCHES

    def move(self, state: BatchState, *, out_of: tuple[BatchState, ...], now: datetime, **values: object) -> bool:
        """Enter a state, and note when. Return False if the batch was in none of the states that it may come out of."""
        changes = {"state": state, f"{state.value}_at": now, **values}
        if Batch.objects.filter(pk=self.pk, state__in=out_of).update(**changes) != 1:
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True


class BatchLine(TenantModel):
    """One request of a batch: where it is in the file, and the run that it became."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "In work"
        COMPLETED = "completed", "Completed"
        FAILED = "failed", "Failed"

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="batch_lines")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="lines")
    number = models.PositiveIntegerField()  # in the file, from 1
    custom_id = models.CharField(max_length=512)
    offset = models.PositiveBigIntegerField()  # in bytes from the beginning of the file
    size_bytes = models.PositiveBigIntegerField()
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="batch_lines")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    refusal = models.JSONField(null=True)  # why it has no run: a status and the error, or the error alone

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "number"], name="one_line_per_number"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "completed", "failed"]), name="batch_line_state_exists"
            ),
        ]
        indexes = [models.Index(fields=["batch", "state", "number"], name="batch_lines_by_state")]

    def __str__(self) -> str:
        return f"{self.batch_id}/{self.number} {self.state}"


class BatchTicket(PersonsDueTicket):
    """A batch that is not finished. It comes due each time that its next step may be taken."""

    batch_code = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return str(self.batch_code)
