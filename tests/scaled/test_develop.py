"""Two people watch one run of four develop, through real queue, worker, Redis and sockets. One of them cuts the line in
the middle and comes back without losing a frame; one picture is refused by moderation and says so."""

import base64
import json
from typing import Any
from uuid import uuid4

import pytest
from websockets.sync.client import ClientConnection

from studio.imaging.previews import PREVIEW_LIMIT_BYTES
from tests.scaled.darkroom import Darkroom
from tests.scaled.people import Person, next_event
from tests.support.invariants import Books

pytestmark = pytest.mark.scaled

Event = dict[str, Any]
PARTIALS = 2


def heard(socket: ClientConnection, until: str) -> list[Event]:
    """What comes, up to the first of this type."""
    events: list[Event] = []
    while not events or events[-1]["type"] != until:
        event = next_event(socket, seconds=40)
        if "seq" in event:
            events.append(event)
    return events


def asked_for(person: Person, run: str, *, after: int) -> list[Event]:
    answer = person.client.get(f"/o/northwind/runs/{run}/events/?after={after}")
    events: list[Event] = answer.json()["events"]
    return events


def told(events: list[Event]) -> list[tuple[int, str, int | None]]:
    return [(event["seq"], event["type"], event.get("slot")) for event in events]


def test_two_watch_one_run_and_one_of_them_loses_the_line(darkroom: Darkroom) -> None:
    books = Books(darkroom.database_url, "northwind")
    (sandbox,) = books.rows("SELECT code FROM accounts_providerconnection WHERE kind = 'sandbox'")
    prompt = f"A lighthouse at night {uuid4()} [sandbox delay=0.4 fail=moderation_blocked when=2]"
    with Person(darkroom.url, "ada@example.com") as ada, Person(darkroom.url, "ben@example.com") as ben:
        ada.make_default(str(sandbox["code"]))
        with ada.listen() as staying:
            with ben.listen() as leaving:
                ada.ask_for(prompt, pictures=4)
                before = heard(leaving, until="partial")
            seen = heard(staying, until="ended")
        run = seen[0]["run"]
        with ben.listen() as back:
            assert next_event(back)["type"] == "hello"
            after = asked_for(ben, run, after=before[-1]["seq"])

    assert [event["seq"] for event in seen] == list(range(1, len(seen) + 1))
    assert 0 < len(before) < len(seen)
    assert told(before) + told(after) == told(seen)
    types = [event["type"] for event in seen]
    assert (types[0], types[-1], seen[-1]["state"]) == ("queued", "ended", "succeeded")
    assert (types.count("started"), types.count("partial"), types.count("output")) == (4, 3 * PARTIALS, 3)
    (refused,) = [event for event in seen if event["type"] == "refused"]
    assert (refused["slot"], refused["charged"]) == (2, "no")
    assert "safety system refused" in refused["sentence"]
    for frame in (event for event in seen if event["type"] in {"partial", "output"}):
        preview = base64.b64decode(frame["preview"])
        assert (preview[8:12], len(preview) <= PREVIEW_LIMIT_BYTES) == (b"WEBP", True)
        assert len(json.dumps(frame)) < 65_536  # longer ones would end the socket
    card = ben_sees(darkroom, run)
    assert "safety system refused" in card


def ben_sees(darkroom: Darkroom, run: str) -> str:
    with Person(darkroom.url, "ben@example.com") as ben:
        return ben.see(f"/o/northwind/runs/{run}/card/")
