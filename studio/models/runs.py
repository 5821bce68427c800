import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.utils import timezone
from psycopg.types.json import Jsonb

from saas.tenancy import TenantModel

ADD_EVENT = """
WITH next AS (
    UPDATE studio_run SET last_seq = last_seq + 1 WHERE id = %(run)s
    RETURNING org_id, id AS run_id, last_seq AS seq, clock_timestamp() AS at, visibility
)
INSERT INTO studio_runevent (org_id, run_id, seq, at, type, slot_index, data)
SELECT org_id, run_id, seq, at, %(type)s, %(slot_index)s, %(data)s FROM next
RETURNING id, seq, at, (SELECT visibility FROM next)
"""


class Kind(models.TextChoices):
    GENERATE = "generate", "Generate"
    EDIT = "edit", "Edit"
    RESPOND = "respond", "Respond"


class State(models.TextChoices):
    """Of a run and of a slot. Everything after RUNNING is an end."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Developing"
    SUCCEEDED = "succeeded", "Finished"
    FAILED = "failed", "Failed"
    REFUSED = "refused", "Refused"
    CANCELLED = "cancelled", "Cancelled"
    UNKNOWN = "unknown", "Unknown"


LIVE = (State.QUEUED, State.RUNNING)
ENDS = tuple(state for state in State if state not in LIVE)
# When no slot succeeded, the gravest end is the run's.
GRAVITY = (State.UNKNOWN, State.FAILED, State.REFUSED, State.CANCELLED)


class Charged(models.TextChoices):
    """Whether the provider has taken money for something."""

    NO = "no", "Not charged"
    YES = "yes", "Charged"
    PERHAPS = "perhaps", "May have been charged"


class Visibility(models.TextChoices):
    TEAM = "team", "The team's"
    PRIVATE = "private", "Only its maker's"


class Relation(models.TextChoices):
    """What a run took from the run that it came from."""

    NONE = "", "On its own"
    REMIX = "remix", "Remix"
    EDIT = "edit", "Edit"
    PRINT = "print", "Print of a proof"


class Run(TenantModel):
    """What somebody asked for: a prompt with its parameters, as one picture or several, each in a slot."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="runs")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    api_key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.SET_NULL, related_name="+")
    connection = models.ForeignKey(
        "accounts.ProviderConnection", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    kind = models.CharField(max_length=10, choices=Kind.choices)
    model = models.CharField(max_length=80)
    prompt = models.TextField()
    asked = models.JSONField()  # the whole spec, as it was asked
    count = models.PositiveSmallIntegerField()
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.TEAM)
    project = models.CharField(max_length=80, blank=True)  # what it was made for: finance sums by it
    end_user = models.CharField(max_length=200, blank=True)  # whom a program asks for, in its own words
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    relation = models.CharField(max_length=10, choices=Relation.choices, blank=True)
    # Asked twice with one key, the same run answers: a double click, a program that tries again.
    request_key = models.CharField(max_length=64, blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    last_seq = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="run_state_exists"),
            models.CheckConstraint(condition=models.Q(count__range=(1, 10)), name="run_has_one_to_ten_slots"),
            models.UniqueConstraint(
                fields=["org", "maker", "request_key"],
                condition=~models.Q(request_key=""),
                name="one_run_per_request_key",
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-id"]),
            models.Index(fields=["org", "maker", "-id"]),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_proof(self) -> bool:
        """Cheap drafts, of which the keepers are printed."""
        return bool(self.asked.get("quality") == "low")

    @property
    def is_moving(self) -> bool:
        """Whether more will come: of the run, or of a composite after it. Of slots that are at hand with theirs."""
        return self.is_live or any(hasattr(slot, "output") and slot.output.is_being_kept for slot in self.slots.all())

    @property
    def keeper_count(self) -> int:
        """Of slots that are at hand with their outputs."""
        return sum(hasattr(slot, "output") and slot.output.is_keeper for slot in self.slots.all())

    def begin(self, now: datetime) -> bool:
        """By the first slot that begins; answers whether it was this one."""
        return Run.objects.filter(pk=self.pk, state=State.QUEUED).update(state=State.RUNNING, started_at=now) == 1

    def end(self, state: State, now: datetime) -> bool:
        """From whatever else it was: a picture that comes late changes even an end."""
        return Run.objects.filter(pk=self.pk).exclude(state=state).update(state=state, ended_at=now) == 1

    def reopen(self) -> bool:
        """A slot is tried again."""
        return Run.objects.filter(pk=self.pk, state__in=ENDS).update(state=State.QUEUED, ended_at=None) == 1

    def add_event(self, type: str, slot_index: int | None, data: dict[str, Any]) -> "RunEvent":  # noqa: A002 as below
        """Takes the run's row lock, so that events of a run come one after another without a gap. The time is the
        database's, so that no worker's clock puts an answer before its question. Who may see the run may have changed
        since it was read."""
        event = RunEvent(org_id=self.org_id, run=self, type=type, slot_index=slot_index, data=data)
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"run": self.pk, "type": type, "slot_index": slot_index, "data": Jsonb(data)}
            cursor.execute(ADD_EVENT, values)
            event.pk, event.seq, event.at, self.visibility = cursor.fetchone()
        return event


class RunEvent(TenantModel):
    """What happened, in order. A page that was away asks for all after its last sequence; a replay reads them all."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="run_events")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="events")
    seq = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now, editable=False)
    type = models.CharField(max_length=12)
    slot_index = models.PositiveSmallIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "seq"], name="one_event_per_sequence")]

    def __str__(self) -> str:
        return f"{self.seq} {self.type}"

    def as_message(self, run_code: str) -> dict[str, Any]:
        message = {"v": 1, "run": run_code, "seq": self.seq, "type": self.type, "at": self.at.isoformat(), **self.data}
        return message if self.slot_index is None else {**message, "slot": self.slot_index}
