"""What `dramatiq saas.worker` imports: Django, the broker, all tasks, and what a process has beside its threads."""

import os
import sys

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")

import django

django.setup()

from typing import Any

import dramatiq
from django.conf import settings
from dramatiq import Broker, Middleware, Worker
from dramatiq.brokers.redis import RedisBroker

from saas import collector, exposition, heartbeat, live, tenancy
from studio import caretaker

# Dramatiq's consumer polls Redis with a back-off of up to a second. It reads its own environment variable for this
# before it imports us, so the worker is told directly.
REDIS_POLL_MILLISECONDS = 100
# Threads here nearly always wait, for the database or the network. One whose answer has come asks another one that
# computes to let it in, and by Python's own measure of 5 ms would wait that long for each of many short statements.
SWITCH_SECONDS = 0.0005


class ProcessMiddleware(Middleware):
    def before_worker_boot(self, broker: Broker, worker: Worker) -> None:
        if isinstance(broker, RedisBroker):
            worker.worker_timeout = min(worker.worker_timeout, REDIS_POLL_MILLISECONDS)
        sys.setswitchinterval(SWITCH_SECONDS)
        collector.set_aside()
        live.bind_own_loop()
        if settings.WORKER_METRICS_PORT:
            exposition.start(settings.WORKER_METRICS_PORT)

    def after_worker_boot(self, broker: Broker, worker: Any) -> None:
        heartbeat.start()
        caretaker.start()

    def before_worker_shutdown(self, broker: Broker, worker: Any) -> None:
        caretaker.stop()
        heartbeat.stop()


tenancy.refuse_bypassing_role()
broker = dramatiq.get_broker()
broker.add_middleware(ProcessMiddleware())
