import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import Membership
from saas.database.tenancy import TenantModel
from studio.models.files import Input
from studio.models.outputs import Output
from studio.models.runs import Run, Visibility

TITLE_CHARACTERS = 120


class ThreadQuerySet(models.QuerySet["Thread"]):
    def visible_to(self, member: Membership) -> "ThreadQuerySet":
        """Narrow to the team's threads and the member's own private ones."""
        return self.filter(Q(visibility=Visibility.TEAM) | Q(maker=member.user_id), org=member.org_id)


class Thread(TenantModel):
    """A tree of turns about one picture. The picture that it starts from is turn 0; a thread without one starts from
    words."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="threads")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=TITLE_CHARACTERS, blank=True)  # empty: what was said first
    visibility = models.CharField(max_length=10, choices=Visibility.choices, default=Visibility.TEAM)
    start = models.ForeignKey(Input, null=True, on_delete=models.PROTECT, related_name="threads")
    turn_count = models.PositiveIntegerField(default=0)  # the number of its newest turn
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    changed_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ThreadQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(visibility__in=Visibility.values), name="thread_visibility_exists")
        ]
        indexes = [models.Index(fields=["org", "-changed_at"], name="threads_by_change")]

    def __str__(self) -> str:
        return self.title or str(self.code)


class Turn(TenantModel):
    """What was said in a thread, and the run that came of it. The run has the words, the settings and the pictures; a
    turn knows its place in the tree, and which picture it starts from."""

    class Kind(models.TextChoices):
        ASKED = "asked", "Asked for"
        COLLAPSED = "collapsed", "All wishes in one"
        REGION = "region", "A region of another turn"

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="turns")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    thread = models.ForeignKey(Thread, on_delete=models.CASCADE, related_name="turns", db_index=False)
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.ASKED)
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")  # null: turn 0
    run = models.OneToOneField(Run, on_delete=models.CASCADE, related_name="turn")
    # The parent's picture that it starts from. Null: the thread's own, or none if it is fresh.
    base = models.ForeignKey(Output, null=True, on_delete=models.SET_NULL, related_name="turns_from")
    is_fresh = models.BooleanField(default=False)  # starts from words alone, without the parent's picture
    # Beside the parent: the turn whose wishes it has in one, or the turn that its region comes from
    other = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["thread", "number"], name="one_turn_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="turns_count_from_one"),
        ]

    def __str__(self) -> str:
        return f"turn {self.number}"
