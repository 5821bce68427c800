import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.database.tenancy import TenantModel
from studio.models.outputs import Output
from studio.models.runs import Run
from studio.models.slots import Slot


class Partial(TenantModel):
    """A partial that a provider sent while a picture was made, kept as it came."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="partials")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="partials")
    index = models.PositiveSmallIntegerField()
    tried = models.PositiveSmallIntegerField()  # which try of the slot it came from
    file = models.CharField(max_length=200)
    preview = models.CharField(max_length=200, blank=True)  # empty in runs of programs
    size_bytes = models.PositiveIntegerField()
    at = models.DateTimeField(default=timezone.now, editable=False)

    @property
    def small_file(self) -> str:
        """Return the preview, or the partial itself, which is not large, if it has none."""
        return self.preview or self.file

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slot", "tried", "index"], name="one_partial_per_index")]

    def __str__(self) -> str:
        return f"{self.slot_id} P{self.index}"


class Input(TenantModel):
    """A picture that a person or program uploaded or chose: the original, and the version that a provider gets."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="inputs")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    giver = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    source = models.ForeignKey(Output, null=True, on_delete=models.SET_NULL, related_name="inputs")  # if made here
    name = models.CharField(max_length=200)  # of the uploaded file; shown, never used as a path
    file = models.CharField(max_length=200)
    sent_file = models.CharField(max_length=200)
    sent_mime = models.CharField(max_length=20)
    preview = models.CharField(max_length=200)
    thumbnail = models.CharField(max_length=200)
    is_mask = models.BooleanField(default=False)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    strokes = models.JSONField(null=True)  # of a mask painted here: see studio.inputs.strokes
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.name


class RunInput(TenantModel):
    """An input's role in a run: Image 1, Image 2, …, or the mask."""

    MASK = 0

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="run_inputs")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="inputs")
    input = models.ForeignKey(Input, on_delete=models.PROTECT, related_name="uses")
    number = models.PositiveSmallIntegerField()  # 0 is the mask

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_input_per_number")]

    def __str__(self) -> str:
        return f"Image {self.number}" if self.number else "Mask"
