"""A worker's final reaches the callers of its own process by the commit that settles it, within a bound."""

from uuid import uuid4

import pytest
from django.db import transaction

from saas.database.transactions import after_commit
from studio.imaging.previews import Measured
from studio.providers.answers import Final
from studio.waiting import relay
from studio.waiting.relay import Finished

RUN, OTHER = uuid4(), uuid4()


def finished(index: int, size_bytes: int = 3) -> Finished:
    return Finished(index, Final(bytes(size_bytes)), Measured("png", 1, 1), seq=2, micros=0, counters=None)


def test_each_caller_of_a_run_gets_its_finals_and_no_others() -> None:
    with relay.expecting(RUN) as first, relay.expecting(RUN) as second, relay.expecting(OTHER) as other:
        relay.hand_over(RUN, finished(1))
        relay.hand_over(RUN, finished(0))
        assert sorted(first.by_slot) == sorted(second.by_slot) == [0, 1]
        assert other.by_slot == {}
    relay.hand_over(RUN, finished(2))
    assert sorted(first.by_slot) == [0, 1]
    assert not relay._expected


def test_what_has_no_room_is_left_in_storage_and_room_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "HANDED_LIMIT_BYTES", 100)
    with relay.expecting(OTHER) as other:
        with relay.expecting(RUN) as mine:
            relay.hand_over(RUN, finished(0, 60))
            relay.hand_over(OTHER, finished(0, 60))
            relay.hand_over(OTHER, finished(1, 40))
            assert (sorted(mine.by_slot), sorted(other.by_slot)) == ([0], [1])
        relay.hand_over(OTHER, finished(0, 60))
        assert sorted(other.by_slot) == [0, 1]


@pytest.mark.django_db(transaction=True)
def test_what_is_not_committed_is_not_handed_over() -> None:
    with relay.expecting(RUN) as finals:
        with transaction.atomic():
            after_commit(relay.hand_over, RUN, finished(0))
            transaction.set_rollback(True)
        assert finals.by_slot == {}
        with transaction.atomic():
            after_commit(relay.hand_over, RUN, finished(0))
            assert finals.by_slot == {}
        assert sorted(finals.by_slot) == [0]
