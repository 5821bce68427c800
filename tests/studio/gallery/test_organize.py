"""Stars, tags, comments and the bin: by whom, on what, and never on what is another's."""

import uuid
from typing import Any

import pytest
from django.test import Client

from accounts.models import Organization, User
from saas.database import tenancy
from studio.models import Comment, Output, Run, Tag, Tagging, Visibility
from studio.models.sorting import COMMENT_LENGTH
from tests.conftest import SignIn
from tests.support.gallery_pictures import made

pytestmark = pytest.mark.django_db
ACTS = {
    "stars": {"stars": "4"},
    "tag": {"tag": "Hero"},
    "untag": {"tag": "Hero"},
    "collect": {"name": "Spring"},
    "delete": {},
    "restore": {},
}


def act(client: Client, act: str, outputs: list[Output], slug: str = "acme", **fields: str) -> Any:
    chosen = {"picture": [str(output.code) for output in outputs], **fields}
    return client.post(f"/o/{slug}/gallery/{act}/", chosen, headers={"HX-Request": "true"})


def now(org: Organization, output: Output) -> Output:
    with tenancy.tenant(org.pk):
        return Output.objects.get(pk=output.pk)


def tags(org: Organization) -> dict[str, int]:
    with tenancy.tenant(org.pk):
        return {tag.name: tag.taggings.count() for tag in Tag.objects.filter(org=org)}


