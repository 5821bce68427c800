"""kill -9 at random moments: no run is lost, nothing is asked twice, no state is a lie."""

import logging
import random
import threading
import time
from functools import partial

import pytest

from tests.scaled.darkroom import LEASE_SECONDS, Darkroom
from tests.scaled.people import Person
from tests.scaled.programs import Program, wait_until
from tests.support.fake_provider import upstream
from tests.support.invariants import SEED, Books, Painter

pytestmark = pytest.mark.scaled

log = logging.getLogger(__name__)

MANY, FEW = (50, 20), (12, 5)  # runs, and kills meanwhile
WORKERS = 3
BUSY = 4  # times the lease: who has looked for half a lease whether another one is gone may be killed as well
IS_READY = "Worker process is ready for action"


@pytest.mark.parametrize(("darkroom", "runs", "kills"), [("rabbitmq", *MANY), ("redis", *FEW)], indirect=["darkroom"])
def test_workers_killed_at_random_moments_lose_nothing_and_ask_for_nothing_twice(
    darkroom: Darkroom, runs: int, kills: int
) -> None:
    log.warning("CHAOS_SEED=%s", SEED)  # pytest shows it when this fails
    dice, painter = random.Random(SEED), Painter(SEED)  # noqa: S311 no secret
    darkroom.worker.stop()
    crew = [Killable(darkroom, number) for number in range(WORKERS)]
    books = Books(darkroom.database_url, "northwind")
    like = f"killed {SEED} % of {runs}"
    try:
        with upstream(painter) as up, Person(darkroom.url, "ada@example.com") as ada:
            ada.make_default(ada.add_connection(f"Painter {SEED}", up.url))
            for worker in crew:
                worker.start()
            asking = threading.Thread(target=ask_one_by_one, args=(ada, runs), daemon=True)
            asking.start()
            for _ in range(kills):
                time.sleep(dice.uniform(0, 0.7))
                victim, *others = dice.sample(crew, WORKERS)
                wait_until(partial(any_is_ready, others), "another one works")
                victim.kill()
                assert books.seconds_in_nobodys_hands() < BUSY * LEASE_SECONDS
                victim.start()
            asking.join(30)
            wait_until(lambda: books.has_ended(like, runs), "every run ends", seconds=120)
            ends = books.must_be_honest(like, painter)
    finally:
        for worker in crew:
            worker.leave()
        darkroom.worker.start()
        wait_until(lambda: darkroom.status("/readyz") == 200, "readiness", darkroom.worker)
    assert sum(ends.values()) == sum(pictures_of(number) for number in range(runs))
    assert not any("engine broke" in worker.log for worker in crew)
    assert ends["succeeded"] > ends["unknown"], ends  # most were not hit
    assert ends["unknown"] > 0 or runs < MANY[0], ends  # and some were


def ask_one_by_one(ada: Person, runs: int) -> None:
    for number in range(runs):
        ada.ask_for(f"killed {SEED} {number} of {runs}", pictures=pictures_of(number))
        time.sleep(0.2)


def pictures_of(number: int) -> int:
    return (1, 1, 2, 4)[number % 4]


def any_is_ready(workers: list["Killable"]) -> bool:
    return any(worker.is_ready for worker in workers)


class Killable(Program):
    """A worker that knows whether it has begun to work since it was started last."""

    def __init__(self, darkroom: Darkroom, number: int) -> None:
        like = darkroom.worker
        environment = {**like.environment, "WORKER_METRICS_PORT": "0"}
        super().__init__(f"killed-{number}", like.arguments, darkroom.folder, environment)
        self.begun = 0

    def start(self) -> None:
        self.begun = len(self.log) if self.log_file.exists() else 0
        super().start()

    @property
    def is_ready(self) -> bool:
        return self.is_running and IS_READY in self.log[self.begun :]
