"""Who sees a run, thought about again: given to the team, or taken back by its maker."""

import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, Organization, User
from accounts.webhooks import delivery
from saas import broadcast
from saas.database import tenancy
from studio.engine import record_picture, store_frames
from studio.gallery import collections, organize, shares
from studio.models import Comment, Output, Partial, Run, SharedPicture, Slot, Visibility
from studio.providers.answers import Final
from studio.runs import events, visibility
from studio.waiting import follow
from tests.conftest import SignIn, actions, must_be_member
from tests.studio.api.keys import program
from tests.studio.api.test_runs import read
from tests.studio.gallery.test_shares import link, share
from tests.support import picture_bytes
from tests.support.gallery_pictures import made, shown
from tests.test_access import OF_AN_ORGANIZATION, SAMPLES

pytestmark = pytest.mark.django_db
Heard = list[tuple[str, dict[str, Any]]]
OnCommit = Callable[..., AbstractContextManager[list[Any]]]


def see(client: Client, run: Run, to: str, slug: str = "acme") -> Any:
    path = f"/o/{slug}/runs/{run.code}/visibility/"
    return client.post(path, {"visibility": to}, headers={"HX-Request": "true"})


def seen_by(run: Run) -> set[str]:
    with tenancy.tenant(run.org_id):
        outputs = set(Output.objects.filter(run=run).values_list("visibility", flat=True))
        return {Run.objects.get(pk=run.pk).visibility, *outputs}


