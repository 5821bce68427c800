"""In the embedded size counters live in memory: cheap entries must not push out one that protects an account."""

import pytest
from django.conf import settings
from django.core.cache import caches
from django.test import Client

from accounts.models import User
from saas.storage.redis_cache import RoomyCache, counters
from tests.conftest import PASSWORD

FLOOD = 400  # more than Django keeps by itself


@pytest.fixture
def small() -> RoomyCache:
    cache = RoomyCache("test_cache", {"OPTIONS": {"MAX_ENTRIES": 10}})
    cache.clear()
    return cache


@pytest.mark.django_db
@pytest.mark.parametrize("place", ["default", "counters"])
def test_other_entries_do_not_clear_failed_sign_ins(place: str, alice: User) -> None:
    client = Client()
    for _ in range(5):
        client.post("/accounts/login/", {"login": alice.email, "password": "wrong"})
    for number in range(FLOOD):
        caches[place].set(f"cheap:{number}", 1, 60)
    answer = client.post("/accounts/login/", {"login": alice.email, "password": PASSWORD})
    assert "Too many failed login attempts" in answer.content.decode()
    assert "_auth_user_id" not in client.session


def test_our_own_counters_do_not_share_room_with_sign_in() -> None:
    counters.set("asked", 1)
    assert caches["default"].get("asked") is None
    assert {settings.CACHES[name]["OPTIONS"]["MAX_ENTRIES"] for name in settings.CACHES} == {100_000}


def test_a_full_cache_drops_what_has_expired_first(small: RoomyCache) -> None:
    small.set("counts", 1, 60)
    for number in range(100):
        small.set(f"gone:{number}", 1, 0)
    assert small.get("counts") == 1


def test_a_full_cache_of_live_entries_still_takes_new_ones(small: RoomyCache) -> None:
    for number in range(50):
        small.set(f"live:{number}", 1, 60)
    assert small.get("live:49") == 1
    assert len(small._cache) <= 10  # type: ignore[attr-defined]  # Django's own
