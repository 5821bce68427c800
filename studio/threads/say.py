"""Send a turn: a planned run, and its place in the thread's tree."""

from collections.abc import Mapping
from typing import Any

from django.db.models import F
from django.utils import timezone

from accounts.errors import Refused
from accounts.models import ApiKey, Membership
from studio.models import Relation, Run, Thread, Turn, Visibility
from studio.runs import submit_run
from studio.runs.plan import Plan
from studio.threads.base import Base

MOST_TURNS = 2_000


class ThreadGone(Refused):
    code = "thread_deleted"

    def __init__(self) -> None:
        super().__init__("This thread has just been deleted. Nothing was made.")


class TooManyTurns(Refused):
    code = "too_many_turns"

    def __init__(self) -> None:
        super().__init__(f"A thread has at most {MOST_TURNS:,} turns. Start another one from this picture.")


def say(
    *,
    by: Membership,
    thread: Thread,
    base: Base,
    plan: Plan,
    kind: Turn.Kind = Turn.Kind.ASKED,
    other: Turn | None = None,
    api_key: ApiKey | None = None,
    project: str = "",
    end_user: str = "",
    request_key: str = "",
    request_hash: str = "",
) -> Turn:
    """Send a planned turn, inside the organization's wall. Two that are sent from one turn at once become siblings. A
    request key that was used before returns its turn. The thread's row is locked before anything that a run locks."""
    number = take_number(thread)
    if request_key and (sent := earlier(by=by, thread=thread, request_key=request_key, request_hash=request_hash)):
        _give_number_back(thread, number)
        return sent
    run = submit_run.submit(
        by=by,
        plan=plan,
        api_key=api_key,
        visibility=Visibility(thread.visibility),
        parent=base.run,
        relation=Relation.EDIT if base.run and not base.is_fresh else Relation.NONE,
        project=project,
        end_user=end_user,
        request_key=request_key,
        request_hash=request_hash,
    )
    return note(thread, run, base, number=number, kind=kind, other=other)


def note(
    thread: Thread,
    run: Run,
    base: Base,
    *,
    number: int,
    kind: Turn.Kind = Turn.Kind.ASKED,
    other: Turn | None = None,
) -> Turn:
    """Note the turn that a run is, with a number that was taken for it."""
    return Turn.objects.create(
        org=thread.org,
        thread=thread,
        number=number,
        kind=kind,
        parent=base.parent,
        run=run,
        base=base.output,
        is_fresh=base.is_fresh,
        other=other,
    )


def earlier(*, by: Membership, thread: Thread, request_key: str, request_hash: str) -> Turn | None:
    """Return the turn that this member has sent by the same request key. Raise KeyReused if it is another request."""
    run = submit_run.earlier(by=by, request_key=request_key, request_hash=request_hash)
    return Turn.objects.select_related("run__org").filter(run=run, thread=thread).first() if run else None


def take_number(thread: Thread) -> int:
    """Lock the thread and return the number of its next turn. Raise ThreadGone or TooManyTurns."""
    counted: Mapping[str, Any] = {"turn_count": F("turn_count") + 1, "changed_at": timezone.now()}
    if not Thread.objects.filter(pk=thread.pk).update(**counted):
        raise ThreadGone
    number = Thread.objects.values_list("turn_count", flat=True).get(pk=thread.pk)
    if number > MOST_TURNS:
        raise TooManyTurns
    return int(number)


def _give_number_back(thread: Thread, number: int) -> None:
    Thread.objects.filter(pk=thread.pk, turn_count=number).update(turn_count=number - 1)
