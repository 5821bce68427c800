import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone

from saas.database.tenancy import TenantModel
from saas.queue.due import DueTicket
from studio.models.files import Input
from studio.models.outputs import Output
from studio.models.runs import Run

NAME_CHARACTERS, ATTRACT_CHARACTERS, CONSENT_CHARACTERS, LANGUAGE_CHARACTERS = 60, 160, 4000, 10
KEY_CHARACTERS = 64


class Moderation(models.TextChoices):
    """What staff must release before it is seen."""

    OFF = "off", "Nothing: every finished picture is on the wall"
    WALL = "wall", "What is on the wall"
    ALL = "all", "Everything, also the guest's own picture"


class EventQuerySet(models.QuerySet["Event"]):
    def not_ended(self) -> "EventQuerySet":
        return self.filter(ended_at=None)


class Event(TenantModel):
    """An occasion at which guests have their pictures made: a kiosk captures within it, and pays from its budget.

    The kiosk is found by the hash of its token. The token is also kept sealed, so that the link can be shown again."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="events")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    maker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")  # its runs' maker
    name = models.CharField(max_length=NAME_CHARACTERS)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    paused_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)  # for good: by hand, or by the sweeper after ends_at
    # What a capture asks for
    styles = ArrayField(models.UUIDField(), default=list)  # offered, in this order
    size = models.CharField(max_length=20)
    quality = models.CharField(max_length=20)
    saving_quality = models.CharField(max_length=20, blank=True)  # from 80 % of the budget on; empty: the same
    budget = models.OneToOneField("accounts.Budget", on_delete=models.PROTECT, related_name="+")
    captures_per_guest = models.PositiveSmallIntegerField()
    # What guests are promised
    photo_days = models.PositiveSmallIntegerField()  # 0: until the pictures are finished
    result_days = models.PositiveSmallIntegerField()  # 0: until the guest has downloaded them
    language = models.CharField(max_length=LANGUAGE_CHARACTERS)
    asks_age = models.BooleanField(default=True)
    moderation = models.CharField(max_length=4, choices=Moderation.choices, default=Moderation.WALL)
    # How it looks
    colour = models.CharField(max_length=7, blank=True)
    background = models.CharField(max_length=7, blank=True)
    logo = models.ForeignKey(Input, null=True, on_delete=models.PROTECT, related_name="events_by_logo")
    overlay = models.ForeignKey(Input, null=True, on_delete=models.PROTECT, related_name="events_by_overlay")
    attract = models.CharField(max_length=ATTRACT_CHARACTERS, blank=True)
    pin = models.CharField(max_length=200)  # hashed like a password
    token_hash = models.CharField(max_length=64, unique=True)
    sealed_token = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=models.F("starts_at")), name="event_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(photo_days__lte=365, result_days__lte=365), name="event_keeps_a_year"),
            models.CheckConstraint(condition=Q(captures_per_guest__range=(1, 20)), name="event_captures_per_guest"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def has_ended(self) -> bool:
        return self.ended_at is not None or self.ends_at <= timezone.now()

    @property
    def has_started(self) -> bool:
        return self.starts_at <= timezone.now()

    @property
    def is_open(self) -> bool:
        """Return whether guests can be captured now."""
        return self.has_started and not self.has_ended and self.paused_at is None


class Consent(TenantModel):
    """The text that guests agree to before the camera opens. It never changes: another text is another version, and a
    capture keeps the one that its guest saw."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="consents")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="consents", db_index=False)
    language = models.CharField(max_length=LANGUAGE_CHARACTERS)
    version = models.PositiveSmallIntegerField()
    text = models.TextField()
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "language", "version"], name="one_consent_per_version"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Return what a kiosk calls it, such as "en-2"."""
        return f"{self.language}-{self.version}"


class CaptureQuerySet(models.QuerySet["Capture"]):
    def not_deleted(self) -> "CaptureQuerySet":
        return self.filter(deleted_at=None)

    def on_the_wall(self) -> "CaptureQuerySet":
        return self.filter(deleted_at=None, hidden_at=None, released_at__isnull=False)


class Capture(TenantModel):
    """A photo of a guest, or of several, and the run that its pictures are made in.

    The guest's page is found by the hash of its token, which is also kept sealed: the same capture sent twice gets the
    same link."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="captures")
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="captures", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    short_code = models.CharField(max_length=8)  # what staff ask for; it opens nothing
    key = models.CharField(max_length=KEY_CHARACTERS)  # of the kiosk, so that it may send a capture again
    guest = models.CharField(max_length=KEY_CHARACTERS)  # of the kiosk: who shares a number of captures
    place = models.PositiveSmallIntegerField()  # among the guest's captures, from 1
    consent = models.ForeignKey(Consent, on_delete=models.PROTECT, related_name="captures")
    consented_at = models.DateTimeField()
    is_of_age = models.BooleanField()
    people = models.PositiveSmallIntegerField()
    input = models.ForeignKey(Input, null=True, on_delete=models.SET_NULL, related_name="captures")
    run = models.OneToOneField(Run, null=True, on_delete=models.SET_NULL, related_name="capture")
    token_hash = models.CharField(max_length=64, unique=True)
    sealed_token = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    released_at = models.DateTimeField(null=True)
    hidden_at = models.DateTimeField(null=True)
    downloaded_at = models.DateTimeField(null=True)  # first by the guest
    photo_deleted_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)  # the door is closed; files follow as soon as nothing is being made
    purged_at = models.DateTimeField(null=True)  # since then no file is left

    objects = CaptureQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["event", "key"], name="one_capture_per_key"),
            models.UniqueConstraint(fields=["event", "guest", "place"], name="one_capture_per_place"),
            models.UniqueConstraint(fields=["event", "short_code"], name="one_capture_per_short_code"),
        ]
        indexes = [
            models.Index(fields=["event", "-id"]),
            models.Index(fields=["org", "created_at"], condition=Q(purged_at=None), name="captures_with_files"),
        ]

    def __str__(self) -> str:
        return self.short_code

    @property
    def kept_until(self) -> datetime:
        """Return when the pictures are deleted at the latest."""
        return self.created_at + timedelta(days=max(1, self.event.result_days))

    @property
    def is_released(self) -> bool:
        return self.released_at is not None and self.hidden_at is None


class BrandedPicture(TenantModel):
    """A finished picture with its event's overlay drawn over it, as guests and the wall get it."""

    org = models.ForeignKey("accounts.Organization", on_delete=models.CASCADE, related_name="branded_pictures")
    output = models.OneToOneField(Output, on_delete=models.CASCADE, related_name="branded")
    file = models.CharField(max_length=200)
    preview = models.CharField(max_length=200)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return self.file


class CaptureTicket(DueTicket):
    """A capture of which something is to be deleted when the ticket comes due: see studio.booth.expire."""

    capture_code = models.UUIDField(unique=True)

    def __str__(self) -> str:
        return str(self.capture_code)
