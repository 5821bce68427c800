"""Give messages that a stopping worker has fetched but not begun back to the queue, so that another worker gets them at
once. Dramatiq would keep them until the worker's last task has ended, and fetch more meanwhile."""

import time
from threading import Thread

import structlog
from dramatiq import Broker, Worker
from dramatiq.common import iter_queue

LOOK_SECONDS = 0.5  # repeated, because the queue may deliver to this worker again: half of the time if there are two

log = structlog.get_logger("darkroom.worker")


def start(broker: Broker, worker: Worker) -> Thread:
    thread = Thread(target=_hand_on, args=(broker, worker), name="handing-on", daemon=True)
    thread.start()
    return thread


def _hand_on(broker: Broker, worker: Worker) -> None:
    """Enqueue the fetched messages again, for as long as any of the worker's threads lives."""
    while any(thread.is_alive() for thread in worker.workers):
        try:
            for item in iter_queue(worker.work_queue):  # type: ignore[no-untyped-call]  # dramatiq leaves it untyped
                broker.enqueue(item.message.copy())
                worker.consumers[item.message.queue_name].post_process_message(item.message)
        except Exception:  # unacknowledged messages go back to the queue when this worker's connection closes
            log.warning("messages not handed on", exc_info=True)
        time.sleep(LOOK_SECONDS)
