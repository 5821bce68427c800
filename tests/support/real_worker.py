"""A real worker on the broker of this process, for as long as there is something to do."""

from collections.abc import Iterator
from contextlib import contextmanager

import dramatiq
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker
from dramatiq.worker import _WorkerMiddleware

PATIENCE_MILLISECONDS = 20_000


def work(queue_name: str) -> None:
    """Until the queue is empty."""
    broker = dramatiq.get_broker()
    assert isinstance(broker, StubBroker)
    with _alone(broker):
        worker = Worker(broker, queues={queue_name}, worker_threads=1, worker_timeout=50)
        worker.start()
        try:
            broker.join(queue_name, fail_fast=False, timeout=PATIENCE_MILLISECONDS)
            worker.join()
        finally:
            worker.stop()


@contextmanager
def _alone(broker: StubBroker) -> Iterator[None]:
    """A worker that was stopped stays with its broker, and would take what comes for a queue declared later on."""

    def forget() -> None:
        broker.middleware[:] = [one for one in broker.middleware if not isinstance(one, _WorkerMiddleware)]

    forget()
    try:
        yield
    finally:
        forget()
