"""What is kept about a person, downloaded by that person."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.storage import default_storage
from django.test import Client

from accounts.models import Organization, User
from saas.storage.redis_cache import counters
from studio.models import Visibility
from tests.conftest import PASSWORD, SignIn, actions
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db(transaction=True)
URL = "/me/data/download/"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    counters.clear()


def fresh(client: Client) -> Client:
    """The person has just entered the password."""
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).status_code == 302
    return client


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


def test_it_is_all_of_ones_own_and_nothing_of_others(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    mine = made(acme, bob, "My diary", count=2, visibility=Visibility.PRIVATE)
    made(acme, alice, "Alice's own words")
    made(rival, charlie, "Theirs")
    answer: Any = fresh(sign_in(bob)).post(URL)
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert answer["Cache-Control"] == "private, no-store"
    with zipfile.ZipFile(io.BytesIO(async_to_sync(whole)(answer.streaming_content))) as packed:
        assert packed.testzip() is None
        assert json.loads(packed.read("account.json"))["email"] == bob.email
        (runs,) = (name for name in packed.namelist() if name.endswith("studio.run.jsonl"))
        assert json.loads(packed.read(runs).splitlines()[0])["prompt"] == "My diary"
        pictures = {packed.read(name) for name in packed.namelist() if "/pictures/" in name}
        assert pictures == {default_storage.open(one.file).read() for one in mine}
        text = b"".join(packed.read(name) for name in packed.namelist() if name.endswith((".json", ".jsonl")))
    assert b"Alice's own words" not in text
    assert b"Theirs" not in text
    assert b"rival" not in text.lower()
    assert actions(acme) == ["person.exported"]
    assert actions(rival) == []


@pytest.mark.parametrize(("url", "method"), [("/me/data/", "get"), (URL, "post")])
def test_who_signed_in_long_ago_signs_in_again(
    acme: Organization, bob: User, sign_in: SignIn, url: str, method: str
) -> None:
    answer = getattr(sign_in(bob), method)(url)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert actions(acme) == []


def test_the_profile_leads_to_the_page_which_names_the_organizations(
    acme: Organization, bob: User, sign_in: SignIn
) -> None:
    client = fresh(sign_in(bob))
    assert 'href="/me/data/"' in client.get("/me/").content.decode()
    assert "<li>Acme</li>" in client.get("/me/data/").content.decode()


def test_the_fourth_time_a_day_is_refused(acme: Organization, bob: User, sign_in: SignIn) -> None:
    client = fresh(sign_in(bob))
    codes = [client.post(URL).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 302]
    assert actions(acme) == ["person.exported"] * 3


def test_a_link_downloads_nothing(acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert fresh(sign_in(bob)).get(URL).status_code == 405
    assert actions(acme) == []
