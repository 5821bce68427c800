import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone

from saas.database.tenancy import TenantModel

SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=5)


class Role(models.TextChoices):
    """A member's role, from least to most. Compare by `rank`, never by the word."""

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
    """The tenant. Start look-ups here (`org.memberships`, `org.api_keys`, …), so that what they find belongs to it.

    A deleted organization keeps its rows, hidden from all members, until the operator erases it."""

    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    slug = models.SlugField(max_length=40)
    name = models.CharField(max_length=80)
    requires_second_factor = models.BooleanField(default=False)
    time_zone = models.CharField(max_length=40, default="UTC")  # where its days and months begin
    default_model = models.CharField(
        max_length=80, blank=True, default=""
    )  # of requests that name none; empty: as usual
    calls_at_once = models.PositiveSmallIntegerField(null=True, blank=True)  # set by the operator; None: as usual
    # Whether the usual loan of the settings counts: only for the first organization that its founder ever founded.
    has_usual_loan = models.BooleanField(default=True, db_default=True, editable=False)
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
        """Return how many of the organization's pictures are made at the same time, by all connections together."""
        return self.calls_at_once or int(settings.ORGANIZATION_CALLS_AT_ONCE)

    @property
    def is_suspended(self) -> bool:
        return self.suspended_at is not None

    @property
    def may_work(self) -> bool:
        """Return whether work may begin. Nothing is begun for a suspended or deleted organization, whatever waits."""
        return self.suspended_at is None and self.deleted_at is None

    def pause(self, now: datetime) -> timedelta:
        """Return for how long a worker leaves what waits for a suspended organization alone before it looks again: the
        longer, the longer the organization has been suspended."""
        since = now - (self.suspended_at or now)
        return max(SHORTEST_PAUSE, min(since, LONGEST_PAUSE))

    def locked(self) -> "Organization":
        """Return the row with an exclusive lock, so that changes of an organization's people and limits happen one
        after another."""
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