def test_stars_are_the_teams(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    one, other = made(acme, alice, count=2)
    assert act(sign_in(bob), "stars", [one, other], stars="4").json() == {"sentence": "2 pictures starred", "undo": ""}
    assert (now(acme, one).stars, now(acme, other).stars) == (4, 4)
    act(sign_in(alice), "stars", [one], stars="0")
    assert (now(acme, one).stars, now(acme, other).stars) == (0, 4)


@pytest.mark.parametrize("stars", ["6", "-1", "", "3.5", "x", "٣"])
def test_a_number_of_stars_that_there_is_not_is_refused(
    stars: str, acme: Organization, bob: User, sign_in: SignIn
) -> None:
    (picture,) = made(acme, bob)
    answer = act(sign_in(bob), "stars", [picture], stars=stars)
    assert (answer.status_code, answer.json()["sentence"]) == (409, "Choose how many stars.")
    assert now(acme, picture).stars == 0


def test_a_tag_is_made_by_its_first_use_and_forgotten_with_its_last(
    acme: Organization, bob: User, sign_in: SignIn
) -> None:
    one, other = made(acme, bob, count=2)
    client = sign_in(bob)
    act(client, "tag", [one], tag="  Hero   shot ")
    act(client, "tag", [one, other], tag="HERO SHOT")
    assert tags(acme) == {"Hero shot": 2}
    act(client, "untag", [one], tag="hero shot")
    assert tags(acme) == {"Hero shot": 1}
    act(client, "untag", [other], tag="hero shot")
    assert tags(acme) == {}


@pytest.mark.parametrize("name", ["", "   ", "\0", "x" * 61])
def test_a_tag_without_a_proper_name_is_refused(name: str, acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert act(sign_in(bob), "tag", made(acme, bob), tag=name).status_code == 409
    assert tags(acme) == {}


def test_what_is_written_is_never_markup(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    client, attack = sign_in(bob), '"><img src=x onerror=alert(1)>'
    act(client, "tag", [picture], tag=attack)
    act(client, "collect", [picture], name=attack)
    client.post(f"/o/acme/runs/{picture.run.code}/comments/", {"text": attack})
    for address in ("", f"{picture.code}/", "?tag=%22%3E%3Cimg+src%3Dx+onerror%3Dalert(1)%3E"):
        assert "<img src=x" not in client.get(f"/o/acme/gallery/{address}").content.decode()
    assert "<img src=x" not in client.get("/o/acme/collections/").content.decode()


def test_ones_own_goes_to_the_bin_and_comes_back(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    client = sign_in(bob)
    answer = act(client, "delete", [picture]).json()
    assert answer == {"sentence": "1 picture in the bin.", "undo": "/o/acme/gallery/restore/"}
    assert (now(acme, picture).binned_by, now(acme, picture).binned_at is None) == (bob, False)
    assert str(picture.code) in client.get("/o/acme/gallery/bin/").content.decode()
    act(client, "restore", [picture])
    assert now(acme, picture).binned_at is None
    assert str(picture.code) not in client.get("/o/acme/gallery/bin/").content.decode()


def test_a_colleagues_picture_stays_but_for_an_admin(
    acme: Organization, alice: User, adam: User, bob: User, sign_in: SignIn
) -> None:
    hers, his = made(acme, alice)[0], made(acme, bob)[0]
    assert act(sign_in(bob), "delete", [hers]).status_code == 403
    answer = act(sign_in(bob), "delete", [hers, his]).json()
    assert answer["sentence"] == "1 picture in the bin. 1 picture made by colleagues stayed."
    assert (now(acme, hers).binned_at, now(acme, his).binned_at is None) == (None, False)
    assert act(sign_in(adam), "delete", [hers]).status_code == 200
    act(sign_in(bob), "restore", [hers])
    assert now(acme, hers).binned_at is not None


@pytest.mark.parametrize("what", ACTS)
def test_who_only_looks_on_changes_nothing(
    what: str, acme: Organization, bob: User, vera: User, sign_in: SignIn
) -> None:
    (picture,) = made(acme, bob)
    assert act(sign_in(vera), what, [picture], **ACTS[what]).status_code == 403
    assert (now(acme, picture).stars, now(acme, picture).binned_at, tags(acme)) == (0, None, {})


@pytest.mark.parametrize("what", ACTS)
def test_another_organizations_picture_is_not_there(
    what: str, acme: Organization, rival: Organization, bob: User, charlie: User, sign_in: SignIn
) -> None:
    (ours,), (theirs,) = made(acme, bob), made(rival, charlie)
    assert act(sign_in(bob), what, [theirs], **ACTS[what]).status_code == 404
    assert act(sign_in(bob), what, [theirs], slug="rival", **ACTS[what]).status_code == 404
    act(sign_in(bob), what, [ours, theirs], **ACTS[what])
    assert (now(rival, theirs).stars, now(rival, theirs).binned_at, tags(rival)) == (0, None, {})


@pytest.mark.parametrize("what", ACTS)
def test_a_colleagues_private_picture_is_not_there(
    what: str, acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    (secret,) = made(acme, bob, visibility=Visibility.PRIVATE)
    assert act(sign_in(alice), what, [secret], **ACTS[what]).status_code == 404
    assert (now(acme, secret).stars, now(acme, secret).binned_at) == (0, None)


@pytest.mark.parametrize("codes", [[], ["x"], [str(uuid.UUID(int=9))], [""]])
def test_nothing_chosen_is_nothing_done(codes: list[str], acme: Organization, bob: User, sign_in: SignIn) -> None:
    assert sign_in(bob).post("/o/acme/gallery/delete/", {"picture": codes}).status_code == 404


def test_without_script_the_page_comes_again_and_says_it(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    client = sign_in(bob)
    for referer, leads in (
        ("http://testserver/o/acme/gallery/?q=lamp", "/o/acme/gallery/?q=lamp"),
        ("http://evil.example/o/acme/", "/o/acme/gallery/"),
        ("http://testserver//evil.example/o/acme/", "/o/acme/gallery/"),
        ("http://testserver/\\evil.example/o/acme/", "/o/acme/gallery/"),
        ("", "/o/acme/gallery/"),
    ):
        answer = client.post(
            "/o/acme/gallery/tag/", {"picture": str(picture.code), "tag": "Hero"}, headers={"Referer": referer}
        )
        assert answer["Location"] == leads
    assert "Tagged “Hero”" in client.get("/o/acme/gallery/").content.decode()


def comments(org: Organization) -> list[str]:
    with tenancy.tenant(org.pk):
        return list(Comment.objects.filter(org=org).order_by("pk").values_list("text", flat=True))


def test_a_run_is_talked_about(acme: Organization, alice: User, bob: User, vera: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    say = f"/o/acme/runs/{picture.run.code}/comments/"
    sign_in(alice).post(say, {"text": " The left one.\nPlease. "})
    assert comments(acme) == ["The left one.\nPlease."]
    assert "The left one." in sign_in(vera).get(f"/o/acme/gallery/{picture.code}/").content.decode()
    assert sign_in(vera).post(say, {"text": "Mine too"}).status_code == 403
    for text in ("", "  \n ", "\0", "x" * (COMMENT_LENGTH + 1)):
        assert sign_in(bob).post(say, {"text": text}, headers={"HX-Request": "true"}).status_code == 409
    assert len(comments(acme)) == 1


def test_a_comment_is_removed_by_its_author_or_an_admin(
    acme: Organization, alice: User, adam: User, bob: User, sign_in: SignIn
) -> None:
    (picture,) = made(acme, bob)
    with tenancy.tenant(acme.pk):
        hers = Comment.objects.create(org=acme, run=picture.run, author=alice, text="Hers")
        his = Comment.objects.create(org=acme, run=picture.run, author=bob, text="His")
    assert sign_in(bob).post(f"/o/acme/comments/{hers.code}/remove/").status_code == 403
    assert comments(acme) == ["Hers", "His"]
    sign_in(bob).post(f"/o/acme/comments/{his.code}/remove/")
    sign_in(adam).post(f"/o/acme/comments/{hers.code}/remove/")
    assert comments(acme) == []


def test_another_organizations_run_is_not_talked_about(
    acme: Organization, rival: Organization, bob: User, charlie: User, sign_in: SignIn
) -> None:
    (theirs,) = made(rival, charlie)
    with tenancy.tenant(rival.pk):
        said = Comment.objects.create(org=rival, run=Run.objects.get(pk=theirs.run_id), author=charlie, text="Ours")
    assert sign_in(bob).post(f"/o/acme/runs/{theirs.run.code}/comments/", {"text": "Hi"}).status_code == 404
    assert sign_in(bob).post(f"/o/acme/comments/{said.code}/remove/").status_code == 404
    assert comments(rival) == ["Ours"]


def test_a_tagging_is_made_once(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (picture,) = made(acme, bob)
    for _ in range(2):
        act(sign_in(bob), "tag", [picture], tag="Hero")
    with tenancy.tenant(acme.pk):
        assert Tagging.objects.count() == 1
