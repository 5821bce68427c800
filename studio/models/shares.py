import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.database.tenancy import TenantModel
from studio.models.outputs import Output
from studio.models.sorting import NAME_LENGTH, Collection


class Share(TenantModel):
    """A link that shows exactly the listed pictures to people without an account.

    It is found by the hash of its token. The token is also kept sealed, so that the link can be copied again."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="shares")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    collection = models.ForeignKey(Collection, null=True, on_delete=models.SET_NULL, related_name="shares")
    title = models.CharField(max_length=NAME_LENGTH)
    token_hash = models.CharField(max_length=64, unique=True)
    sealed_token = models.TextField()
    password = models.CharField(max_length=200, blank=True)  # hashed like a person's password
    with_prompt = models.BooleanField(default=False)
    views = models.PositiveIntegerField(default=0)
    viewed_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())


class SharedPicture(TenantModel):
    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="shared_pictures")
    share = models.ForeignKey(Share, on_delete=models.CASCADE, related_name="pictures", db_index=False)
    output = models.ForeignKey(Output, on_delete=models.CASCADE, related_name="shared_pictures")
    position = models.IntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["share", "output"], name="one_shared_picture_per_link")]

    def __str__(self) -> str:
        return f"{self.output_id} by {self.share_id}"


class Retention(TenantModel):
    """An organization's rule for putting old pictures in the bin, and its legal hold, which stops every deletion."""

    org = models.OneToOneField("accounts.Organization", on_delete=models.CASCADE, related_name="retention")
    is_on = models.BooleanField(default=False)
    days = models.PositiveSmallIntegerField(default=90)
    spares_starred = models.BooleanField(default=True)
    spares_tagged = models.BooleanField(default=True)
    spares_collected = models.BooleanField(default=True)
    forgets_prompts = models.BooleanField(default=False, db_default=False)  # when a run's last picture is purged
    held_at = models.DateTimeField(null=True)
    held_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    hold_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(days__range=(1, 3650)), name="retention_days")]

    def __str__(self) -> str:
        return f"{self.org_id}: {self.days} days"
