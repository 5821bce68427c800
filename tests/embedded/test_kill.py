"""kill -9 of the whole program at random moments, and the same folder started again: no run is lost, nothing is asked
twice, no state is a lie."""

import logging
import random
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

from saas.embedded import identity
from tests.embedded.instance import Instance, running_darkroom
from tests.embedded.prepared import copied, demo_of
from tests.scaled.people import Person
from tests.scaled.programs import wait_until
from tests.support.fake_provider import upstream
from tests.support.invariants import SEED, Books, Painter

log = logging.getLogger(__name__)

RUNS, KILLS = 50, 5
CALLS_AT_ONCE = 4


def test_the_program_killed_at_random_moments_loses_nothing_and_asks_for_nothing_twice(
    demo_data: Path, tmp_path: Path
) -> None:
    log.warning("CHAOS_SEED=%s", SEED)  # pytest shows it when this fails
    dice, painter = random.Random(SEED), Painter(SEED)  # noqa: S311 no secret
    like = f"killed {SEED} %"
    data, demo = copied(demo_data, tmp_path), demo_of(demo_data)
    with upstream(painter) as up:
        settings = {"ORGANIZATION_CALLS_AT_ONCE": str(CALLS_AT_ONCE), "PROVIDER_ALLOWED_HOSTS": up.host}
        with running_darkroom(data, 0, **settings) as darkroom:
            ask_for_all(demo, darkroom.url, up.url)
            books = Books(identity.url(darkroom.folder), "demo")
            end(darkroom)
        for _ in range(KILLS - 1):
            with running_darkroom(data, 0, **settings) as darkroom:
                time.sleep(dice.uniform(0, 1))
                end(darkroom)
        with running_darkroom(data, 0, **settings):
            wait_until(lambda: books.has_ended(like, RUNS), "every run ends, and waits for no lease of an earlier life")
            ends = books.must_be_honest(like, painter)
            kept = [data / "media" / slot["file"] for slot in books.slots(like) if slot["state"] == "succeeded"]
            assert {sha256(file.read_bytes()).hexdigest() for file in kept} <= set(painter.sent.values())
    assert sum(ends.values()) == RUNS
    assert ends["succeeded"] > ends["unknown"] > 0, ends  # some were hit, most were not


def ask_for_all(demo: dict[str, Any], url: str, upstream_url: str) -> None:
    with Person(url, demo["email"], demo["password"], demo["org"]) as person:
        person.make_default(person.add_connection("Painter", upstream_url))
        for number in range(RUNS):
            person.ask_for(f"killed {SEED} {number}")


def end(darkroom: Instance) -> None:
    darkroom.process.kill()
    darkroom.process.wait()
