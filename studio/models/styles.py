import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from accounts.models import Role
from saas.database.tenancy import TenantModel
from studio.models.files import Input

NAME_CHARACTERS, SLUG_CHARACTERS, DESCRIPTION_CHARACTERS, KEPT_CHARACTERS = 60, 60, 160, 80


class StyleQuerySet(models.QuerySet["Style"]):
    def in_use(self) -> "StyleQuerySet":
        """Exclude retired styles."""
        return self.filter(retired_at=None)


class Style(TenantModel):
    """A look that pictures can be made in, shared by an organization. What it says is in its versions."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="styles")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.CharField(max_length=SLUG_CHARACTERS)  # what programs and the command line may call it by
    built_in = models.CharField(max_length=SLUG_CHARACTERS, blank=True)  # its key in studio.styles.built_in
    position = models.PositiveIntegerField(default=0)
    least_role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)  # who may use it
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)
    retired_at = models.DateTimeField(null=True)

    objects = StyleQuerySet.as_manager()

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["org", "slug"], name="one_style_per_slug"),
            models.UniqueConstraint(
                fields=["org", "built_in"], condition=~models.Q(built_in=""), name="one_style_per_built_in"
            ),
        ]

    def __str__(self) -> str:
        return self.slug


class StyleVersion(TenantModel):
    """What a style says, as of one change. It is never changed: a change makes the next version."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="style_versions")
    style = models.ForeignKey(Style, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField()
    name = models.CharField(max_length=NAME_CHARACTERS)
    description = models.CharField(max_length=DESCRIPTION_CHARACTERS, blank=True)
    prompt = models.TextField()
    keeps = ArrayField(models.CharField(max_length=KEPT_CHARACTERS), default=list)  # see studio.styles.wording
    frees = ArrayField(models.CharField(max_length=KEPT_CHARACTERS), default=list)
    solo = models.TextField(blank=True)  # more words for a picture of one person
    group = models.TextField(blank=True)  # and for a picture of several
    size = models.CharField(max_length=20, blank=True)  # what it sets where the request does not
    quality = models.CharField(max_length=20, blank=True)
    reference = models.ForeignKey(Input, null=True, on_delete=models.PROTECT, related_name="style_versions")
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [models.UniqueConstraint(fields=["style", "number"], name="one_version_per_number")]

    def __str__(self) -> str:
        return f"{self.name} {self.number}"
