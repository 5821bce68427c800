"""A session that holds a lock and has vanished costs its own organization seconds, and the others nothing."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from psycopg.conninfo import conninfo_to_dict

from saas.database import waits
from studio.queue.tickets import CLAIM_LOCK
from tests.scaled.darkroom import Darkroom
from tests.scaled.programming import Caller
from tests.scaled.programs import wait_until
from tests.support import vanished_session

pytestmark = [pytest.mark.scaled, pytest.mark.parametrize("darkroom", ["rabbitmq"], indirect=True)]

PATIENCE_SECONDS = 45  # 15 until the session ends, and what a picture takes on a busy machine
PAGE_SECONDS = 10  # after which whoever waits for a connection of the pool would have given up
LOCKED_FOR_SECONDS = 15
PAUSE_SECONDS = 0.2  # between two rounds of looking
CALLS = 30


@pytest.fixture
def tenants(darkroom: Darkroom) -> dict[str, tuple[int, Caller]]:
    north, south = (f"{name}-{uuid4().hex[:8]}" for name in ("north", "south"))
    made = json.loads(darkroom.run("-m", "tests.scaled.tenants", north, south))
    return {slug.partition("-")[0]: (one["id"], Caller(darkroom.url, one["key"])) for slug, one in made.items()}


def test_a_vanished_worker_in_the_claim_stops_nobody_for_long(
    darkroom: Darkroom, tenants: dict[str, tuple[int, Caller]]
) -> None:
    """Its session is one of Darkroom's own, so PostgreSQL ends it."""
    _, south = tenants["south"]
    given = {key: value for key, value in conninfo_to_dict(darkroom.database_url).items() if value is not None}
    with vanished_session.held(vanished_session.LINE, CLAIM_LOCK, waits.parameters(given)):
        call = south.draw("while the line is locked [sandbox delay=0]")
    assert call.status == 200, call.text
    assert call.seconds < PATIENCE_SECONDS


def test_the_lock_of_one_organization_is_its_own_trouble(
    darkroom: Darkroom, tenants: dict[str, tuple[int, Caller]]
) -> None:
    (org_id, north), (_, south) = tenants["north"], tenants["south"]
    stranger = Caller(darkroom.url)
    begun, readiness = threading.Barrier(CALLS + 1), list[int]()

    def draw(number: int) -> None:
        begun.wait(60)
        north.draw(f"locked out {number} [sandbox delay=0]")

    with ThreadPoolExecutor(CALLS) as pool:
        with vanished_session.held(
            vanished_session.ORGANIZATION, org_id, conninfo_to_dict(darkroom.database_url), org_id=org_id
        ):
            drawing = [pool.submit(draw, number) for number in range(CALLS)]
            begun.wait(60)
            until = time.monotonic() + LOCKED_FOR_SECONDS
            while time.monotonic() < until:
                assert stranger.get("/accounts/login/").status == 200
                assert south.get("/api/v1/runs").status == 200
                assert south.get("/v1/models").status == 200
                readiness.append(stranger.get("/readyz").status)
                time.sleep(PAUSE_SECONDS)
            picture = south.draw("meanwhile [sandbox delay=0]")
            assert picture.status == 200, picture.text
        for one in drawing:
            one.result(90)
    assert 200 in readiness
    assert max(call.seconds for call in [*stranger.calls, *south.calls]) < PAGE_SECONDS
    told = {(call.status, call.headers.get("Retry-After")) for call in north.calls}
    assert told <= {(200, None), (503, "2")}, [call.text for call in north.calls if call.status not in {200, 503}]
    assert (503, "2") in told
    wait_until(lambda: north.draw("afterwards [sandbox delay=0]").status == 200, "its turn comes again")
