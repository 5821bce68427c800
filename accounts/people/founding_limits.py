"""Decide who may found another organization, and which organization of a person gets the usual loan of the operator's
key."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from accounts.errors import NotAllowed, Refused
from accounts.models import Founding, User

OPEN = "open"
A_DAY = timedelta(days=1)


class FoundingClosed(NotAllowed):
    def __init__(self) -> None:
        super().__init__(
            "Only the operator of this Darkroom creates organizations. "
            "To join an existing one, ask one of its admins for an invitation."
        )


class TooManyFounded(Refused):
    pass


def check(by: User) -> None:
    """Raise FoundingClosed or TooManyFounded. The operator may found as many as they like."""
    if by.is_staff:
        return
    if settings.FOUNDING != OPEN:
        raise FoundingClosed
    own = Founding.objects.filter(user=by)
    if own.filter(ended_at=None).count() >= settings.ORGANIZATIONS_A_PERSON:
        raise TooManyFounded(
            f"You have founded {_count(settings.ORGANIZATIONS_A_PERSON)}, the most that one person may have. "
            "Delete one that you no longer need, or ask the operator of this Darkroom."
        )
    if own.filter(founded_at__gt=timezone.now() - A_DAY).count() >= settings.ORGANIZATIONS_A_DAY:
        raise TooManyFounded(
            f"One person may found {_count(settings.ORGANIZATIONS_A_DAY)} within 24 hours. Try again tomorrow."
        )


def lock(by: User) -> None:
    """Lock the person's row, so that of two foundings at once, both cannot be the last that is allowed."""
    User.objects.select_for_update(no_key=True).get(pk=by.pk)


def note(*, org_id: int, by: User) -> None:
    Founding.objects.create(org_id=org_id, user=by)


def is_first(by: User) -> bool:
    """Return whether this person has never founded an organization. A deleted one counts, because its loan was used."""
    return not Founding.objects.filter(user=by).exists()


def end(*, org_id: int) -> None:
    """Note that the organization is deleted, which makes room for another."""
    Founding.objects.filter(org_id=org_id, ended_at=None).update(ended_at=timezone.now())


def _count(number: int) -> str:
    return f"{number} organization" if number == 1 else f"{number} organizations"
