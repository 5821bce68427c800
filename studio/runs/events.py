"""Write the events of runs, and send them to the open sockets once they are committed."""

from datetime import datetime
from typing import Any

from saas import broadcast
from saas.database.transactions import after_commit
from studio.models import Run, RunEvent, Visibility

OURS = frozenset({"v", "run", "seq", "type", "at", "slot", "preview"})  # of a message; what is left is the event's data


def record(
    run: Run,
    type: str,  # noqa: A002 the word that the socket uses
    *,
    slot: int | None = None,
    data: dict[str, Any] | None = None,
    hint: dict[str, Any] | None = None,
) -> RunEvent:
    """Record an event and announce it after the commit. `data` is kept; `hint` (a small preview) goes to sockets."""
    event = run.add_event(type, slot, data or {})
    announce(run, event, hint)
    return event


def announce(run: Run, event: RunEvent, hint: dict[str, Any] | None = None) -> None:
    """Send an event to the open sockets once it is committed."""
    message = {**event.as_message(str(run.code)), **(hint or {})}
    after_commit(broadcast.announce, group_of(run), {"type": "org.event", "event": message})


def event_from_message(run: Run, message: dict[str, Any]) -> RunEvent:
    """Rebuild the event from a socket message, without asking the database."""
    return RunEvent(
        org_id=run.org_id,
        run=run,
        seq=message["seq"],
        at=datetime.fromisoformat(message["at"]),
        type=message["type"],
        slot_index=message.get("slot"),
        data={name: value for name, value in message.items() if name not in OURS},
    )


def group_of(run: Run) -> str:
    """Return the group of sockets that may see the run."""
    if run.visibility == Visibility.PRIVATE:
        return broadcast.person_group(run.org_id, run.maker_id)
    return broadcast.org_group(run.org_id)
