import uuid
from collections.abc import Iterable
from datetime import datetime

from django.db import models
from django.db.models.functions import Now

from accounts.models import ProviderConnection
from saas.tenancy import TenantModel
from studio.models.runs import ENDS, GRAVITY, LIVE, Charged, Run, State


class Slot(TenantModel):
    """One picture of a run: one call of the provider."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="slots")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="slots")
    index = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    tries_before = models.PositiveSmallIntegerField(default=0)  # at another connection, or before it was asked again
    connection = models.ForeignKey(  # who was asked last; another than the run's where that one had an outage
        "accounts.ProviderConnection", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # from here on the provider may have taken money
    first_partial_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    charged = models.CharField(max_length=10, choices=Charged.choices, default=Charged.NO)
    error_code = models.CharField(max_length=60, blank=True)
    error_sentence = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    used = models.JSONField(default=dict)  # what the provider really took: size, quality, background, format
    usage = models.JSONField(null=True)  # tokens, in the provider's words

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "index"], name="one_slot_per_index"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="slot_state_exists"),
        ]
        indexes = [
            models.Index(
                fields=["org", "state", "-id"], condition=~models.Q(state=State.SUCCEEDED), name="slots_unfinished"
            )
        ]

    def __str__(self) -> str:
        return f"{self.run_id}/{self.index} {self.state}"

    @property
    def tries_here(self) -> int:
        return self.tries - self.tries_before

    def begin(self, now: datetime, connection: ProviderConnection | None) -> bool:
        """By whoever holds its ticket, so that nobody else counts its tries meanwhile."""
        values = {"state": State.RUNNING, "started_at": now, "tries": self.tries + 1, "connection": connection}
        if not Slot.objects.filter(pk=self.pk, state=State.QUEUED, tries=self.tries).update(**values):
            return False
        for name, value in values.items():
            setattr(self, name, value)
        return True

    def note_sent(self, now: datetime) -> bool:
        """Before the first byte leaves. Whoever finds it set and no end must not ask the provider again."""
        return Slot.objects.filter(pk=self.pk, state=State.RUNNING).update(sent_at=now, charged=Charged.PERHAPS) == 1

    def put_back(self) -> bool:
        """Nothing was made, which the provider's answer proved or which is plain since nothing was sent."""
        values = {"state": State.QUEUED, "sent_at": None, "first_partial_at": None, "charged": Charged.NO}
        return Slot.objects.filter(pk=self.pk, state=State.RUNNING).update(**values) == 1

    def move(self) -> bool:
        """Waits for another connection now, and its tries there begin anew."""
        return Slot.objects.filter(pk=self.pk, state=State.QUEUED).update(tries_before=models.F("tries")) == 1

    def end(
        self, state: State, *, charged: Charged, now: datetime, error_code: str = "", error_sentence: str = ""
    ) -> bool:
        values = {
            "state": state,
            "charged": charged,
            "ended_at": now,
            "error_code": error_code[:60],
            "error_sentence": error_sentence[:300],
        }
        return Slot.objects.filter(pk=self.pk, state__in=LIVE).update(**values) == 1

    def reopen(self) -> bool:
        """To be tried again by a person who was told what it may cost."""
        values = {
            "state": State.QUEUED,
            "started_at": None,
            "sent_at": None,
            "first_partial_at": None,
            "ended_at": None,
            "charged": Charged.NO,
            "error_code": "",
            "error_sentence": "",
            "request_id": "",
            "tries_before": models.F("tries"),
        }
        ended = [state for state in ENDS if state != State.SUCCEEDED]
        return Slot.objects.filter(pk=self.pk, state__in=ended).update(**values) == 1


def state_of(slots: Iterable[Slot]) -> State:
    """What a run is when its slots are these."""
    states = {slot.state for slot in slots}
    if State.RUNNING in states or (State.QUEUED in states and states != {State.QUEUED}):
        return State.RUNNING
    if states == {State.QUEUED}:
        return State.QUEUED
    if State.SUCCEEDED in states:
        return State.SUCCEEDED
    return next(state for state in GRAVITY if state in states)


class Ticket(models.Model):
    """A slot's place in the line, for all organizations together: ids and limits, nothing of what was asked. So it is
    no tenant table, and a worker can be fair between tenants without seeing any. It lives as long as its slot does."""

    slot_code = models.UUIDField(unique=True)
    org_id = models.BigIntegerField()
    maker_id = models.BigIntegerField()
    connection_id = models.BigIntegerField()
    org_limit = models.PositiveSmallIntegerField()
    connection_limit = models.PositiveSmallIntegerField()
    not_before = models.DateTimeField(db_default=Now())  # every time in the line is of the database's clock
    worker = models.UUIDField(null=True)  # who holds it
    is_stopping = models.BooleanField(default=False)  # somebody stopped its run; its worker shall leave the provider
    lease_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(worker=None), name="waiting_tickets"),
            models.Index(fields=["lease_until"], condition=~models.Q(worker=None), name="held_tickets"),
        ]

    def __str__(self) -> str:
        return f"{self.slot_code}"
