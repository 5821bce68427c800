"""The wall: newest first, page by page, of the team and one's own, narrowed by what the address says."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Organization, User
from saas.database import tenancy
from studio.catalogue import image_models
from studio.gallery import tiles as gallery_wall
from studio.models import Collection, CollectionItem, Output, Slot, Tag, Tagging, Visibility
from tests.conftest import SignIn
from tests.support.gallery_pictures import made, shown

NOBODY = uuid.UUID(int=7)

pytestmark = pytest.mark.django_db


def wall(client: Client, query: str = "", slug: str = "acme", **headers: str) -> list[str]:
    answer = client.get(f"/o/{slug}/gallery/{query}", headers=headers)
    assert answer.status_code == 200
    return shown(answer.content.decode())


def codes(outputs: list[Output]) -> list[str]:
    return [str(output.code) for output in outputs]


def test_everything_that_the_team_made_hangs_there_newest_first(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, vera: User, sign_in: SignIn
) -> None:
    first, (second,) = made(acme, alice, count=2), made(acme, bob)
    made(rival, charlie)
    assert wall(sign_in(vera)) == codes([second, first[1], first[0]])


def test_a_private_picture_is_its_makers_alone(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    (secret,) = made(acme, bob, "A secret lamp", visibility=Visibility.PRIVATE)
    assert wall(sign_in(bob)) == codes([secret])
    for query in ("", "?q=secret", f"?by={bob.code}", f"?newer={NOBODY}", "?visibility=private"):
        assert wall(sign_in(alice), query) == []
    assert sign_in(alice).get(f"/o/acme/gallery/{secret.code}/").status_code == 404
    assert sign_in(bob).get(f"/o/acme/gallery/{secret.code}/").status_code == 200


def test_pages_follow_each_other_without_a_gap(
    acme: Organization, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery_wall, "PAGE_SIZE", 2)
    pictures = codes(made(acme, bob, count=5))[::-1]
    client = sign_in(bob)
    assert wall(client) == pictures[:2]
    assert wall(client, f"?before={pictures[1]}") == pictures[2:4]
    assert wall(client, f"?before={pictures[3]}") == pictures[4:]
    assert "data-wall-more" not in client.get(f"/o/acme/gallery/?before={pictures[3]}").content.decode()
    with tenancy.tenant(acme.pk):  # binned meanwhile, and still a place to go on from
        Output.objects.filter(code=pictures[1]).update(binned_at=timezone.now())
    assert wall(client, f"?before={pictures[1]}") == pictures[2:4]
    assert wall(client, "?before=nonsense") == [pictures[0], pictures[2]]


def test_another_organizations_cursor_is_nonsense(
    acme: Organization, rival: Organization, bob: User, charlie: User, sign_in: SignIn
) -> None:
    (theirs,), (ours,) = made(rival, charlie), made(acme, bob)
    assert wall(sign_in(bob), f"?before={theirs.code}") == codes([ours])
    assert wall(sign_in(bob), f"?newer={theirs.code}") == []


def test_what_is_new_is_asked_for_from_the_newest_seen(acme: Organization, bob: User, sign_in: SignIn) -> None:
    old, fresh = made(acme, bob), made(acme, bob, count=2)
    assert wall(sign_in(bob), f"?newer={old[0].code}", **{"HX-Request": "true"}) == codes(fresh[::-1])


def test_a_piece_is_no_page(acme: Organization, bob: User, sign_in: SignIn) -> None:
    made(acme, bob)
    answer = sign_in(bob).get("/o/acme/gallery/", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "HX-Request" in answer["Vary"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("by=me", ["generate"]),
        ("model=gpt-image-2", ["generate", "wide", "starred"]),
        ("model=gpt-image-9", []),
        ("kind=generate", ["generate", "wide", "starred"]),
        ("kind=edit", []),
        ("shape=landscape", ["wide"]),
        ("shape=portrait", ["starred"]),
        ("shape=square", ["generate"]),
        ("shape=90x30", ["wide"]),
        ("quality=high", ["wide"]),
        ("quality=low", ["generate", "starred"]),
        ("stars=3", ["starred"]),
        ("stars=5", []),
        ("tag=Hero", ["wide"]),
        ("tag=hero&quality=high", ["wide"]),
        ("tag=hero&quality=low", []),
        ("q=boat", ["wide", "starred"]),
        ("q=boat&stars=1&shape=portrait", ["starred"]),
        ("since=2020-01-01", ["generate", "wide", "starred"]),
        ("until=2020-01-01", []),
        ("until=2099-01-01&since=2000-01-01", ["generate", "wide", "starred"]),
        ("state=succeeded", ["generate", "wide", "starred"]),
    ],
)
def test_filters_narrow_the_wall(
    query: str, expected: list[str], acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    pictures = {
        "generate": made(acme, bob, "A lamp", size=(40, 40))[0],
        "wide": made(acme, alice, "Boats", quality="high", size=(90, 30))[0],
        "starred": made(acme, alice, "A boat", size=(20, 50))[0],
    }
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=pictures["starred"].pk).update(stars=4)
        tag = Tag.objects.create(org=acme, name="Hero")
        Tagging.objects.create(org=acme, tag=tag, output=pictures["wide"])
    names = {str(output.code): name for name, output in pictures.items()}
    assert sorted(names[code] for code in wall(sign_in(bob), f"?{query}")) == sorted(expected)


def test_a_collection_and_a_person_are_named_by_their_codes(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    (hers,), (his,) = made(acme, alice), made(acme, bob)
    with tenancy.tenant(acme.pk):
        collection = Collection.objects.create(org=acme, name="Spring", maker=alice)
        CollectionItem.objects.create(org=acme, collection=collection, output=his, position=1)
    assert wall(sign_in(bob), f"?collection={collection.code}") == codes([his])
    assert wall(sign_in(bob), f"?by={alice.code}") == codes([hers])


def test_a_day_is_meant_whole(acme: Organization, bob: User, sign_in: SignIn) -> None:
    old, (new,) = made(acme, bob), made(acme, bob)
    then = timezone.now() - timedelta(days=40)
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=old[0].pk).update(created_at=then)
    day = then.date().isoformat()
    assert wall(sign_in(bob), f"?until={day}") == wall(sign_in(bob), f"?since={day}&until={day}") == codes(old)
    assert wall(sign_in(bob), f"?since={timezone.now().date().isoformat()}") == codes([new])


@pytest.mark.parametrize(
    "query",
    [
        "by=nobody",
        "q=unicorn%00",
        f"by={NOBODY}",
        "key=x",
        f"key={NOBODY}",
        "kind=<script>",
        "shape=1x",
        "shape=99999999999x1",
        "shape=%D9%A1x1",
        "since=yesterday",
        "until=9999-12-31",
        "since=2026-02-30",
        "stars=-1",
        "stars=1e9",
        "tag=" + "x" * 5000,
        "collection='; DROP TABLE studio_output; --",
        "state=nonsense",
        "q=%F0%9F%98%80",
        "q=-",
        "q=%ED%A0%80",
    ],
)
def test_a_filter_of_nonsense_finds_nothing_and_breaks_nothing(
    query: str, acme: Organization, bob: User, sign_in: SignIn
) -> None:
    made(acme, bob)
    assert wall(sign_in(bob), f"?{query}") == []
    assert len(wall(sign_in(bob))) == 1


def test_another_organizations_tag_collection_key_and_person_find_nothing(
    acme: Organization, rival: Organization, bob: User, charlie: User, sign_in: SignIn
) -> None:
    (theirs,), _ = made(rival, charlie), made(acme, bob)
    with tenancy.tenant(rival.pk):
        collection = Collection.objects.create(org=rival, name="Theirs", maker=charlie)
        CollectionItem.objects.create(org=rival, collection=collection, output=theirs, position=1)
        Tagging.objects.create(org=rival, tag=Tag.objects.create(org=rival, name="Theirs"), output=theirs)
    client = sign_in(bob)
    for query in (f"collection={collection.code}", "tag=Theirs", f"by={charlie.code}"):
        assert wall(client, f"?{query}") == []
    assert "Theirs" not in client.get("/o/acme/gallery/").content.decode()
    assert client.get(f"/o/acme/gallery/{theirs.code}/").status_code == 404


def test_what_is_in_the_bin_hangs_no_more(acme: Organization, bob: User, sign_in: SignIn) -> None:
    gone, (kept,) = made(acme, bob), made(acme, bob)
    with tenancy.tenant(acme.pk):
        Output.objects.filter(pk=gone[0].pk).update(binned_at=timezone.now())
    assert wall(sign_in(bob)) == wall(sign_in(bob), "?q=lamp") == codes([kept])


def test_an_empty_gallery_teaches(acme: Organization, bob: User, vera: User, sign_in: SignIn) -> None:
    assert "Make the first picture" in sign_in(bob).get("/o/acme/gallery/").content.decode()
    assert "Make the first picture" not in sign_in(vera).get("/o/acme/gallery/").content.decode()
    assert "Nothing matches" in sign_in(bob).get("/o/acme/gallery/?q=unicorn").content.decode()


def test_words_that_are_markup_stay_words(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob, '"><script>alert(1)</script>')
    searched = "?q=%22><script>alert(1)</script>"
    for address in ("", searched, f"{picture.code}/"):
        page = sign_in(bob).get(f"/o/acme/gallery/{address}").content.decode()
        assert "<script>alert" not in page


def test_a_page_asks_as_much_of_the_database_however_much_hangs_there(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    client, counts = sign_in(bob), []
    client.get("/o/acme/gallery/")  # remembers where the person was last
    for _ in range(3):
        made(acme, alice, count=3)
        made(acme, bob)
        image_models.forget()  # it would be remembered for some seconds, and so for some of these pages
        with CaptureQueriesContext(connection) as asked:
            client.get("/o/acme/gallery/?q=lamp")
        counts.append(len(asked))
    assert counts[0] == counts[1] == counts[2]


def test_what_ended_without_a_picture_is_found_by_its_state(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    codes_of = {}
    for org, by, visibility in (
        (acme, alice, Visibility.TEAM),
        (acme, alice, Visibility.PRIVATE),
        (rival, charlie, Visibility.TEAM),
    ):
        (picture,) = made(org, by, "A storm", visibility=visibility)
        with tenancy.tenant(org.pk):
            Slot.objects.filter(pk=picture.slot_id).update(state="refused", error_sentence="The provider refused.")
        codes_of[org.pk, visibility] = str(picture.run.code)
    for query, expected in {
        "state=refused": True,
        "state=refused&q=storm": True,
        f"state=refused&by={alice.code}&kind=generate&quality=low&since=2020-01-01&until=2999-01-01": True,
        "state=refused&q=calm": False,
        "state=refused&by=me": False,
        "state=refused&by=x": False,
        "state=refused&key=x": False,
        "state=refused&kind=x": False,
        "state=refused&since=x": False,
        "state=refused&stars=1": False,
        "state=failed": False,
    }.items():
        page = sign_in(bob).get(f"/o/acme/gallery/?{query}").content.decode()
        assert (codes_of[acme.pk, Visibility.TEAM] in page) is expected, query
        assert codes_of[acme.pk, Visibility.PRIVATE] not in page
        assert codes_of[rival.pk, Visibility.TEAM] not in page
