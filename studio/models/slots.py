import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models.functions import Now

from saas.database.tenancy import TenantModel
from studio.models.runs import ENDS, GRAVITY, LIVE, Charged, Run, State


class Slot(TenantModel):
    """The place of one picture in a run. It may need several tries, each of which is one call of a provider."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="slots")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="slots")
    index = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    tries = models.PositiveSmallIntegerField(default=0)
    tries_before = models.PositiveSmallIntegerField(default=0)  # at another connection, or before it was asked again
    connection = models.ForeignKey(  # the one that was asked last; after an outage, another than the run's
        "accounts.ProviderConnection", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)  # from here on the provider may have charged
    first_partial_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    charged = models.CharField(max_length=10, choices=Charged.choices, default=Charged.NO)
    error_code = models.CharField(max_length=60, blank=True)
    error_sentence = models.CharField(max_length=300, blank=True)
    request_id = models.CharField(max_length=120, blank=True)
    # What the provider really used: size, quality, background, format. If its safety system refused: which stage, and
    # which categories. If it answered in words: the words.
    used = models.JSONField(default=dict)
    usage = models.JSONField(null=True)  # token counts as the provider reported them

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
    def style(self) -> dict[str, Any] | None:
        """Return the style that its picture is made in, as the run remembers it: see Spec.style_of."""
        styles: list[dict[str, Any]] | None = self.run.asked.get("styles")
        return styles[self.index * len(styles) // self.run.count] if styles else None

    @property
    def tries_here(self) -> int:
        return self.tries - self.tries_before

    @property
    def has_failed(self) -> bool:
        """Return whether the slot has ended without a picture."""
        return self.state in ENDS and self.state != State.SUCCEEDED

    @property
    def words(self) -> str:
        """Return what the text model of a talk wrote in place of a picture."""
        return str(self.used.get("words", "")) if self.state == State.ANSWERED else ""

    def put_back(self) -> bool:
        """Queue the slot again. Only right if the provider's answer proved that nothing was made, or if nothing was
        sent."""
        values = {"state": State.QUEUED, "sent_at": None, "first_partial_at": None, "charged": Charged.NO}
        return Slot.objects.filter(pk=self.pk, state=State.RUNNING).update(**values) == 1

    def move(self) -> bool:
        """Start counting tries again for a queued slot that now waits for another connection."""
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
        """Queue an ended slot again, because a person asked for it after seeing what it may cost. Return False if it
        succeeded or has not ended."""
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
    """Return the state of a run with these slots."""
    states = {slot.state for slot in slots}
    if State.RUNNING in states or (State.QUEUED in states and states != {State.QUEUED}):
        return State.RUNNING
    if states == {State.QUEUED}:
        return State.QUEUED
    if State.SUCCEEDED in states:
        return State.SUCCEEDED
    return next(state for state in GRAVITY if state in states)


class Ticket(models.Model):
    """A slot's entry in the line, for workers of all organizations. It has ids and limits and nothing of what was
    asked, so it is no tenant table: a worker can be fair between tenants without access to their rows. It is deleted
    when the slot ends."""

    slot_code = models.UUIDField(unique=True)
    org_id = models.BigIntegerField()
    maker_id = models.BigIntegerField()
    connection_id = models.BigIntegerField()
    org_limit = models.PositiveSmallIntegerField()
    connection_limit = models.PositiveSmallIntegerField()
    not_before = models.DateTimeField(db_default=Now())  # all times in the line are the database's
    worker = models.UUIDField(null=True)  # token of the claim, a new one for each claim; null: waiting
    is_stopping = models.BooleanField(default=False)  # its run was stopped: its worker must leave the provider
    lease_until = models.DateTimeField(null=True)
    likeness = models.BigIntegerField(db_default=0)  # equal for equal requests: see catalogue.fingerprint; 0: unknown
    awaited_at = models.DateTimeField(null=True)  # since when a caller has waited for it with an open request

    class Meta:
        indexes = [
            models.Index(fields=["id"], condition=models.Q(worker=None), name="waiting_tickets"),
            models.Index(fields=["lease_until"], condition=~models.Q(worker=None), name="held_tickets"),
        ]

    def __str__(self) -> str:
        return f"{self.slot_code}"
