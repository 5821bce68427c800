import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.tenancy import TenantModel


class Role(models.TextChoices):
    """From least to most. Compare by `rank`, never by the word."""

    VIEWER = "viewer", "Viewer"
    MEMBER = "member", "Member"
    ADMIN = "admin", "Admin"
    OWNER = "owner", "Owner"

    @property
    def rank(self) -> int:
        return list(Role).index(self)

    @property
    def explanation(self) -> str:
        return {
            Role.VIEWER: "sees what the team makes",
            Role.MEMBER: "makes pictures and API keys",
            Role.ADMIN: "also manages people, connections and limits",
            Role.OWNER: "also names owners and can delete the organization",
        }[self]


class Organization(models.Model):
    """The tenant. Look-ups start here (`org.memberships`, `org.api_keys`, …): what is found belongs to it.

    A deleted one keeps its rows, out of everybody's sight, until the operator purges it.
    """

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    requires_second_factor = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=40, default="UTC")  # where its days and months begin
    calls_at_once = models.PositiveSmallIntegerField(null=True, blank=True)  # the operator's word; None: as usual
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    suspended_at = models.DateTimeField(null=True, blank=True)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(deleted_at=None), name="one_organization_per_slug"
            ),
            models.CheckConstraint(condition=models.Q(slug__regex=r"^[a-z0-9](-?[a-z0-9])*$"), name="slug_is_plain"),
            models.CheckConstraint(condition=~models.Q(calls_at_once=0), name="organization_limit_lets_work"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def most_calls_at_once(self) -> int:
        """How many of its pictures are made at the same time, by whatever connection."""
        return self.calls_at_once or int(settings.ORGANIZATION_CALLS_AT_ONCE)

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    def locked(self) -> "Organization":
        """The row under its lock: acts on people and limits of one organization happen one after another."""
        return Organization.objects.select_for_update().get(pk=self.pk)


class Membership(TenantModel):
    org = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="memberships")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["org", "user"], name="one_membership_per_person"),
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="membership_role_exists"),
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.role}"

    @property
    def rank(self) -> int:
        return Role(self.role).rank

    def is_at_least(self, role: Role) -> bool:
        return self.rank >= role.rank

    @property
    def is_admin(self) -> bool:
        return self.is_at_least(Role.ADMIN)

    @property
    def is_owner(self) -> bool:
        return self.role == Role.OWNER
