import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership
from saas.database.tenancy import TenantModel
from saas.queue.due import DueTicket
from studio.models.runs import Kind, Run, Visibility
from studio.models.slots import Slot

if TYPE_CHECKING:
    from studio.models.composites import Composite

MOST_STARS = 5
IN_NO_BIN = Q(binned_at=None)


class OutputQuerySet(models.QuerySet["Output"]):
    def not_in_bin(self) -> "OutputQuerySet":
        """Exclude pictures in the bin and purged ones."""
        return self.filter(binned_at=None)

    def visible_to(self, member: Membership) -> "OutputQuerySet":
        """Narrow to the team's pictures and the member's own private ones, as `Run.objects.visible_to` does for runs,
        but without a join."""
        return self.filter(Q(visibility=Visibility.TEAM) | Q(maker=member.user_id), org=member.org_id)


class Output(TenantModel):
    """The finished picture of a slot: the original bytes, a preview and a thumbnail.

    The run's fields that the gallery filters by are copied here, so that a page of it needs one scan of one index."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="outputs", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slot = models.OneToOneField(Slot, on_delete=models.CASCADE, related_name="output")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="outputs")
    file = models.CharField(max_length=200)
    preview = models.CharField(max_length=200, blank=True)  # empty until it is made: see studio.files.late_previews
    thumbnail = models.CharField(max_length=200, blank=True)
    is_damaged = models.BooleanField(default=False, db_default=False)  # no preview could be made of it
    format = models.CharField(max_length=10)
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    size_bytes = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    revised_prompt = models.TextField(blank=True)
    is_keeper = models.BooleanField(default=False)  # a picture of a run of proofs that was chosen to be printed
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    # Copied from the run
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    api_key = models.ForeignKey("accounts.ApiKey", null=True, on_delete=models.SET_NULL, related_name="+")
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.TEAM)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    model = models.CharField(max_length=80)
    quality = models.CharField(max_length=20, blank=True)
    style_code = models.UUIDField(null=True)  # of the style that its slot was made in

    cost_micros = models.BigIntegerField(default=0)  # of its slot, from the ledger: see studio.money.costs

    # Set by the team
    stars = models.PositiveSmallIntegerField(default=0)
    binned_at = models.DateTimeField(null=True)
    binned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )
    purged_at = models.DateTimeField(null=True)  # since then the files are deleted; the row stays

    objects = OutputQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stars__range=(0, MOST_STARS)), name="output_has_up_to_five_stars"),
            models.CheckConstraint(
                condition=Q(purged_at=None) | Q(binned_at__isnull=False), name="output_is_binned_before_it_is_purged"
            ),
        ]
        indexes = [
            models.Index(fields=["org", "-id"], name="wall", condition=IN_NO_BIN),
            models.Index(fields=["org", "maker", "-id"], name="wall_by_maker", condition=IN_NO_BIN),
            models.Index(fields=["org", "model", "-id"], name="wall_by_model", condition=IN_NO_BIN),
            models.Index(fields=["org", "kind", "-id"], name="wall_by_kind", condition=IN_NO_BIN),
            models.Index(fields=["org", "quality", "-id"], name="wall_by_quality", condition=IN_NO_BIN),
            models.Index(
                fields=["org", "style_code", "-id"],
                name="wall_by_style",
                condition=IN_NO_BIN & Q(style_code__isnull=False),
            ),
            models.Index(
                fields=["org", "api_key", "-id"], name="wall_by_key", condition=IN_NO_BIN & Q(api_key__isnull=False)
            ),
            models.Index(fields=["org", "-id"], name="wall_of_stars", condition=IN_NO_BIN & Q(stars__gt=0)),
            models.Index(fields=["org", "cost_micros", "-id"], name="wall_by_cost", condition=IN_NO_BIN),
            models.Index(fields=["org", "-created_at"], name="output_by_time"),
            models.Index(fields=["org", "-binned_at"], name="bin", condition=Q(binned_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.code)

    @property
    def ratio(self) -> int:
        """Return width to height in percent, limited to what the gallery can show."""
        return max(33, min(300, round(100 * self.width / self.height)))

    @property
    def has_previews(self) -> bool:
        return self.preview != ""

    # Pages show the composite as soon as it is made. The texts below are the shapes in file addresses.
    @property
    def has_composite(self) -> bool:
        return hasattr(self, "composite") and self.composite.is_made

    @property
    def awaits_composite(self) -> bool:
        return hasattr(self, "composite") and self.composite.is_waiting

    @property
    def shown(self) -> "Output | Composite":
        return self.composite if self.has_composite else self

    @property
    def shown_original(self) -> str:
        return "kept" if self.has_composite else "original"

    @property
    def shown_preview(self) -> str:
        return "kept-preview" if self.has_composite else "preview"

    @property
    def shown_thumbnail(self) -> str:
        return "kept-thumbnail" if self.has_composite else "thumbnail"


class PreviewTicket(DueTicket):
    """An output that was kept without a preview."""

    output_code = models.UUIDField(unique=True)
    tries = models.PositiveSmallIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.output_code)
