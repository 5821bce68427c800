"""What was said of a run is believed as long as nothing is missing between."""

from typing import Any

import pytest

from studio.models import Run
from studio.waiting import follow

RUN = Run(org_id=1)
AT = "2026-11-21T12:00:00+00:00"


def said(seq: int, kind: str = "partial", **data: Any) -> dict[str, Any]:
    return {"v": 1, "run": str(RUN.code), "seq": seq, "type": kind, "at": AT, **data}


def test_hints_in_their_order_are_the_events_that_they_tell_of() -> None:
    found = follow._events_of_hints(RUN, [said(3, "output", slot=0, output="x", preview="…"), said(2, index=1)], 1)
    assert found is not None
    events, has_ended = found
    assert [(event.seq, event.type, event.slot_index, event.data) for event in events] == [
        (2, "partial", None, {"index": 1}),
        (3, "output", 0, {"output": "x"}),
    ]
    assert events[0].at.isoformat() == AT
    assert not has_ended


def test_the_end_ends_it() -> None:
    found = follow._events_of_hints(RUN, [said(2), said(3, "ended")], 1)
    assert found is not None
    assert found[1]


def test_what_was_told_before_is_no_news() -> None:
    assert follow._events_of_hints(RUN, [said(1), said(2)], 2) == ([], False)


@pytest.mark.parametrize("told", [[], [said(4)], [said(2), said(4, "ended")], [said(2), said(2)]])
def test_where_something_is_missing_the_database_is_asked(told: list[dict[str, Any]]) -> None:
    assert follow._events_of_hints(RUN, told, 1) is None
