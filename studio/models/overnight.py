import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone

from saas.database.tenancy import TenantModel
from saas.queue.due import DueTicket
from studio.models.slots import Slot


class ChunkState(models.TextChoices):
    GATHERING = "gathering", "Being filled"
    WRITTEN = "written", "Written down"  # from here on a batch of it may exist at the provider
    SENT = "sent", "At the provider"
    CANCELLING = "cancelling", "Being called back"
    ENDED = "ended", "Ended"


OPEN_CHUNKS = tuple(state for state in ChunkState if state != ChunkState.ENDED)


class Chunk(TenantModel):
    """Requests of overnight runs that go to a provider as one batch: of one connection, endpoint and model."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="chunks")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)  # in the metadata of its batch
    connection = models.ForeignKey(
        "accounts.ProviderConnection", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    endpoint = models.CharField(max_length=40)
    model = models.CharField(max_length=80)
    goes_live = models.BooleanField(default=False)  # what is missing at the deadline is made by day
    deadline_at = models.DateTimeField()
    state = models.CharField(max_length=12, choices=ChunkState.choices, default=ChunkState.GATHERING)
    line_count = models.PositiveSmallIntegerField(default=0)
    expected_bytes = models.PositiveBigIntegerField(default=0)  # of its results
    tries = models.PositiveSmallIntegerField(default=0)  # to create its batch
    lost_count = models.PositiveSmallIntegerField(default=0)  # how often in a row the provider did not know it
    batch_id = models.CharField(max_length=120, blank=True)
    alarm = models.CharField(max_length=300, blank=True)  # why its results do not add up
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ChunkState.values), name="chunk_state_exists"),
        ]
        indexes = [models.Index(fields=["org", "state"], condition=~Q(state="ended"), name="open_chunks")]

    def __str__(self) -> str:
        return f"{self.code} {self.state}"

    def move(self, state: ChunkState, *, out_of: tuple[ChunkState, ...], **values: object) -> bool:
        """Enter a state. Return False if the chunk was in none of those that it may come out of."""
        found = Chunk.objects.filter(pk=self.pk, state__in=out_of)
        if found.update(state=state, **values) != 1:
            return False
        for name, value in {"state": state, **values}.items():
            setattr(self, name, value)
        return True

    @property
    def age_seconds(self) -> float:
        since: datetime = self.sent_at or self.created_at
        return (timezone.now() - since).total_seconds()


class ChunkLine(TenantModel):
    """A slot's place in a chunk. It is open until the slot has ended, or goes live."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="chunk_lines")
    chunk = models.ForeignKey(Chunk, on_delete=models.CASCADE, related_name="lines")
    slot = models.OneToOneField(Slot, on_delete=models.CASCADE, related_name="chunk_line")
    is_open = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["chunk"], condition=Q(is_open=True), name="open_chunk_lines")]

    def __str__(self) -> str:
        return f"{self.chunk_id}/{self.slot_id}"


class ChunkTicket(DueTicket):
    """A chunk that has not ended. It comes due each time that its next step may be taken."""

    chunk_code = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return str(self.chunk_code)
