"""Start, rename and delete threads, and decide who sees them."""

from django.utils import timezone

from accounts.errors import NotAllowed
from accounts.models import Membership, Role
from studio.catalogue.fields import Fault, SpecRefused
from studio.models import Input, Run, Thread, Visibility
from studio.models.threads import TITLE_CHARACTERS
from studio.runs import visibility

WHO_DELETES = "Only the person who started a thread or an admin can delete it."


def start(*, by: Membership, picture: Input | None, title: str = "", visibility: Visibility | None = None) -> Thread:
    """Start a thread. Unless said otherwise, it is as private as the picture that it starts from. Raise SpecRefused if
    the title is too long."""
    _must_be_member(by)
    return Thread.objects.create(
        org=by.org,
        maker=by.user,
        title=named(title),
        start=picture,
        visibility=visibility or _visibility_of(picture),
    )


def rename(*, by: Membership, thread: Thread, title: str) -> None:
    _must_be_member(by)
    thread.title = named(title)
    thread.save(update_fields=["title"])


def delete(*, by: Membership, thread: Thread) -> None:
    """Delete a thread with its turns. Their runs and pictures stay. The thread's row is locked first, as sending a turn
    does."""
    _must_be_member(by)
    if thread.maker_id != by.user_id and not by.is_admin:
        raise NotAllowed(WHO_DELETES)
    for locked in Thread.objects.select_for_update().filter(pk=thread.pk):
        locked.delete()


def change_visibility(*, by: Membership, thread: Thread, to: Visibility) -> None:
    """Make a thread private or the team's, with those of its runs that its maker made. What colleagues made in it stays
    theirs."""
    _must_be_member(by)
    if thread.maker_id != by.user_id:
        raise NotAllowed("Only the person who started a thread can change who sees it.")
    Thread.objects.filter(pk=thread.pk).update(visibility=to, changed_at=timezone.now())
    thread.visibility = to
    mine = Run.objects.filter(turn__thread=thread, maker=by.user_id).exclude(visibility=to)
    for run in mine.select_related("org").order_by("pk"):
        visibility.change(by=by, run=run, to=to)


def named(title: str) -> str:
    """Return a title as it is kept, in one line. Raise SpecRefused if it is too long."""
    line = " ".join("".join(" " if char < " " or char == "\x7f" else char for char in title).split())
    if len(line) > TITLE_CHARACTERS:
        sentence = f"The title has {len(line):,} characters. The limit is {TITLE_CHARACTERS}."
        raise SpecRefused([Fault("title", "too_long", sentence)])
    if any("\ud800" <= char <= "\udfff" for char in line):
        raise SpecRefused([Fault("title", "invalid_value", "The title contains a broken character. Remove it.")])
    return line


def _visibility_of(picture: Input | None) -> Visibility:
    source = picture.source if picture is not None else None
    return Visibility(source.visibility) if source is not None else Visibility.TEAM


def _must_be_member(by: Membership) -> None:
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to make pictures.")
