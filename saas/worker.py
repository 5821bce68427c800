"""Set up a worker process for `dramatiq saas.worker`: Django, the broker, all tasks and the process's other threads."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

import django

django.setup()

import dramatiq
from django.conf import settings
from dramatiq import Broker, Middleware, Worker
from dramatiq.brokers.stub import StubBroker

from saas import broadcast
from saas.database import tenancy
from saas.ops import garbage_collection, heartbeat, metrics_server
from saas.queue import hand_back, lanes, thread_shares
from saas.queue.broker import is_redis
from studio.engine import caretaker, without_messages

# Dramatiq's consumer polls Redis with a back-off of up to a second. It reads its own environment variable for this
# before it imports this module, so the worker's setting is changed directly.
REDIS_POLL_MILLISECONDS = 100


class ProcessMiddleware(Middleware):
    """Starts and stops what a process has beside its worker's threads: companions, heartbeat, caretaker and more."""

    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        if isinstance(worker, lanes.Companion):
            return
        lanes.divide(worker)
        for lane in thread_shares.OF_LANE.keys() & (worker.consumer_whitelist or set()):
            thread_shares.OF_LANE[lane].threads = worker.worker_threads
        if is_redis(settings.BROKER_URL):
            worker.worker_timeout = min(worker.worker_timeout, REDIS_POLL_MILLISECONDS)
        garbage_collection.set_aside()
        broadcast.bind_own_loop()
        if settings.WORKER_METRICS_PORT:
            metrics_server.start(settings.WORKER_METRICS_PORT)

    def after_worker_boot(self, broker: Broker, worker: Worker) -> None:
        if isinstance(worker, lanes.Companion):
            return
        lanes.staff(broker, worker)
        without_messages.start()
        heartbeat.start()
        caretaker.start()

    def before_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        """Give back messages that are not begun and stop taking work. Leases are still renewed, because Dramatiq now
        waits for the tasks that run."""
        if not isinstance(broker, StubBroker):  # no other process reads the stub broker's queue
            hand_back.start(broker, worker)
        if isinstance(worker, lanes.Companion):
            return
        thread_shares.OF_LANE[lanes.PICTURES].close()
        lanes.dismiss()
        without_messages.stop()
        caretaker.retire()

    def after_worker_shutdown(self, broker: Broker, worker: Worker) -> None:
        if isinstance(worker, lanes.Companion):
            return
        lanes.wait_until_dismissed()
        without_messages.wait()
        caretaker.stop()
        heartbeat.stop()


tenancy.refuse_bypassing_role()
broker = dramatiq.get_broker()
broker.add_middleware(ProcessMiddleware())
