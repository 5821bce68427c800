"""Set stars and tags, and write comments. The caller passes only pictures and runs that this member may see."""

from collections.abc import Iterable

from django.db.models import Q, QuerySet

from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Role
from saas import broadcast
from saas.database.transactions import after_commit
from studio.models import MOST_STARS, Comment, Output, Run, Tag, Tagging
from studio.models.sorting import COMMENT_LENGTH, NAME_LENGTH
from studio.runs import events

MOST_TAGS = 500  # of an organization


def must_sort(by: Membership) -> None:
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to organize pictures.")


def star(*, by: Membership, outputs: "QuerySet[Output]", stars: int) -> int:
    """Set the stars of pictures; 0 removes them. Stars belong to the team, so the last change replaces the others."""
    must_sort(by)
    if not 0 <= stars <= MOST_STARS:
        raise Refused(f"A picture has 0 to {MOST_STARS} stars.")
    return outputs.update(stars=stars)


def tag(*, by: Membership, outputs: Iterable[Output], name: str) -> Tag:
    """Tag pictures. Create the tag if there is none of that name."""
    must_sort(by)
    name = named(name, "a tag")
    found = by.org.tags.filter(name__iexact=name).first()
    if found is None:
        if by.org.tags.count() >= MOST_TAGS:
            raise Refused(f"There are already {MOST_TAGS} tags. Use one of them, or remove one.")
        found, _ = Tag.objects.get_or_create(org=by.org, name=name)
    Tagging.objects.bulk_create(
        (Tagging(org=by.org, tag=found, output=output) for output in outputs), ignore_conflicts=True
    )
    return found


def untag(*, by: Membership, outputs: Iterable[Output], name: str) -> None:
    """Remove a tag from pictures. Delete the tag itself if no picture has it any more."""
    must_sort(by)
    Tagging.objects.filter(org=by.org, tag__name__iexact=name, output__in=[output.pk for output in outputs]).delete()
    by.org.tags.filter(Q(name__iexact=name), taggings=None).delete()


def comment(*, by: Membership, run: Run, text: str) -> Comment:
    must_sort(by)
    text = text.replace("\0", "").strip()
    if not text:
        raise Refused("Write something first.")
    if len(text) > COMMENT_LENGTH:
        raise Refused(f"A comment has at most {COMMENT_LENGTH:,} characters.")
    made = Comment.objects.create(org=by.org, run=run, author=by.user, text=text)
    _announce(run)
    return made


def uncomment(*, by: Membership, comment: Comment) -> None:
    if comment.author_id != by.user_id and not by.is_admin:
        raise NotAllowed("Only its author or an admin can remove a comment.")
    comment.delete()
    _announce(comment.run)


def named(name: str, what: str) -> str:
    name = " ".join(name.replace("\0", "").split())
    if not name:
        raise Refused(f"Give {what} a name.")
    if len(name) > NAME_LENGTH:
        raise Refused(f"A name has at most {NAME_LENGTH} characters.")
    return name


def _announce(run: Run) -> None:
    """Tell open pages to fetch the run's comments again. This is not one of the run's events."""
    message = {"type": "org.event", "event": {"v": 1, "type": "comment", "run": str(run.code)}}
    after_commit(broadcast.announce, events.group_of(run), message)
