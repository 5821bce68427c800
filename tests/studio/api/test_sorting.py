"""Stars, tags, collections and presets by key."""

from typing import Any
from uuid import uuid4

import pytest

from accounts.models import Organization, Scope, User
from saas.database import tenancy
from studio.models import Collection, Output, Preset, Tag
from tests.studio.api.keys import program
from tests.support import ended_runs

pytestmark = pytest.mark.django_db


@pytest.fixture
def picture(acme: Organization, bob: User) -> Output:
    return ended_runs.output(ended_runs.run(acme, bob))


def count(org: Organization, model: Any) -> int:
    with tenancy.tenant(org.pk):
        return int(model.objects.filter(org=org).count())


def test_stars_and_tags_are_set_and_read(acme: Organization, bob: User, picture: Output) -> None:
    api = program(acme, bob)
    answer = api.patch(f"images/{picture.code}", {"stars": 4, "tags": ["Poster", "Spring"]})
    assert (answer.status_code, answer.json()["stars"], answer.json()["tags"]) == (200, 4, ["Poster", "Spring"])
    assert api.patch(f"images/{picture.code}", {"tags": ["poster"]}).json()["tags"] == ["Poster"]
    assert api.get(f"images/{picture.code}").json()["stars"] == 4
    assert api.get("images?tag=Poster").json()["data"][0]["tags"] == ["Poster"]
    assert api.get("tags").json()["data"] == [{"name": "Poster", "images": 1}]
    for body in ({"stars": 6}, {"stars": -1}, {"tags": [""]}, {"tags": ["\0"]}, {"colour": 1}):
        assert api.patch(f"images/{picture.code}", body).status_code in {409, 422}, body
    assert api.get(f"images/{picture.code}").json()["stars"] == 4


def test_a_collection_is_made_filled_changed_and_deleted(acme: Organization, bob: User, picture: Output) -> None:
    api = program(acme, bob)
    collection = api.post("collections", {"name": "Fair"}).json()
    path = f"collections/{collection['id']}"
    assert (collection["name"], collection["images"], collection["cover"]) == ("Fair", 0, None)
    assert api.post("collections", {"name": "fair"}).status_code == 409
    for _ in range(2):
        filled = api.post(f"{path}/images", {"images": [str(picture.code)]}).json()
    assert (filled["images"], filled["cover"]) == (1, str(picture.code))
    assert api.post(f"{path}/images", {"images": [str(uuid4())]}).json()["error"]["code"] == "image_not_found"
    assert api.patch(path, {"name": "Autumn", "cover": str(picture.code)}).json()["name"] == "Autumn"
    assert [one["id"] for one in api.get(f"images?collection={collection['id']}").json()["data"]] == [str(picture.code)]
    assert api.delete(f"{path}/images/{picture.code}").status_code == 204
    assert api.get(path).json()["images"] == 0
    assert api.delete(path).status_code == 204
    assert count(acme, Collection) == 0


def test_a_preset_is_kept_and_removed(acme: Organization, bob: User) -> None:
    api = program(acme, bob)
    body = {"name": "Poster", "values": {"size": "1024x1536", "n": 2, "keep_rest": True, "unheard": "x"}}
    kept = api.post("presets", body).json()
    assert (kept["values"]["size"], kept["values"]["n"], "prompt" in kept["values"]) == ("1024x1536", "2", False)
    assert api.post("presets", body).status_code == 409
    assert [one["id"] for one in api.get("presets").json()["data"]] == [kept["id"]]
    assert api.delete(f"presets/{kept['id']}").status_code == 204
    assert count(acme, Preset) == 0


def test_a_rival_finds_and_changes_nothing(
    acme: Organization, bob: User, rival: Organization, charlie: User, picture: Output
) -> None:
    api, theirs = program(acme, bob), program(rival, charlie)
    collection = api.post("collections", {"name": "Fair"}).json()["id"]
    preset = api.post("presets", {"name": "P", "values": {}, "is_shared": True}).json()["id"]
    own = theirs.post("collections", {"name": "Theirs"}).json()["id"]
    for answer in (
        theirs.patch(f"images/{picture.code}", {"stars": 1}),
        theirs.get(f"collections/{collection}"),
        theirs.patch(f"collections/{collection}", {"name": "x"}),
        theirs.delete(f"collections/{collection}"),
        theirs.post(f"collections/{own}/images", {"images": [str(picture.code)]}),
        theirs.delete(f"presets/{preset}"),
    ):
        assert answer.status_code == 404
    for path in ("tags", "presets"):
        assert theirs.get(path).json()["data"] == []
    assert api.get(f"collections/{collection}").json()["name"] == "Fair"
    assert api.get(f"images/{picture.code}").json()["stars"] == 0


def test_a_key_that_only_reads_sorts_nothing(acme: Organization, bob: User, picture: Output) -> None:
    api = program(acme, bob, Scope.READ)
    assert api.patch(f"images/{picture.code}", {"stars": 1, "tags": ["x"]}).status_code == 403
    assert api.post("collections", {"name": "x"}).status_code == 403
    assert api.post("presets", {"name": "x", "values": {}}).status_code == 403
    assert (count(acme, Tag), count(acme, Collection), count(acme, Preset)) == (0, 0, 0)
