"""Links for strangers: exactly the listed pictures, until the day, behind the password, and nothing else."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.conf import LazySettings
from django.test import Client
from django.utils import timezone

from accounts.models import Organization, Role, User
from accounts.people import members
from saas.database import tenancy
from studio.gallery import shares
from studio.models import Output, Share, Visibility
from tests.conftest import SignIn, actions, join, must_be_member
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db
MARKUP = '"><img src=x onerror=alert(1)>'


def share(org: Organization, by: User, outputs: list[Output], **fields: Any) -> Share:
    with tenancy.tenant(org.pk):
        asked = {"title": "Spring", "days": 30, **fields}
        return shares.make(by=must_be_member(org, by), outputs=outputs, **asked)


def link(found: Share) -> str:
    return shares.link(found).removeprefix("http://127.0.0.1:8000")


def now(found: Share) -> Share:
    with tenancy.tenant(found.org_id):
        return Share.objects.get(pk=found.pk)


def test_a_stranger_sees_exactly_what_is_listed(acme: Organization, bob: User) -> None:
    listed, other = made(acme, bob, "A secret brief", count=2)
    address = link(share(acme, bob, [listed]))
    page = Client().get(address)
    body = page.content.decode()
    assert (page.status_code, str(listed.code) in body, str(other.code) in body) == (200, True, False)
    assert "secret brief" not in body
    assert "Bob" not in body
    assert page["X-Robots-Tag"] == "noindex, nofollow, noarchive"
    assert page["Referrer-Policy"] == "same-origin"
    assert page["Cache-Control"] == "private, no-store"
    assert '<meta name="robots" content="noindex' in body
    for shape in ("preview", "original"):
        assert Client().get(f"{address}{listed.code}/{shape}/").status_code == 200
        assert Client().get(f"{address}{other.code}/{shape}/").status_code == 404


def test_a_link_opens_nothing_else_of_the_organization(acme: Organization, bob: User) -> None:
    listed, other = made(acme, bob, count=2)
    found = share(acme, bob, [listed])
    client, token = Client(), link(found).split("/")[2]
    client.get(link(found))
    for code in (other.code, listed.run.code, found.code, acme.code):
        assert client.get(f"/s/{token}/{code}/original/").status_code == 404
    for shape in ("thumbnail", "kept", "heat", "x"):
        assert client.get(f"/s/{token}/{listed.code}/{shape}/").status_code == 404
    for address in (
        f"/o/acme/outputs/{listed.code}/original/",
        f"/o/acme/gallery/{listed.code}/",
        f"/o/acme/runs/{listed.run.code}/",
        "/o/acme/gallery/",
    ):
        assert client.get(address).status_code == 302  # to sign in
    assert client.get("/api/v1/key", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_prompts_are_shown_where_somebody_chose_so(acme: Organization, bob: User) -> None:
    outputs = made(acme, bob, f"A harbour {MARKUP}")
    body = Client().get(link(share(acme, bob, outputs, with_prompt=True, title=MARKUP))).content.decode()
    assert "A harbour" in body
    assert "<img src=x" not in body


@pytest.mark.parametrize("end", ["expired", "revoked", "suspended", "deleted", "mistyped", "empty"])
def test_a_link_that_has_ended_says_no_more_than_that(end: str, acme: Organization, alice: User, bob: User) -> None:
    (picture,) = made(acme, bob)
    found = share(acme, bob, [picture])
    address = link(found)
    with tenancy.tenant(acme.pk):
        if end == "expired":
            Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
        elif end == "revoked":
            shares.revoke(by=must_be_member(acme, alice), share=found)
        elif end in {"suspended", "deleted"}:
            Organization.objects.filter(pk=acme.pk).update(**{f"{end}_at": timezone.now()})
        elif end == "mistyped":
            address = address[:-2] + ("A" if address[-2] != "A" else "B") + "/"
        else:
            address = "/s/x/"
    for path in ("", f"{picture.code}/original/", "pictures.zip"):
        answer = Client().get(address + path)
        assert answer.status_code == 404
        assert "This link no longer works" in answer.content.decode()
        assert "Acme" not in answer.content.decode()
    assert now(found).views == 0


def test_what_is_binned_or_made_private_is_shown_no_more(acme: Organization, alice: User, bob: User) -> None:
    binned, private, kept = made(acme, bob, count=3)
    address = link(share(acme, alice, [binned, private, kept]))
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=binned.pk).update(binned_at=timezone.now())
        Output.objects.filter(pk=private.pk).update(visibility=Visibility.PRIVATE)
    body = Client().get(address).content.decode()
    assert [str(each.code) in body for each in (binned, private, kept)] == [False, False, True]
    assert Client().get(f"{address}{binned.code}/original/").status_code == 404
    assert Client().get(f"{address}{private.code}/original/").status_code == 404


@pytest.mark.parametrize("end", ["left", "removed", "switched off"])
def test_a_link_of_somebody_who_has_gone_shows_what_is_the_teams_alone(
    end: str, acme: Organization, alice: User, bob: User
) -> None:
    private, other = made(acme, bob, visibility=Visibility.PRIVATE)[0], made(acme, bob)[0]
    found = share(acme, bob, [private, other])
    address = link(found)
    assert Client().get(f"{address}{private.code}/original/").status_code == 200
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, bob)
        if end == "left":
            members.leave(member=member)
        elif end == "removed":
            members.remove(member=member, by=must_be_member(acme, alice))
        else:
            User.objects.filter(pk=bob.pk).update(is_active=False)
    body = Client().get(address).content.decode()
    assert [str(each.code) in body for each in (private, other)] == [False, True]
    for shape in ("preview", "original"):
        assert Client().get(f"{address}{private.code}/{shape}/").status_code == 404
        assert Client().get(f"{address}{other.code}/{shape}/").status_code == 200
    assert len(packed_pictures(address)) == 1


def test_to_belong_to_another_organization_does_not_help_who_has_gone(
    acme: Organization, bob: User, rival: Organization
) -> None:
    (private,) = made(acme, bob, visibility=Visibility.PRIVATE)
    address = link(share(acme, bob, [private]))
    join(rival, bob, Role.OWNER)
    with tenancy.tenant(acme.pk):
        members.leave(member=must_be_member(acme, bob))
    assert Client().get(f"{address}{private.code}/original/").status_code == 404


def test_views_are_counted(acme: Organization, bob: User) -> None:
    found = share(acme, bob, made(acme, bob))
    for _ in range(3):
        Client().get(link(found))
    Client().head(link(found))
    assert now(found).views == 3
    assert now(found).viewed_at is not None


def test_behind_a_password_nothing_is_seen_without_it(acme: Organization, bob: User) -> None:
    (picture,) = made(acme, bob)
    found = share(acme, bob, [picture], password="open sesame")
    client, address = Client(), link(found)
    assert "open sesame" not in now(found).password
    locked = client.get(address)
    assert str(picture.code) not in locked.content.decode()
    assert "Spring" not in locked.content.decode()
    for path in (f"{picture.code}/original/", f"{picture.code}/preview/"):
        assert client.get(address + path).status_code == 404
    assert client.get(f"{address}pictures.zip").status_code == 302
    assert client.post(address, {"password": "wrong"}).status_code == 422
    assert now(found).views == 0
    assert client.post(address, {"password": "open sesame"}).status_code == 302
    assert str(picture.code) in client.get(address).content.decode()
    assert client.get(f"{address}{picture.code}/original/").status_code == 200
    assert Client().get(f"{address}{picture.code}/original/").status_code == 404
    other = share(acme, bob, [picture], password="open sesame")
    assert str(picture.code) not in client.get(link(other)).content.decode()


def test_fifty_wrong_passwords_are_slowed_down_and_then_the_right_one_too(
    acme: Organization, bob: User, settings: LazySettings
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    found = share(acme, bob, made(acme, bob), password="open sesame")
    answers = [Client().post(link(found), {"password": f"guess {number}"}).status_code for number in range(50)]
    assert answers == [422] * shares.TRIES + [429] * (50 - shares.TRIES)
    assert Client().post(link(found), {"password": "open sesame"}).status_code == 429
    elsewhere = Client(REMOTE_ADDR="198.51.100.7")
    assert elsewhere.post(link(found), {"password": "open sesame"}).status_code == 302


def packed_pictures(address: str) -> list[dict[str, Any]]:
    """What the file that holds all of it tells of its pictures."""
    answer: Any = Client().get(f"{address}pictures.zip")
    packed = zipfile.ZipFile(io.BytesIO(async_to_sync(whole)(answer.streaming_content)))
    told = json.loads(packed.read(next(name for name in packed.namelist() if name.endswith("metadata.json"))))
    assert len(packed.namelist()) == len(told["pictures"]) + 1
    return list(told["pictures"])


async def whole(pieces: AsyncIterator[bytes]) -> bytes:
    return b"".join([piece async for piece in pieces])


@pytest.mark.parametrize(("with_prompt", "name"), [(True, "0002-a-red-lamp.png"), (False, "0002-picture.png")])
def test_a_picture_downloaded_alone_is_called_as_in_the_zip(
    acme: Organization, bob: User, with_prompt: bool, name: str
) -> None:
    listed = made(acme, bob, "A red lamp", count=2)
    address = link(share(acme, bob, listed, with_prompt=with_prompt))
    answer = Client().get(f"{address}{listed[1].code}/original/")
    assert answer["Content-Disposition"] == f'inline; filename="{name}"'


def test_all_of_it_comes_as_one_file_without_a_word_that_was_not_shared(acme: Organization, bob: User) -> None:
    listed = made(acme, bob, "A secret brief", count=2)
    made(acme, bob, "Another")
    answer: Any = Client().get(f"{link(share(acme, bob, listed, title='../../Spring'))}pictures.zip")
    packed = zipfile.ZipFile(io.BytesIO(async_to_sync(whole)(answer.streaming_content)))
    assert "secret" not in " ".join(packed.namelist())
    assert ".." not in " ".join([*packed.namelist(), answer["Content-Disposition"]])
    told = json.loads(packed.read(next(name for name in packed.namelist() if name.endswith("metadata.json"))))
    assert [set(each) for each in told["pictures"]] == [{"file", "code", "sha256", "width", "height", "size_bytes"}] * 2
    assert len(packed.namelist()) == 3


# -- Making and taking back --


def test_the_team_makes_links_and_takes_them_back(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    client = sign_in(bob)
    form = {"picture": str(picture.code), "title": "For Ann", "days": "7", "password": "", "with_prompt": "on"}
    assert client.post("/o/acme/shares/new/", form).status_code == 302
    with tenancy.tenant(acme.pk):
        found = Share.objects.get()
    assert (found.title, found.with_prompt, found.maker) == ("For Ann", True, bob)
    assert shares.link(found) in client.get("/o/acme/shares/").content.decode()
    assert sign_in(alice).post(f"/o/acme/shares/{found.code}/revoke/").status_code == 302
    assert Client().get(link(found)).status_code == 404
    assert actions(acme)[-2:] == ["share.made", "share.revoked"]


def test_what_was_chosen_on_the_wall_is_asked_about_first(acme: Organization, bob: User, sign_in: SignIn) -> None:
    codes = [str(picture.code) for picture in made(acme, bob, count=3)]
    answer = sign_in(bob).post("/o/acme/shares/new/", {"picture": codes, "choosing": "yes"})
    page = answer.content.decode()
    assert (answer.status_code, "Share 3 pictures" in page, "field-errors" in page) == (200, True, False)
    assert all(f'name="picture" value="{code}"' in page for code in codes)
    with tenancy.tenant(acme.pk):
        assert Share.objects.count() == 0


def test_a_colleague_neither_sees_the_link_nor_takes_it_back(
    acme: Organization, alice: User, bob: User, vera: User, sign_in: SignIn
) -> None:
    found = share(acme, alice, made(acme, alice))
    assert shares.link(found) not in sign_in(bob).get("/o/acme/shares/").content.decode()
    assert sign_in(bob).post(f"/o/acme/shares/{found.code}/revoke/").status_code == 403
    assert sign_in(vera).get("/o/acme/shares/").status_code == 403
    assert now(found).revoked_at is None


@pytest.mark.parametrize(
    "wrong",
    [{"title": ""}, {"title": "x" * 61}, {"days": "0"}, {"days": "9999"}, {"password": "short"}, {"picture": "x"}],
)
def test_a_link_that_cannot_be_made_is_not_made(
    wrong: dict[str, str], acme: Organization, bob: User, sign_in: SignIn
) -> None:
    (picture,) = made(acme, bob)
    form = {"picture": str(picture.code), "title": "Spring", "days": "7", **wrong}
    assert sign_in(bob).post("/o/acme/shares/new/", form).status_code == 422
    with tenancy.tenant(acme.pk):
        assert Share.objects.count() == 0


def test_another_organizations_pictures_and_links_are_not_there(
    acme: Organization, rival: Organization, bob: User, alice: User, charlie: User, sign_in: SignIn
) -> None:
    (theirs,), (secret,) = made(rival, charlie), made(acme, alice, visibility=Visibility.PRIVATE)
    found = share(rival, charlie, [theirs])
    for outputs in ([theirs], [secret]):
        form = {"picture": [str(each.code) for each in outputs], "title": "Stolen", "days": "7"}
        assert sign_in(bob).post("/o/acme/shares/new/", form).status_code == 422
    assert sign_in(bob).post(f"/o/acme/shares/{found.code}/revoke/").status_code == 404
    assert now(found).revoked_at is None
    with tenancy.tenant(acme.pk):
        assert Share.objects.count() == 0


def test_a_collection_is_shared_as_it_is_now(acme: Organization, bob: User, sign_in: SignIn) -> None:
    first, second = made(acme, bob, count=2)
    client = sign_in(bob)
    client.post("/o/acme/gallery/collect/", {"picture": str(first.code), "name": "Spring"})
    with tenancy.tenant(acme.pk):
        code = acme.collections.get().code
    client.post("/o/acme/shares/new/", {"collection": str(code), "title": "Spring", "days": ""})
    client.post("/o/acme/gallery/collect/", {"picture": str(second.code), "collection": str(code)})
    with tenancy.tenant(acme.pk):
        found = Share.objects.get()
    body = Client().get(link(found)).content.decode()
    assert (found.expires_at, str(first.code) in body, str(second.code) in body) == (None, True, False)
