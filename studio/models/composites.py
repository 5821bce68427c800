from django.db import models
from django.db.models.functions import Now

from saas.database.tenancy import TenantModel
from saas.queue.due import DueTicket

PPM_PER_PERCENT = 10_000


class Composite(TenantModel):
    """An output with everything outside the mask put back from the input. The output itself stays as it came; `heat`
    shows where it differs from the input outside the mask."""

    class State(models.TextChoices):
        WAITING = "waiting", "Being put together"
        MADE = "made", "Kept exactly"
        FAILED = "failed", "As it came"

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="composites")
    output = models.OneToOneField("studio.Output", on_delete=models.CASCADE, related_name="composite")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    feather = models.PositiveSmallIntegerField()
    sentence = models.CharField(max_length=300, blank=True)  # why it failed
    file = models.CharField(max_length=200, blank=True)
    preview = models.CharField(max_length=200, blank=True)
    thumbnail = models.CharField(max_length=200, blank=True)
    heat = models.CharField(max_length=200, blank=True)
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    size_bytes = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)
    changed_ppm = models.PositiveIntegerField(null=True)  # of the kept area, by the model, before it was put back
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=["waiting", "made", "failed"]), name="composite_state"),
            models.CheckConstraint(condition=models.Q(feather__lte=64), name="composite_feather"),
        ]

    def __str__(self) -> str:
        return f"{self.output_id} {self.state}"

    @property
    def is_made(self) -> bool:
        return self.state == self.State.MADE

    @property
    def format(self) -> str:
        return "png"

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def files(self) -> list[str]:
        return [name for name in (self.file, self.preview, self.thumbnail, self.heat) if name]

    @property
    def changed_percent(self) -> str:
        """Format the changed share for a sentence: “0.8”, “12”, “less than 0.1”."""
        if not self.changed_ppm:
            return "0"
        percent = self.changed_ppm / PPM_PER_PERCENT
        if percent < 0.1:  # noqa: PLR2004 the least that one decimal can say
            return "less than 0.1"
        return f"{percent:.1f}" if percent < 10 else f"{percent:.0f}"  # noqa: PLR2004 more would be false precision

    def end(self, state: str, **values: object) -> bool:
        """End the composite. Return False if it had ended already, so that of two workers only one records an end."""
        waiting = Composite.objects.filter(pk=self.pk, state=self.State.WAITING)
        return waiting.update(state=state, ended_at=Now(), **values) == 1


class CompositeTicket(DueTicket):
    """A waiting composite."""

    output_code = models.UUIDField(unique=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.output_code)
