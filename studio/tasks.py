from uuid import UUID

import dramatiq

from saas.queue import broker, lanes, thread_shares
from saas.queue.thread_shares import Place
from studio.queue import tickets

# Above the longest that a provider may take, so that a call ends by its own deadline before Dramatiq ends it.
TIME_LIMIT_MILLISECONDS = 30 * 60 * 1000
COMPOSE_LIMIT_MILLISECONDS = 150 * 1000
PROBE_LIMIT_MILLISECONDS = 30 * 1000
REWRITE_LIMIT_MILLISECONDS = 120 * 1000
SHEET_LIMIT_MILLISECONDS = 300 * 1000
BATCH_LIMIT_MILLISECONDS = 600 * 1000


@dramatiq.actor(queue_name=lanes.PICTURES, max_retries=0, time_limit=TIME_LIMIT_MILLISECONDS)
def develop() -> None:
    """Develop one slot, and send a message for the next. The message names no slot: the line decides which is next."""
    from studio.engine import worker  # loads the provider's SDK: half a second, and no page needs it

    job = worker.develop_next()
    if job is not None:
        if not job.line_is_empty.is_set() and tickets.count_waiting():
            broker.call(develop)
    elif thread_shares.OF_LANE[lanes.PICTURES].is_closed:  # this process is to end; leave the message to another one
        develop.send()


@dramatiq.actor(queue_name=lanes.CHECKS, max_retries=0, time_limit=PROBE_LIMIT_MILLISECONDS)
def probe(org_id: int, connection_id: int) -> None:
    """Ask a provider for its models. If this message is lost, or the organization has used its share of the threads,
    the circuit is due again after a while."""
    from studio.runs import outages

    with thread_shares.OF_LANE[lanes.CHECKS].place(Place(org_id, None)) as has_place:
        if has_place:
            outages.ask_for_models(org_id, connection_id)


@dramatiq.actor(queue_name=lanes.UPKEEP, max_retries=0, time_limit=TIME_LIMIT_MILLISECONDS)
def reconcile() -> None:
    from studio.engine import nightly

    nightly.all_organizations()


@dramatiq.actor(queue_name=lanes.WORDS, max_retries=0, time_limit=REWRITE_LIMIT_MILLISECONDS)
def rewrite() -> None:
    """Rewrite one prompt, and send a message for the next. The ticket that is due names the prompt."""
    from studio.prompt import rewrite_worker

    if rewrite_worker.make_next() and rewrite_worker.count_due():
        broker.call(rewrite)


@dramatiq.actor(queue_name=lanes.COMPOSITES, max_retries=0, time_limit=COMPOSE_LIMIT_MILLISECONDS)
def compose() -> None:
    """Make one composite, and send a message for the next. The ticket that is due names it, and repeats a
    failed try; the message does not."""
    from studio.engine import make_composites

    if make_composites.make_next() and make_composites.count_due():
        broker.call(compose)


@dramatiq.actor(queue_name=lanes.OVERNIGHT, max_retries=0, time_limit=TIME_LIMIT_MILLISECONDS)
def overnight() -> None:
    """Take the next step of one chunk of overnight requests, and send a message for the next."""
    from studio.engine import overnight as chunks

    if chunks.drive_next() and chunks.count_due():
        broker.call(overnight)


@dramatiq.actor(queue_name=lanes.SHEETS, max_retries=0, time_limit=SHEET_LIMIT_MILLISECONDS)
def go_on_with_sheets() -> None:
    """Begin rows of one sheet, and send a message for the next. The ticket that is due names the sheet."""
    from studio.sheets import drive

    if drive.go_on() and drive.count_due():
        broker.call(go_on_with_sheets)


@dramatiq.actor(queue_name=lanes.SHEETS, max_retries=0, time_limit=SHEET_LIMIT_MILLISECONDS)
def end_sheet_row(org_id: int, run_code: str) -> None:
    """Note the end of a sheet's run. If this message is lost, the sheet's ticket comes due by itself."""
    from studio.sheets import drive

    drive.run_ended(org_id, UUID(run_code))


@dramatiq.actor(queue_name=lanes.BATCHES, max_retries=0, time_limit=BATCH_LIMIT_MILLISECONDS)
def batch() -> None:
    """Take the next step of one batch, and send a message for the next. The ticket that is due names the batch."""
    from studio.gateway import batch_worker

    if batch_worker.drive_next() and batch_worker.count_due():
        broker.call(batch)
