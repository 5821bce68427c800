"""Each kind of work has threads of its own, and one that hangs keeps none from the others."""

import threading
from collections.abc import Iterator
from importlib import import_module

import dramatiq
import pytest
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker

from saas.queue import lanes

LANES = {
    "develop": lanes.PICTURES,
    "rewrite": lanes.WORDS,
    "compose": lanes.COMPOSITES,
    "batch": lanes.BATCHES,
    "overnight": lanes.OVERNIGHT,
    "deliver_webhook": lanes.WEBHOOKS,
    "test_connection": lanes.CHECKS,
    "probe": lanes.CHECKS,
    "deliver": lanes.MAIL,
    "make_export": lanes.EXPORTS,
    "go_on_with_sheets": lanes.SHEETS,
    "end_sheet_row": lanes.SHEETS,
    "fold_usage": lanes.UPKEEP,
    "make_monthly_exports": lanes.UPKEEP,
    "reconcile": lanes.UPKEEP,
}


def test_every_task_has_its_lane_and_every_lane_its_threads() -> None:
    import_module("studio.tasks")
    broker = dramatiq.get_broker()
    found = {name: actor.queue_name for name, actor in broker.actors.items() if actor.fn.__module__.count("tests") == 0}
    assert found == LANES
    assert set(lanes.THREADS) == set(LANES.values()) - {lanes.PICTURES}


class Crew(dramatiq.Middleware):
    """As saas.worker has it, without heartbeat and caretaker."""

    def before_worker_boot(self, broker: dramatiq.Broker, worker: Worker) -> None:
        if not isinstance(worker, lanes.Companion):
            lanes.divide(worker)

    def after_worker_boot(self, broker: dramatiq.Broker, worker: Worker) -> None:
        if not isinstance(worker, lanes.Companion):
            lanes.staff(broker, worker)


@pytest.fixture
def broker() -> StubBroker:
    made = StubBroker()
    made.add_middleware(Crew())
    return made


@pytest.fixture
def worker(broker: StubBroker) -> Iterator[Worker]:
    made = Worker(broker, worker_threads=2, worker_timeout=20)
    made.start()
    yield made
    lanes.dismiss(5000)
    made.stop(timeout=5000)
    lanes.wait_until_dismissed()
    broker.close()


def test_tasks_that_hang_in_every_other_lane_keep_none_from_the_mail(broker: StubBroker, worker: Worker) -> None:
    release, mailed = threading.Event(), threading.Event()

    def hang() -> None:
        release.wait(60)

    hanging = [
        dramatiq.actor(broker=broker, queue_name=lane, actor_name=f"hang_{lane}")(hang)
        for lane in {lanes.PICTURES, *lanes.THREADS} - {lanes.MAIL}
    ]
    mail = dramatiq.actor(broker=broker, queue_name=lanes.MAIL, actor_name="mail")(mailed.set)
    try:
        for actor in hanging:
            for _ in range(100):
                actor.send()
        mail.send()
        assert mailed.wait(30)
    finally:
        release.set()
        broker.flush_all()


@pytest.mark.parametrize("lane", [lanes.MAIL, lanes.PICTURES])
def test_a_process_whose_queues_were_chosen_serves_just_those(broker: StubBroker, lane: str) -> None:
    worker = Worker(broker, queues={lane}, worker_threads=1, worker_timeout=20)
    worker.start()
    try:
        assert worker.consumer_whitelist == {lane}
        assert not lanes._crew.companions
    finally:
        worker.stop(timeout=5000)
        broker.close()


def test_those_who_are_dismissed_finish_what_they_have_begun(broker: StubBroker, worker: Worker) -> None:
    begun, ended = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        threading.Event().wait(0.3)
        ended.set()

    dramatiq.actor(broker=broker, queue_name=lanes.EXPORTS, actor_name="work")(work).send()
    assert begun.wait(30)
    lanes.dismiss(30_000)
    lanes.wait_until_dismissed()
    assert ended.is_set()
