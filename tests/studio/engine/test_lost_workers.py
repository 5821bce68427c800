"""One organization walks every address of the other: 404 each time, and nothing changed."""

import uuid
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import Organization, Scope, Subject, Threshold, User
from saas.database import tenancy
from studio.gallery import shares
from studio.models import Collection, Comment, Input, Output, Partial, Run, Share
from studio.styles import shelf
from studio.views import picture_actions
from tests.conftest import SignIn, must_be_member
from tests.studio.api.keys import program
from tests.studio.booth.conftest import event_of
from tests.support import ended_runs, raw_walls
from tests.support.gallery_pictures import made
from tests.test_access import OF_AN_ORGANIZATION, REST, REST_ACTS, REST_REMOVALS, SAMPLES

pytestmark = pytest.mark.django_db


def furnished(org: Organization, by: User) -> list[uuid.UUID]:
    """Something of everything that has a code, with files that are really there."""
    (output,) = made(org, by)
    with tenancy.tenant(org.pk):
        name = default_storage.save(f"{org.code}/partial.webp", ContentFile(b"partial"))
        partial = Partial.objects.create(
            org=org, slot=output.slot, index=0, tried=1, file=name, preview=name, size_bytes=7
        )
        given = Input.objects.create(
            org=org, giver=by, name="in.png", file=name, sent_file=name, sent_mime="image/png", preview=name,
            thumbnail=name, width=1, height=1, size_bytes=7, sha256="",
        )  # fmt: skip
        collection = Collection.objects.create(org=org, name="Theirs", maker=by)
        collection.items.create(org=org, output=output, position=1)
        comment = Comment.objects.create(org=org, run=output.run, author=by, text="Theirs")
        share = shares.make(by=must_be_member(org, by), outputs=[output], title="Theirs", days=7)
        style = shelf.all_of(org)[0].style
        alert = Threshold.objects.create(
            org=org, subject=Subject.ORGANIZATION, subject_id=org.pk, period="day", unit="money", amount=1
        )
        found = (output, output.run, output.slot, partial, given, collection, comment, share, style, alert)
        return [row.code for row in found] + [event_of(org, by).code]


def everything(org: Organization) -> dict[str, str]:
    """Every row of every tenant table, as text."""
    found = {}
    with tenancy.tenant(org.pk), connection.cursor() as cursor:
        for table in raw_walls.tenant_tables():
            cursor.execute(f"SELECT md5(coalesce(string_agg(t::text, '' ORDER BY id), '')) FROM {table} t")  # noqa: S608
            found[table] = cursor.fetchone()[0]
    return found


def test_the_other_organizations_codes_open_nothing_anywhere(
    acme: Organization, rival: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    codes = furnished(rival, charlie)
    client, before = sign_in(alice), everything(rival)
    client.get("/o/acme/")
    shapes = ("original", "preview", "thumbnail", "kept", "kept-preview", "heat", "sent")
    for name, row in OF_AN_ORGANIZATION.items():
        if "code" not in row.kwargs:
            continue
        for code in codes:
            for shape in shapes if "shape" in row.kwargs else ("",):
                samples: dict[str, Any] = {**SAMPLES, "code": code, "shape": shape}
                given = {key: samples[key] for key in row.kwargs}
                answer = getattr(client, row.method)(reverse(name, kwargs={"slug": "acme", **given}))
                assert answer.status_code == 404, (name, code, answer.status_code)
        theirs = reverse(name, kwargs={"slug": "rival", **given})  # the door asks who comes before it looks at a code
        assert getattr(client, row.method)(theirs).status_code == 404, theirs
    assert everything(rival) == before


def test_the_other_organizations_codes_in_forms_change_nothing(
    acme: Organization, rival: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    codes = [str(code) for code in furnished(rival, charlie)]
    client, before = sign_in(alice), everything(rival)
    for name in (
        "star_pictures", "tag_pictures", "untag_pictures", "collect_pictures", "bin_pictures", "restore_pictures",
        "download_pictures",
    ):  # fmt: skip
        given = {"picture": codes, "stars": "5", "tag": "x", "name": "x"}
        assert client.post(reverse(name, args=["acme"]), given).status_code == 404, name
    for field in ("picture", "collection"):
        form = {field: codes, "title": "x", "days": "7"}
        assert client.post(reverse("new_share", args=["acme"]), form).status_code in {404, 422}
    assert everything(rival) == before
    with tenancy.tenant(acme.pk):
        assert (Share.objects.count(), Collection.objects.count(), Output.objects.count()) == (0, 0, 0)


def test_the_other_organizations_link_opens_only_itself(
    acme: Organization, rival: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    ours, theirs = furnished(acme, alice), furnished(rival, charlie)
    with tenancy.tenant(rival.pk):
        address = shares.link(Share.objects.get()).removeprefix("http://127.0.0.1:8000")
    client = sign_in(alice)
    assert client.get(f"{address}{theirs[0]}/original/").status_code == 200
    for code in [*ours, *theirs[1:]]:
        assert client.get(f"{address}{code}/original/").status_code == 404


def test_a_program_of_one_organization_finds_nothing_of_the_other(
    acme: Organization, rival: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    codes = furnished(rival, charlie)
    api, session = program(acme, alice, *Scope), sign_in(alice)
    before = everything(rival)
    bodies = {
        "api_change_visibility": {"visibility": "private"},
        "api_collect": {"images": [str(codes[0])]},
        "api_submit_run": {"prompt": "x", "mask": str(codes[4])},
    }
    for name, path in REST.items():
        if "{code}" not in path:
            continue
        for code in codes:
            url = path.format(code=code)
            if name == "api_webhook":
                answers = [
                    session.delete(f"/api/v1/{url}", headers={"X-Organization": slug}) for slug in ("acme", "rival")
                ]
            elif name in REST_REMOVALS:
                answers = [api.delete(url)]
            elif name in REST_ACTS:
                answers = [api.post(url, bodies.get(name, {}))]
            else:
                own = {"X-Organization": "rival"}
                answers = [api.get(url), api.get(f"{url}?stream=true"), session.get(f"/api/v1/{url}", headers=own)]
            assert [answer.status_code for answer in answers] == [404] * len(answers), url
    ours = str(ended_runs.given(acme, alice).code)
    for code in codes:
        assert api.post("runs", {"styles": [str(code)]}).status_code == 422
        for given in ({"references": [str(code)]}, {"references": [ours], "mask": str(code)}):
            assert api.post("runs", {"prompt": "x", **given}).status_code == 404
        for asked in (f"images?cursor={code}", f"runs?cursor={code}"):
            assert api.get(asked).status_code == 404
        for asked in (f"images?by={charlie.code}", f"images?collection={code}", f"images?key={code}", "images?tag=x"):
            assert api.get(asked).json()["data"] == []
        assert Client().get(f"/v1/files/file-{code.hex}", headers=api.bearer).status_code == 404
    assert everything(rival) == before
    with tenancy.tenant(acme.pk):
        assert Run.objects.count() == 0


def test_many_pictures_are_chosen_in_one_form(acme: Organization, bob: User, sign_in: SignIn) -> None:
    (output,) = made(acme, bob)
    many = [str(uuid.uuid4()) for _ in range(picture_actions.MOST_PICTURES - 1)]
    answer = sign_in(bob).post("/o/acme/gallery/stars/", {"picture": [*many, str(output.code)], "stars": "2"})
    assert answer.status_code == 302
    with tenancy.tenant(acme.pk):
        assert Output.objects.get().stars == 2
