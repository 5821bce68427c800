"""Hold the ways of a picture to a budget of round trips to PostgreSQL. A change that adds one fails here, and takes
another away or says why it is worth its time."""

import asyncio
import json
from threading import Thread

import pytest
from django.db import connection, connections
from django.test import AsyncClient

from accounts.models import Organization, Scope, Subject, User
from saas import broadcast
from studio.engine import worker
from studio.gateway import retrying
from tests.accounts.conftest import MakeKey, make_key
from tests.conftest import SignIn
from tests.studio.engine.test_worker import submit, up
from tests.support.fake_provider import Upstream, completed, partial, pictures, png
from tests.support.round_trips import counted
from tests.support.text_holds import allow

__all__ = ["make_key", "up"]
pytestmark = pytest.mark.django_db(transaction=True)

GATEWAY_CALL = 4  # submit · claim · sent · kept; once in five seconds the key is let in before
CLICK = 3  # on Generate, until the run is in the line: session · person and rights · submit
UNTIL_SENT = CLICK + 2  # … and until the request leaves: claim · sent
UNTIL_DRAWN = CLICK + 1  # … and until the card is drawn: the draft
CLAIM_TO_END = 5  # claim · sent · two partials · kept
ASKED = {"prompt": "a lamp", "model": "gpt-image-2", "quality": "low", "size": "1024x1024"}
CALLS = 3  # the first ones make the day's counters, and teach whether the connection streams


def of_the_way(said: list[str]) -> list[str]:
    """Without the looks of `presence` at its connection, and the catalogue that a process reads every five seconds."""
    return [one for one in said if one != "SELECT 1" and "studio_imagemodel" not in one]


def test_a_call_of_the_gateway_with_limits(
    acme: Organization, alice: User, bob: User, make_key: MakeKey, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, token = make_key(bob, Scope.GENERATE)
    for subject, whose in (
        (Subject.ORGANIZATION, {}),
        (Subject.MEMBER, {"user": bob}),
        (Subject.KEY, {"api_key": key}),
    ):
        allow(acme, alice, subject, money_month=10**9, images_day=1000, **whose)
    up.script = pictures(completed(png()))
    workers = list[Thread]()

    def send() -> None:
        workers.append(Thread(target=serve))
        workers[-1].start()

    monkeypatch.setattr("studio.tasks.develop.send", send)
    # The test client closes each answer as if its reader had gone away.
    monkeypatch.setattr(retrying, "_let_go", lambda _: None)

    async def call() -> list[str]:
        broadcast.bind_loop(asyncio.get_running_loop())
        for _ in range(CALLS):
            with counted() as made:
                answer = await AsyncClient().post(
                    "/v1/images/generations",
                    json.dumps(ASKED),
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {token}"},
                )
            assert answer.status_code == 200
            workers[-1].join(30)  # after the answer, the first picture teaches something about the connection
        return made

    try:
        said = asyncio.run(call())
    finally:
        broadcast.bind_loop(None)
    assert len(of_the_way(said)) <= GATEWAY_CALL, "\n".join(said)


def serve() -> None:
    try:
        worker.develop_next()
    finally:
        connections.close_all()


def test_a_click_in_the_studio(acme: Organization, bob: User, up: Upstream, sign_in: SignIn) -> None:
    client = sign_in(bob)
    for number in range(CALLS):
        with counted() as said:
            answer = client.post(
                "/o/acme/runs/",
                {"prompt": "a lamp", "size": "1024x1024", "quality": "low", "n": "2", "request_key": str(number) * 32},
                headers={"HX-Request": "true"},
            )
        assert answer.status_code == 201
    said = of_the_way(said)
    submitted = 1 + next(place for place, one in enumerate(said) if "studio_submit" in one)
    assert submitted <= CLICK, "\n".join(said)
    assert len(said) <= UNTIL_DRAWN, "\n".join(said)
    connection.close()
    with counted() as worked:
        assert worker.develop_next()
    sent = 1 + next(place for place, one in enumerate(worked) if "studio_note_sent" in one)
    assert submitted + sent <= UNTIL_SENT, "\n".join(said + worked)


def test_a_worker_with_two_partials(acme: Organization, bob: User, up: Upstream) -> None:
    up.script = pictures(partial(0, png(shade=10)), partial(1, png(shade=20)), completed(png(shade=200)))
    for _ in range(CALLS):
        submit(acme, bob, partial_images=2)
        connection.close()
        with counted() as said:
            assert worker.develop_next()
    assert len(said) <= CLAIM_TO_END, "\n".join(said)
