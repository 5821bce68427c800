import json
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import Q
from django.utils import timezone
from psycopg.types.json import Jsonb

from accounts.models import Membership
from saas.database import functions
from saas.database.tenancy import TenantModel
from studio.models.wording import own_words

SHEET_KEY = "sheet-"  # how the request keys of runs begin that are made for rows of sheets
ADD_EVENT = "SELECT studio_add_event(%(run)s, %(type)s, %(slot_index)s, %(data)s)"


class Kind(models.TextChoices):
    GENERATE = "generate", "Generate"
    EDIT = "edit", "Edit"
    RESPOND = "respond", "Respond"


class State(models.TextChoices):
    """The state of a run or a slot. All after RUNNING are ends."""

    QUEUED = "queued", "Waiting"
    RUNNING = "running", "Developing"
    SUCCEEDED = "succeeded", "Finished"
    ANSWERED = "answered", "Answered in words"  # a talk may end without a picture
    FAILED = "failed", "Failed"
    REFUSED = "refused", "Refused"
    CANCELLED = "cancelled", "Cancelled"
    UNKNOWN = "unknown", "Unknown"


LIVE = (State.QUEUED, State.RUNNING)
ENDS = tuple(state for state in State if state not in LIVE)
# If no slot succeeded, the run's state is the first of these that a slot has.
GRAVITY = (State.UNKNOWN, State.FAILED, State.ANSWERED, State.REFUSED, State.CANCELLED)


class Charged(models.TextChoices):
    """Whether the provider has charged for a slot."""

    NO = "no", "Not charged"
    YES = "yes", "Charged"
    PERHAPS = "perhaps", "May have been charged"


class Visibility(models.TextChoices):
    TEAM = "team", "The team's"
    PRIVATE = "private", "Only its maker's"


class Lane(models.TextChoices):
    """When a run's pictures are made, and so what they cost."""

    NOW = "now", "Now"
    OVERNIGHT = "overnight", "Overnight, at half price"


class Relation(models.TextChoices):
    """How a run was made from its parent."""

    NONE = "", "On its own"
    REMIX = "remix", "Remix"
    EDIT = "edit", "Edit"
    PRINT = "print", "Print of a proof"


class RunQuerySet(models.QuerySet["Run"]):
    def visible_to(self, member: Membership) -> "RunQuerySet":
        """Narrow to the team's runs and the member's own private ones."""
        return self.filter(Q(visibility=Visibility.TEAM) | Q(maker=member.user_id), org=member.org_id)


class Run(TenantModel):
    """One request: a prompt with its parameters, for one picture or several, each in a slot."""

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
    project = models.CharField(max_length=80, blank=True)  # costs are summed by it
    budget = models.ForeignKey(
        "accounts.Budget", null=True, on_delete=models.RESTRICT, related_name="+", db_index=False
    )
    end_user = models.CharField(max_length=200, blank=True)  # a program's own name for the person it asks for
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    relation = models.CharField(max_length=10, choices=Relation.choices, blank=True)
    lane = models.CharField(max_length=10, choices=Lane.choices, default=Lane.NOW, db_default=Lane.NOW)
    # A second request with the same key (a double click, a program that tries again) gets the same run.
    request_key = models.CharField(max_length=64, blank=True, editable=False)
    request_hash = models.CharField(max_length=64, blank=True, editable=False)
    awaited_by = models.IntegerField(null=True, editable=False)  # id of a web process: see studio.gateway.retrying
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    cancel_asked_at = models.DateTimeField(null=True)
    last_seq = models.PositiveIntegerField(default=0)
    # Since then its pictures, frames and inputs are deleted: see studio.gallery.clear_runs.
    cleared_at = models.DateTimeField(null=True)

    objects = RunQuerySet.as_manager()

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
            models.Index(fields=["budget"], condition=Q(budget__isnull=False), name="runs_of_budgets"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.code}"

    @property
    def title(self) -> str:
        """Return what the person wrote, without what a print or a talk says to the model besides."""
        return own_words(self.prompt)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_of_program(self) -> bool:
        """Return whether a program asked for it, which waits for the picture itself and has no page open."""
        return self.api_key_id is not None

    @property
    def is_of_sheet(self) -> bool:
        """Return whether it is made for a row of a sheet, which waits for its end."""
        return self.request_key.startswith(SHEET_KEY)

    @property
    def is_proof(self) -> bool:
        """Return whether this run makes cheap proofs, of which keepers can be printed."""
        return bool(self.asked.get("quality") == "low")

    @property
    def is_moving(self) -> bool:
        """Return whether more will change: the run is live, or a composite is being made. Slots should be prefetched
        with their outputs and composites."""
        return self.is_live or any(
            hasattr(slot, "output") and slot.output.awaits_composite for slot in self.slots.all()
        )

    @property
    def keeper_count(self) -> int:
        """Count the keepers. Slots should be prefetched with their outputs."""
        return sum(hasattr(slot, "output") and slot.output.is_keeper for slot in self.slots.all())

    def end(self, state: State, now: datetime) -> bool:
        """End the run, from any other state: a picture that comes late changes even a state that is an end. Return
        False if the run was in this state already."""
        return Run.objects.filter(pk=self.pk).exclude(state=state).update(state=state, ended_at=now) == 1

    def reopen(self) -> bool:
        """Queue an ended run again, because a slot is tried again. Return False if it had not ended."""
        return Run.objects.filter(pk=self.pk, state__in=ENDS).update(state=State.QUEUED, ended_at=None) == 1

    def add_event(self, type: str, slot_index: int | None, data: dict[str, Any]) -> "RunEvent":  # noqa: A002 as below
        """Add an event to the run. The run's row is locked until the transaction ends, so that events commit in the
        order of their numbers. The run's visibility is read again, as it may have changed since the run was loaded."""
        with connection.cursor() as cursor:
            values: dict[str, Any] = {"run": self.pk, "type": type, "slot_index": slot_index, "data": Jsonb(data)}
            cursor.execute(ADD_EVENT, values)
            (told,) = cursor.fetchone()
        return self.event_of(json.loads(told))

    def event_of(self, told: Mapping[str, Any]) -> "RunEvent":
        """Return an event that a function of the database has added, and learn the run's visibility from it."""
        self.visibility = told["visibility"]
        event = functions.row(RunEvent, told)
        event.run = self
        return event


class RunEvent(TenantModel):
    """An event of a run, numbered in order. A page that was offline asks for all after its last sequence; a replay
    reads them all."""

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
