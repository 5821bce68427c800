"""PostgreSQL is stopped at once, in the middle of everything, and comes back after longer than a lease."""

import time

import pytest

from saas.embedded.folder import DataFolder
from tests.scaled import databases
from tests.scaled.programs import wait_until
from tests.support.invariants import Books
from tests.weather.crowd import Crowd
from tests.weather.painting import Painting
from tests.weather.pair import LEASE_SECONDS, Pair

pytestmark = pytest.mark.weather

CALLS = 16


def test_a_crash_of_postgresql_that_outlasts_a_lease_costs_no_picture_that_was_paid(
    pair: Pair, painting: Painting, cluster: DataFolder
) -> None:
    """Half of the pictures come while it is away. What is asked for meanwhile waits, or is refused and not made."""
    books = Books(pair.database_url, "northwind")
    with Crowd(pair, painting, "crashed", most=2 * CALLS) as crowd, painting:
        crowd.wait_until_asked(crowd.begin(CALLS))
        with databases.crashed(cluster):
            crowd.finish(CALLS // 2)
            meanwhile = crowd.begin(CALLS // 2)
            time.sleep(LEASE_SECONDS + 2)
        crowd.wait_until_asked(meanwhile)
        crowd.finish(2 * CALLS)
        crowd.wait_until_answered(crowd.wishes)
        crowd.must_be_honest()
        made = [wish for wish in crowd.wishes if wish.answer.result().is_picture]
        wait_until(lambda: books.has_ended("crashed%", len(made)), "every run ends")
        assert set(crowd.wishes) - set(made) <= set(meanwhile)
    assert books.must_be_honest("crashed%", painting) == {"succeeded": len(made)}
    pair.wait()
