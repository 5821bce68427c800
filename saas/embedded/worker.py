"""The in-process worker: Dramatiq's threads beside the web server."""

from dramatiq import Worker, get_broker

THREADS = 64  # nearly all of them wait on the network
POLL_MILLISECONDS = 500  # how soon an idle thread hears that it is to stop; work wakes it at once
DRAIN_MILLISECONDS = 2500


def start() -> Worker:
    worker = Worker(get_broker(), worker_threads=THREADS, worker_timeout=POLL_MILLISECONDS)
    worker.start()
    return worker


def drain(worker: Worker) -> None:
    """Tasks that are not done by then are cut off as by a crash; the sweeper takes them up again."""
    worker.stop(timeout=DRAIN_MILLISECONDS)