def test_what_its_maker_takes_back_is_gone_for_everybody_else(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    (output,) = made(acme, bob, "A secret lamp")
    run, hers, his = output.run, sign_in(alice), sign_in(bob)
    codes, picture = furnish(acme, alice, bob, output), f"/outputs/{output.code}/"
    both = f"picture={output.code}&picture={codes['other']}"
    walls = (
        "gallery/", "gallery/?q=secret", f"gallery/?by={bob.code}", "gallery/?tag=hero", "gallery/?stars=1",
        "gallery/?cost_to=9", f"collections/{codes['collection']}/", f"gallery/compare/?{both}",
        "collections/",
    )  # fmt: skip
    for wall in walls:
        assert picture in hers.get(f"/o/acme/{wall}").content.decode(), wall
    assert see(his, run, "private").status_code == 200
    assert seen_by(run) == {"private"}
    for wall in (*walls, "", "gallery/?state=succeeded"):
        page = hers.get(f"/o/acme/{wall}").content.decode()
        assert picture not in page, wall
        assert "secret lamp" not in page, wall
    for name, row in OF_AN_ORGANIZATION.items():
        if "code" not in row.kwargs:
            continue
        for code in (output.code, run.code, codes["partial"], codes["comment"]):
            for shape in ("original", "preview") if "shape" in row.kwargs else ("",):
                given: dict[str, Any] = {**SAMPLES, "code": code, "shape": shape}
                path = reverse(name, kwargs={"slug": "acme", **{key: given[key] for key in row.kwargs}})
                assert getattr(hers, row.method)(path).status_code == 404, path
    assert hers.post("/o/acme/gallery/download/", {"picture": [output.code]}).status_code == 404
    assert shown(his.get("/o/acme/gallery/?q=secret").content.decode()) == [str(output.code)]


def furnish(acme: Organization, alice: User, bob: User, output: Output) -> dict[str, uuid.UUID]:
    """A comment, a tag, stars, a partial, and a place in Alice's collection, as its cover."""
    (before,) = made(acme, alice, "Hers")
    with tenancy.tenant(acme.pk):
        by = must_be_member(acme, alice)
        collection = collections.make(by=by, name="Spring")
        collections.add(by=by, collection=collection, outputs=[output, before])
        collections.set_cover(by=by, collection=collection, output=output)
        organize.tag(by=by, outputs=[output], name="Hero")
        Output.objects.filter(pk=output.pk).update(stars=3)
        name = default_storage.save(f"{acme.code}/partial.webp", ContentFile(b"partial"))
        kept = {"file": name, "preview": name, "size_bytes": 7}
        partial = Partial.objects.create(org=acme, slot=output.slot, index=0, tried=1, **kept)
        comment = Comment.objects.create(org=acme, run=output.run, author=alice, text="Lovely")
    return {"other": before.code, "collection": collection.code, "partial": partial.code, "comment": comment.code}


def test_programs_of_others_lose_it_too(acme: Organization, alice: User, bob: User) -> None:
    (output,) = made(acme, bob, "A secret lamp")
    hers, his = program(acme, alice), program(acme, bob)
    assert len(hers.get("images").json()["data"]) == len(hers.get("runs").json()["data"]) == 1
    answer = his.post(f"runs/{output.run.code}/visibility", {"visibility": "private"})
    assert (answer.status_code, answer.json()["visibility"]) == (200, "private")
    assert hers.get("images").json()["data"] == hers.get("images?q=secret").json()["data"] == []
    assert hers.get("runs").json()["data"] == []
    for path in (
        f"images/{output.code}", f"images/{output.code}/original", f"runs/{output.run.code}",
        f"runs/{output.run.code}/events", f"runs/{output.run.code}/events?stream=true",
        f"runs/{output.run.code}/metadata",
    ):  # fmt: skip
        assert hers.get(path).status_code == 404, path
        assert his.get(path).status_code == 200, path
    assert his.post(f"runs/{output.run.code}/visibility", {"visibility": "everybody"}).status_code == 422
    assert his.post(f"runs/{output.run.code}/visibility", {"visibility": "team"}).json()["visibility"] == "team"
    assert len(hers.get("images").json()["data"]) == 1


def test_links_stop_showing_it_for_good(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    (output,), (other,) = made(acme, bob), made(acme, alice)
    found = [share(acme, alice, [output, other]), share(acme, bob, [output]), share(acme, alice, [other])]
    before, nobody = [link(each) for each in found], Client()
    answer = see(sign_in(bob), output.run, "private")
    assert answer.json()["sentence"] == "Only you see it now. It was removed from 2 shared links."
    for to in ("private", "team"):
        see(sign_in(bob), output.run, to)
        for address in before:
            assert str(output.code) not in nobody.get(address).content.decode()
            assert nobody.get(f"{address}{output.code}/original/").status_code == 404
            assert nobody.get(f"{address}{output.code}/preview/").status_code == 404
    assert str(other.code) in nobody.get(before[0]).content.decode()
    with tenancy.tenant(acme.pk):
        assert SharedPicture.objects.filter(output=output).count() == 0
        assert shares.pictures(found[2]).count() == 1


def test_given_back_everything_that_was_said_is_there_again(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    (output,) = made(acme, bob, visibility=Visibility.PRIVATE)
    see(sign_in(bob), output.run, "team")
    codes = furnish(acme, alice, bob, output)
    assert see(sign_in(bob), output.run, "private").json()["sentence"] == "Only you see it now."
    assert "Lovely" in sign_in(bob).get(f"/o/acme/gallery/{output.code}/").content.decode()
    assert see(sign_in(bob), output.run, "team").json()["sentence"] == "The team sees it now"
    page = sign_in(alice).get(f"/o/acme/gallery/{output.code}/").content.decode()
    assert ("Lovely" in page, "Hero" in page, "Spring" in page) == (True, True, True)
    assert shown(sign_in(alice).get(f"/o/acme/collections/{codes['collection']}/").content.decode())[0] == str(
        output.code
    )


def test_only_its_maker_decides(
    acme: Organization, rival: Organization, alice: User, adam: User, bob: User, vera: User, charlie: User,
    sign_in: SignIn,
) -> None:  # fmt: skip
    (output,) = made(acme, bob)
    for user, slug, status in (
        (alice, "acme", 403), (adam, "acme", 403), (vera, "acme", 403), (charlie, "acme", 404), (charlie, "rival", 404)
    ):  # fmt: skip
        assert see(sign_in(user), output.run, "private", slug).status_code == status, user
    assert program(acme, alice).post(f"runs/{output.run.code}/visibility", {"visibility": "private"}).status_code == 403
    answer = see(sign_in(bob), output.run, "everybody")
    assert (answer.status_code, answer.json()["sentence"]) == (409, "Choose who sees it.")
    assert seen_by(output.run) == {"team"}
    assert actions(acme) == ["api_key.made"]
    page = sign_in(alice).get(f"/o/acme/gallery/{output.code}/").content.decode()
    assert (f"/runs/{output.run.code}/visibility/" in page, "Visible to the team" in page) == (False, True)
    assert (
        f"/runs/{output.run.code}/visibility/" in sign_in(bob).get(f"/o/acme/gallery/{output.code}/").content.decode()
    )


def test_it_stands_in_the_log_once_and_without_a_word_of_the_prompt(
    acme: Organization, bob: User, sign_in: SignIn
) -> None:
    (output,) = made(acme, bob, "A secret lamp")
    for to in ("private", "private", "team", "team"):
        see(sign_in(bob), output.run, to)
    assert actions(acme) == ["run.made_private", "run.given_to_team"]
    with tenancy.tenant(acme.pk):
        entry = AuditEntry.objects.filter(action="run.made_private").get()
    assert (entry.target, entry.details) == (str(output.run.code), {"links": 0})


def test_open_pages_are_told_to_ask_again_when_it_holds(
    acme: Organization, bob: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: OnCommit
) -> None:
    (output,) = made(acme, bob)
    said: Heard = []
    monkeypatch.setattr(broadcast, "announce", lambda group, message: said.append((group, message["event"])))
    with django_capture_on_commit_callbacks(execute=True), tenancy.tenant(acme.pk):
        for to in (Visibility.PRIVATE, Visibility.TEAM, Visibility.TEAM):
            visibility.change(by=must_be_member(acme, bob), run=output.run, to=to)
        assert said == []
    assert [(group, event["type"]) for group, event in said] == [
        (broadcast.org_group(acme.pk), "hidden"),
        (broadcast.org_group(acme.pk), "shown"),
    ]


def test_of_a_run_that_develops_only_its_maker_hears_and_sees_what_comes(
    acme: Organization, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: OnCommit,
) -> None:  # fmt: skip
    (output,) = made(acme, bob)
    said: Heard = []
    monkeypatch.setattr(broadcast, "announce", lambda group, message: said.append((group, message["event"])))
    told: list[Any] = []
    monkeypatch.setattr(delivery, "announce", lambda *args: told.append(args))
    final = Final(picture_bytes.plain(".png"), used={})
    with tenancy.tenant(acme.pk):
        held = Run.objects.get(pk=output.run_id)  # as a worker read it when it began
        slot = Slot.objects.create(org=acme, run=held, index=1, state="running", tries=1)
    stored = store_frames.store_output(acme.code, held, slot, final)
    with tenancy.tenant(acme.pk), django_capture_on_commit_callbacks(execute=True):
        visibility.change(by=must_be_member(acme, bob), run=output.run, to=Visibility.PRIVATE)
        events.record(held, "partial", slot=1, hint={"preview": "secret"})
        record_picture.record(held, slot, final, stored)
        assert Output.objects.get(slot=slot).visibility == "private"
    hidden, *rest = said
    assert hidden == (broadcast.org_group(acme.pk), {"v": 1, "type": "hidden", "run": str(held.code)})
    assert {group for group, _ in rest} == {broadcast.person_group(acme.pk, bob.pk)}
    assert [event["type"] for _, event in rest] == ["partial", "output", "ended"]
    assert told == []


def test_whoever_follows_it_by_a_program_hears_no_more(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    (output,) = made(acme, bob)
    streams = [program(acme, user).get(f"runs/{output.run.code}/events?stream=true") for user in (alice, bob)]
    with tenancy.tenant(acme.pk):
        Run.objects.filter(pk=output.run_id).update(state="succeeded")
    see(sign_in(bob), output.run, "private")
    hers, his = (read(stream) for stream in streams)
    assert hers == b""
    assert b'"type":"queued"' in his


def test_whoever_waits_for_events_asks_the_database_when_something_else_is_said(acme: Organization, bob: User) -> None:
    (output,) = made(acme, bob)
    event = {"v": 1, "run": str(output.run.code), "seq": 2, "type": "started", "at": "2026-11-21T12:00:00+00:00"}
    aside = {"v": 1, "run": str(output.run.code), "type": "hidden"}
    assert follow._events_of_hints(output.run, [event, aside], 1) is None
    told = follow._events_of_hints(output.run, [event], 1)
    assert told is not None
    assert [each.type for each in told[0]] == ["started"]
