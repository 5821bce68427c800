"""Run the in-process worker: Dramatiq's threads beside the web server."""

from django.conf import settings
from dramatiq import Worker, get_broker

from saas.queue import lanes

THREADS = 64  # nearly all of them wait on the network
POLL_MILLISECONDS = 500  # how soon an idle thread hears that it is to stop; work wakes it at once


def start() -> Worker:
    broker = get_broker()
    broker.emit_after("process_boot")  # as Dramatiq's command line does; without it no task has a time limit
    worker = Worker(broker, worker_threads=THREADS, worker_timeout=POLL_MILLISECONDS)
    worker.start()
    return worker


def drain(worker: Worker) -> None:
    """Stop all lanes. Tasks that are not done within DRAIN_SECONDS are cut off as by a crash; the sweeper takes them up
    again."""
    milliseconds = 1000 * settings.DRAIN_SECONDS
    lanes.dismiss(milliseconds)
    worker.stop(timeout=milliseconds)
