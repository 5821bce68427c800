import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.database.tenancy import TenantModel


class Preset(TenantModel):
    """Settings of the prompt bar under a name: the maker's own, or shared with the organization."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="presets")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=60)
    is_shared = models.BooleanField(default=False)
    values = (
        models.JSONField()
    )  # settings of studio.prompt.prompt_form.PromptForm, and a prompt if it is to replace the bar's
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["org", "maker", "name"], condition=models.Q(is_shared=False), name="one_own_preset_per_name"
            ),
            models.UniqueConstraint(
                fields=["org", "name"], condition=models.Q(is_shared=True), name="one_shared_preset_per_name"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Draft(TenantModel):
    """The content of a person's prompt bar, saved while they type. There is one for each person and organization."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="drafts")
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField()
    saved_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["org", "maker"], name="one_draft_per_person")]

    def __str__(self) -> str:
        return f"Draft of {self.maker_id}"
