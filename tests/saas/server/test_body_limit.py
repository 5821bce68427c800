"""How much of a body is taken, by what its head says."""

import pytest
from django.conf import settings
from django.urls import get_resolver

from saas.crypto import tokens
from saas.fairness import visitors
from saas.ops import request_info
from saas.server import body_limit
from saas.server.body_limit import STRANGERS, Body, Budget

MEGABYTE = 1_000_000


def limit(target: str, authorization: str = "Bearer dk_x", cookies: str = "") -> int:
    return body_limit.allowed(target=target, authorization=authorization, cookies=cookies).limit_bytes


@pytest.mark.parametrize(
    "target",
    [
        "/v1/images/edits",
        "/v1/images/edits?stream=true",
        "/v1/%66iles",
        "/v1/responses",
        "/sandbox/v1/images/edits",
        "/sandbox/v1/responses",
        "/api/v1/inputs",
        "/api/v1/runs",
        "/o/acme/inputs/",
        "/o/acme/runs/",
        "/o/acme/limits/import/",
        "/o/acme/usage/compare/",
    ],
)
def test_doors_that_take_files_take_the_most(target: str) -> None:
    assert limit(target) == 100 * MEGABYTE
    assert limit(target, "", "a=b; darkroom_session=x") == 100 * MEGABYTE
    assert limit(target, "", "darkroom_csrf=x") == 64 * 1024


@pytest.mark.parametrize(
    "target",
    ["/v1/images/generations", "/api/v1/presets", "/v1/images/edits/", "//v1/images/edits", "/o/acme/", "/x", "*"],
)
def test_other_doors_take_what_a_form_may_weigh(target: str) -> None:
    assert limit(target) == 4 * 1024 * 1024
    assert limit(target, "", "") == 64 * 1024


def test_every_door_that_takes_files_exists() -> None:
    resolver = get_resolver()
    names = {name.rpartition(":")[2] for name in _names(resolver)}
    assert names >= body_limit.UPLOAD_DOORS


def _names(resolver: object) -> set[str]:
    found: set[str] = set()
    for pattern in getattr(resolver, "url_patterns", []):
        found |= _names(pattern) if hasattr(pattern, "url_patterns") else {str(pattern.name)}
    return found


def test_a_body_counts_until_it_is_read_or_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = Budget()
    monkeypatch.setattr(body_limit, "BUDGET", budget)
    read, closed = Body("192.0.2.1"), Body("192.0.2.2")
    for body in (read, closed):
        body.write(bytes(8192))
        assert budget.held_bytes == (0 if body is read else 92_000)
        body.write(bytes(92_000))
    assert budget.held_bytes == 184_000
    read.seek(0)
    assert len(read.read(50_000)) == 50_000
    assert budget.held_bytes == 184_000
    assert len(read.read()) == 50_192
    closed.close()
    closed.close()
    assert budget.held_bytes == 0


def test_one_client_gets_half_and_another_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    budget = Budget()
    monkeypatch.setattr("django.conf.settings.REQUEST_BODIES_BYTES", 1000, raising=False)
    budget.take(["192.0.2.1"], 400)
    assert (budget.has_room(["192.0.2.1"], 100), budget.has_room(["192.0.2.1"], 101)) == (True, False)
    budget.take(["192.0.2.2"], 500)
    assert (budget.has_room(["192.0.2.3"], 100), budget.has_room(["192.0.2.3"], 101)) == (True, False)
    budget.give_back(["192.0.2.2"], 500)
    assert budget.held_bytes == 400


def test_strangers_from_many_addresses_leave_half_for_those_who_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body_limit, "BUDGET", Budget())
    monkeypatch.setattr("django.conf.settings.REQUEST_BODIES_BYTES", 1_000_000, raising=False)
    strangers = [Body(f"192.0.2.{number}") for number in range(10)]
    for stranger in strangers:
        if stranger.has_room_for(100_000):
            stranger.write(bytes(100_000))
    assert not Body("192.0.2.100").has_room_for(100_000)
    known = Body("192.0.2.101", "org:7")
    assert known.has_room_for(400_000)
    known.write(bytes(400_000))
    assert not Body("192.0.2.102", "org:7").has_room_for(150_000)


def test_a_key_is_a_strangers_until_it_has_opened_something() -> None:
    asked = {"target": "/v1/files?x=1", "authorization": "Bearer dk_of_this_test", "cookies": ""}
    assert body_limit.allowed(**asked).sender == STRANGERS
    with visitors.visiting(
        visitors.Visitor(request_info.hash_of_shown("Bearer dk_of_this_test", "/v1/models"), "192.0.2.1")
    ):
        visitors.learn(7)
    assert body_limit.allowed(**asked).sender == "org:7"
    assert body_limit.allowed(target="/v1/files", authorization="Bearer dk_other", cookies="").sender == STRANGERS


def test_a_session_is_known_where_it_has_been_before() -> None:
    with visitors.visiting(visitors.Visitor(request_info.hash_of_shown("of-this-test", "/o/acme/"), "192.0.2.1")):
        visitors.learn(8)
    cookies = "a=b; darkroom_session=of-this-test"
    assert body_limit.allowed(target="/o/acme/inputs/", authorization="", cookies=cookies).sender == "org:8"
    assert body_limit.allowed(target="/o/rival/inputs/", authorization="", cookies=cookies).sender == STRANGERS


def test_a_kiosk_sends_photos_by_its_token_alone() -> None:
    token, _ = tokens.new_token("db")
    target = f"/b/{token}/captures"
    most = body_limit.allowed(target=target, authorization="", cookies="")
    assert (most.limit_bytes, most.sender) == (settings.REQUEST_LIMIT_BYTES, STRANGERS)
    for other in ("/b/db_x/captures", f"/b/{token[:-1]}_/captures", f"/b/{token}/leave", f"/g/{token}/captures"):
        assert body_limit.allowed(target=other, authorization="", cookies="").limit_bytes == body_limit.STRANGER_BYTES
    visitor = visitors.Visitor(request_info.hash_of_shown("", target), "192.0.2.1")
    with visitors.visiting(visitor):
        visitors.learn(9)
    assert body_limit.allowed(target=target, authorization="", cookies="").sender == "org:9"
