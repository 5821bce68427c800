"""What a call tells of the connection that it went through: whether it works, whether it streams, what troubles it."""

from accounts import circuits, connections
from saas.transactions import after_commit
from studio import caretaker, failover
from studio.answers import Final
from studio.job import Job
from studio.outcomes import ProviderError


def note_answer(job: Job) -> None:
    """Who waits for the end of an outage is called, if this ended one."""
    if job.connection is not None and circuits.note_answer(job.connection, ticket_id=job.held.id):
        after_commit(caretaker.poke)


def note_success(job: Job, frame: Final) -> None:
    if job.connection is not None:
        has_streamed = frame.has_streamed if job.connection.can_stream else None
        connections.learn_success(job.connection, has_streamed=has_streamed)


def note_failure(job: Job, error: ProviderError) -> None:
    if job.connection is None or error.ending.is_silent:
        return
    if not error.ending.is_sick:
        note_answer(job)
    elif rest := circuits.note_outage(job.connection, ticket_id=job.held.id):
        failover.wake_after(rest)


def note_trouble(job: Job, error: ProviderError) -> None:
    if error.ending.is_trouble and job.connection is not None:
        connections.learn_trouble(job.connection, sentence=error.ending.sentence)
