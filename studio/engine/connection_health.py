"""Note what a call shows about its connection: whether it works, whether it streams, what troubles it."""

from accounts.connections import circuit, registry
from accounts.connections.circuit import Failed
from accounts.models import ProviderConnection
from saas.database.transactions import after_commit
from studio.engine.job import Job
from studio.providers.answers import Final
from studio.providers.outcomes import ProviderError
from studio.queue import wake
from studio.queue.tickets import Standing
from studio.runs import failover


def note_answer(job: Job) -> None:
    """Note that the provider answered. If this ended an outage, send messages for the tickets that wait."""
    if job.connection is None:
        return
    if circuit.note_answer(job.connection, maker_id=job.run.maker_id, is_trying=job.claim.is_trying):
        after_commit(wake.for_waiting)


def note_success(job: Job, frame: Final) -> None:
    if job.connection is not None:
        registry.learn_success(job.connection, has_streamed=_has_streamed(job.connection, frame))


def knows_success(job: Job, frame: Final) -> bool:
    """Return whether there is nothing to note of this success."""
    if job.connection is None:
        return True
    return registry.knows_success(job.connection, has_streamed=_has_streamed(job.connection, frame))


def _has_streamed(connection: ProviderConnection, frame: Final) -> bool | None:
    return frame.has_streamed if connection.can_stream else None


def note_failure(job: Job, error: ProviderError, standing: Standing) -> None:
    if job.connection is None or error.outcome.is_silent:
        return
    if not error.outcome.is_sick:
        note_answer(job)
        return
    failed = Failed(ticket_id=job.claim.id, maker_id=job.run.maker_id, likeness=standing.likeness)
    if rest := circuit.note_outage(job.connection, failed):
        failover.wake_after(rest)


def note_trouble(job: Job, error: ProviderError) -> None:
    if error.outcome.is_trouble and job.connection is not None:
        registry.learn_trouble(job.connection, sentence=error.outcome.sentence)
