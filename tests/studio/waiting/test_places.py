"""Places for callers who wait: bounded for a key, a person, an organization and a process, and always given back."""

import gc
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from accounts.models import Membership, Organization, User
from saas.database import tenancy
from studio.models import Run
from studio.waiting import places
from studio.waiting.places import NoPlace, Place
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import submit, up
from tests.support.fake_provider import Upstream

__all__ = ["up"]


@pytest.fixture(autouse=True)
def _few(settings: Any) -> Iterator[None]:
    settings.OPEN_WAITS_PER_CALLER, settings.OPEN_WAITS_PER_ORGANIZATION, settings.OPEN_WAITS = 2, 3, 8
    assert places.count() == 0
    yield
    gc.collect()
    assert places.count() == 0


def take(org: int, person: int, key: int | None = None) -> Place:
    member = Membership(org_id=org, user_id=person)
    return places.take(member, SimpleNamespace(pk=key) if key else None)  # type: ignore[arg-type]  # a key is its id


def leave(*taken: Place) -> None:
    for place in taken:
        place.leave()


@pytest.mark.parametrize(
    ("taken", "refused", "others"),
    [
        ([(1, 1), (1, 1)], (1, 1), (1, 2)),
        ([(1, 1), (2, 1)], (3, 1), (3, 2)),
        ([(1, 1, 7), (1, 1, 8)], (1, 1, 9), (1, 2)),
        ([(1, 1, 7), (1, 1)], (1, 1, 7), (1, 2)),
        ([(1, 1), (1, 2), (1, 3)], (1, 4), (2, 4)),
        ([(1, 1), (1, 2), (1, 3), (2, 4), (2, 5)], (2, 6), (3, 7)),  # half of what is free
        ([(n, n) for n in range(8)], (9, 9), None),
    ],
)
def test_who_has_all_of_theirs_gets_no_more_and_others_do(
    taken: list[tuple[int, ...]], refused: tuple[int, ...], others: tuple[int, ...] | None
) -> None:
    held = [take(*one) for one in taken]
    with pytest.raises(NoPlace):
        take(*refused)
    assert places.count() == len(taken)
    if others is not None:
        held.append(take(*others))
    leave(*held)


def test_a_key_is_told_that_it_is_the_key_and_a_person_that_it_is_they() -> None:
    held = [take(1, 1, 7), take(1, 1, 7)]
    with pytest.raises(NoPlace, match=r"^This key already has 2 open calls"):
        take(1, 1, 7)
    for key in (8, None):
        with pytest.raises(NoPlace, match=r"^You already have 2 open calls"):
            take(1, 1, key)
    leave(*held)


def test_leaving_twice_is_leaving_once() -> None:
    first, second = take(1, 1), take(1, 1)
    leave(first, first)
    assert places.count() == 1
    leave(second)


def test_an_error_gives_the_place_back() -> None:
    with pytest.raises(KeyError), places.holding(Membership(org_id=1, user_id=1), None):
        raise KeyError


@pytest.mark.django_db
def test_a_response_keeps_it_until_it_is_closed() -> None:
    with places.holding(Membership(org_id=1, user_id=1), None) as place:
        response = StreamingHttpResponse(iter([b""]))
        place.keep_for(response)
    assert places.count() == 1
    response.close()
    assert places.count() == 0


def test_a_response_that_is_dropped_gives_it_back() -> None:
    with places.holding(Membership(org_id=1, user_id=1), None) as place:
        response = StreamingHttpResponse(iter([b""]))
        place.keep_for(response)
    del response, place
    gc.collect()
    assert places.count() == 0


@pytest.mark.django_db
def test_the_gateway_says_so_before_anything_is_made(acme: Organization, bob: User, up: Upstream) -> None:
    key = program(acme, bob).token
    held = [take(acme.pk, bob.pk), take(acme.pk, bob.pk)]
    body = {"model": "gpt-image-2", "prompt": "a lamp"}
    headers = {"Authorization": f"Bearer {key}"}
    answer = Client().post("/v1/images/generations", json.dumps(body), "application/json", headers=headers)
    said = answer.json()["error"]
    assert (answer.status_code, said["type"], said["code"]) == (429, "requests", "rate_limit_exceeded")
    assert answer["Retry-After"] == "5"
    with tenancy.tenant(acme.pk):
        assert not Run.objects.exists()
    leave(*held)


@pytest.mark.django_db
def test_the_native_api_says_so_to_keys_and_to_people(
    acme: Organization, bob: User, up: Upstream, sign_in: SignIn
) -> None:
    run, mine = submit(acme, bob), program(acme, bob)
    held = [take(acme.pk, bob.pk), take(acme.pk, bob.pk)]
    follow = f"/api/v1/runs/{run.code}/events?stream=true"
    by_session = sign_in(bob).get(follow, headers={"X-Organization": "acme"})
    by_key = mine.get(f"runs/{run.code}/events?stream=true")
    submitted = mine.post("runs?stream=true", {"prompt": "a lamp"})
    for answer in (by_session, by_key, submitted):
        assert (answer.status_code, answer.json()["error"]["code"], answer["Retry-After"]) == (429, "rate_limited", "5")
    assert mine.get(f"runs/{run.code}/events").status_code == 200, "who does not wait needs no place"
    with tenancy.tenant(acme.pk):
        assert Run.objects.count() == 1
    leave(*held)
