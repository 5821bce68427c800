"""Bytes: asked for by name, for those who may see them, in ranges, kept by no cache that outlives the right."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings
from django.core.files.storage import default_storage
from django.http import HttpResponse
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import release, tenancy
from saas.ops import metrics
from saas.storage.disk import WholeFileStorage
from saas.web.after_transaction import Afterwards
from studio.files import signed_links
from studio.models import Output, Visibility
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.support import picture_bytes
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db


class Bucket(WholeFileStorage):
    """As strict as a bucket is in tests: nobody who asks it holds a database connection."""

    def open(self, name: str, mode: str = "rb") -> Any:
        release.refuse_to_wait()
        return super().open(name, mode)

    def exists(self, name: str) -> bool:
        release.refuse_to_wait()
        return super().exists(name)


@pytest.fixture
def bucket(settings: LazySettings) -> None:
    settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": f"{__name__}.Bucket"}}


DATA = picture_bytes.plain(".png", 60, 40)


def path(output: Output, shape: str = "original", slug: str = "acme") -> str:
    return f"/o/{slug}/outputs/{output.code}/{shape}/"


def test_a_picture_is_sent_with_careful_headers(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    answer, run = sign_in(bob).get(path(picture)), str(picture.run.code)[:8]
    assert answer.content == DATA
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Disposition"] == f'inline; filename="a-lamp-on-a-table-{run}-1.png"'
    assert "sandbox" in answer["Content-Security-Policy"]
    assert answer["Accept-Ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, DATA[:10]),
        ("bytes=10-", 206, DATA[10:]),
        ("bytes=-7", 206, DATA[-7:]),
        ("bytes=-99999999", 206, DATA),
        (f"bytes=5-{len(DATA) + 100}", 206, DATA[5:]),
        (f"bytes={len(DATA)}-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=9-5", 200, DATA),
        ("bytes=0-1,4-5", 200, DATA),
        ("bytes=-", 200, DATA),
        ("bytes=a-b", 200, DATA),
        ("lines=0-9", 200, DATA),
        ("bytes=" + "9" * 400 + "-", 200, DATA),
    ],
)
def test_a_part_is_sent_as_asked(
    asked: str, status: int, part: bytes, acme: Organization, bob: User, sign_in: SignIn
) -> None:
    (picture,) = made(acme, bob)
    answer = sign_in(bob).get(path(picture), headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, part)
    if status == 206:
        start = DATA.index(part)
        assert answer["Content-Range"] == f"bytes {start}-{start + len(part) - 1}/{len(DATA)}"
    if status == 416:
        assert answer["Content-Range"] == f"bytes */{len(DATA)}"


def test_a_part_of_another_version_is_not_mixed_in(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    client = sign_in(bob)
    etag = client.get(path(picture))["ETag"]
    for version, status in ((etag, 206), ('"other"', 200)):
        answer = client.get(path(picture), headers={"Range": "bytes=0-3", "If-Range": version})
        assert answer.status_code == status


def test_a_browser_asks_each_time_and_after_signing_out_in_vain(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    client = sign_in(bob)
    etag = client.get(path(picture, "thumbnail"))["ETag"]
    again = {"If-None-Match": etag}
    assert client.get(path(picture, "thumbnail"), headers=again).status_code == 304
    assert client.post("/accounts/logout/")["Clear-Site-Data"] == '"cache"'
    assert client.get(path(picture, "thumbnail"), headers=again).status_code == 302


def test_who_was_removed_gets_no_304(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    client = sign_in(bob)
    etag = client.get(path(picture))["ETag"]
    with tenancy.tenant(acme.pk):
        acme.memberships.filter(user=bob).delete()
    assert client.get(path(picture), headers={"If-None-Match": etag}).status_code == 404


@pytest.mark.parametrize("shape", ["original", "preview", "thumbnail", "kept", "heat", "nonsense"])
def test_another_organizations_bytes_are_not_there(
    shape: str, acme: Organization, rival: Organization, bob: User, charlie: User, sign_in: SignIn
) -> None:
    (theirs,) = made(rival, charlie)
    assert sign_in(bob).get(path(theirs, shape)).status_code == 404
    assert sign_in(bob).get(path(theirs, shape, "rival")).status_code == 404


def test_a_colleagues_private_bytes_are_not_there(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    (secret,) = made(acme, bob, visibility=Visibility.PRIVATE)
    assert sign_in(alice).get(path(secret)).status_code == 404


def test_a_missing_file_is_an_honest_placeholder_and_breaks_nothing_else(
    acme: Organization, bob: User, sign_in: SignIn
) -> None:
    lost, kept = made(acme, bob, count=2)
    default_storage.delete(lost.file)
    default_storage.delete(lost.thumbnail)
    before = metrics.FILES_MISSING._value.get()
    client = sign_in(bob)
    answer = client.get(path(lost))
    assert (answer.status_code, answer["Content-Type"], answer["Cache-Control"]) == (
        404,
        "image/svg+xml",
        "private, no-store",
    )
    assert b"This file is missing" in answer.content
    assert metrics.FILES_MISSING._value.get() == before + 1
    assert client.get(path(kept)).status_code == 200
    assert client.get("/o/acme/gallery/").status_code == 200


def test_what_was_deleted_for_good_says_so(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=picture.pk).update(binned_at=timezone.now(), purged_at=timezone.now())
    answer = sign_in(bob).get(path(picture))
    assert (answer.status_code, b"Deleted" in answer.content) == (404, True)


def test_a_large_file_comes_in_pieces(
    acme: Organization, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.files.serving.CHUNK_BYTES", 100)
    (picture,) = made(acme, bob)
    answer: Any = sign_in(bob).get(path(picture))
    assert answer.streaming
    assert answer["Content-Length"] == str(len(DATA))
    assert async_to_sync(_whole)(answer.streaming_content) == DATA


async def _whole(pieces: AsyncIterator[bytes]) -> bytes:
    found = [piece async for piece in pieces]
    assert max(map(len, found)) <= 100
    return b"".join(found)


def test_the_proxy_is_told_the_name_and_sends_no_header_of_ours_away(
    acme: Organization, bob: User, sign_in: SignIn, settings: LazySettings
) -> None:
    settings.FILES_FROM = "proxy"
    lost, kept = made(acme, bob, count=2)
    default_storage.delete(lost.file)
    answer = sign_in(bob).get(path(kept))
    assert (answer["X-Accel-Redirect"], answer.content) == (f"/-/files/{kept.file}", b"")
    assert answer["Cache-Control"] == "private, no-cache"
    assert b"This file is missing" in sign_in(bob).get(path(lost)).content


def test_storage_is_asked_after_the_views_transaction(
    acme: Organization, bob: User, sign_in: SignIn, request: pytest.FixtureRequest, settings: LazySettings
) -> None:
    (picture,) = made(acme, bob)
    token, link = program(acme, bob).token, signed_links.link_to(picture)
    request.getfixturevalue("bucket")
    asked = {
        path(picture): {},
        f"/api/v1/images/{picture.code}/original": {"Authorization": f"Bearer {token}"},
        urlsplit(link).path: {},
    }
    for files_from in ("here", "proxy"):
        settings.FILES_FROM = files_from
        for target, headers in asked.items():
            answer = sign_in(bob).get(target, headers=headers)
            assert answer.status_code == 200, target
            assert "X-Accel-Redirect" in answer if files_from == "proxy" else answer.content == DATA


def test_an_answer_that_nobody_makes_is_an_error() -> None:
    assert Afterwards(lambda: HttpResponse("fine")).status_code == 500
