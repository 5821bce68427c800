import threading
from collections.abc import Iterator

import dramatiq
import pytest
from dramatiq import Worker
from dramatiq.brokers.stub import StubBroker

from saas.queue import hand_back

MANY = 4


@pytest.fixture
def broker() -> Iterator[StubBroker]:
    made = StubBroker(middleware=[])
    made.emit_after("process_boot")
    yield made
    made.close()


def test_what_a_stopping_worker_has_fetched_is_done_by_another(broker: StubBroker) -> None:
    begun, may_end, done = threading.Semaphore(0), threading.Event(), threading.Semaphore(0)
    who = list[str]()

    def act(number: int) -> None:
        begun.release()
        if number == 0:
            may_end.wait(60)
        who.append(f"{number} by {threading.get_ident()}")
        done.release()

    actor = dramatiq.actor(broker=broker, actor_name="act")(act)
    stopping, other = (Worker(broker, worker_threads=1, worker_timeout=50) for _ in range(2))
    stopping.start()
    actor.send(0)
    assert begun.acquire(timeout=20)
    for number in range(1, MANY):
        actor.send(number)
    wait_until_fetched(stopping)
    leaving = threading.Thread(target=stopping.stop)
    leaving.start()
    handed_on = hand_back.start(broker, stopping)
    other.start()
    try:
        for _ in range(1, MANY):
            assert done.acquire(timeout=30)
        assert leaving.is_alive()
    finally:
        may_end.set()
        leaving.join(30)
        other.stop()
    handed_on.join(30)
    assert not handed_on.is_alive()
    assert sorted(int(one.split()[0]) for one in who) == list(range(MANY))
    assert len({one.split()[-1] for one in who[:-1]}) == 1  # all but the first, by the other one


def wait_until_fetched(worker: Worker) -> None:
    ends = threading.Event()
    for _ in range(400):
        if not worker.work_queue.empty():
            return
        ends.wait(0.05)
    raise AssertionError("nothing was fetched")
