"""The in-process worker: Dramatiq's threads beside the web server."""

from dramatiq import Worker, get_broker

THREADS = 16  # most of them wait on the network
POLL_MILLISECONDS = 100
DRAIN_MILLISECONDS = 2500


def start() -> Worker:
    worker = Worker(get_broker(), worker_threads=THREADS, worker_timeout=POLL_MILLISECONDS)
    worker.start()
    return worker


def drain(worker: Worker) -> None:
    """Tasks that are not done by then are cut off as by a crash; the sweeper takes them up again."""
    worker.stop(timeout=DRAIN_MILLISECONDS)
