"""Who sends the bytes in the scaled-out size: Darkroom asks for the right, the proxy or the bucket sends."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import pytest

from saas.embedded.folder import DataFolder
from tests.scaled import databases
from tests.scaled.darkroom import Darkroom, World
from tests.scaled.people import Person
from tests.scaled.programs import wait_until
from tests.scaled.proxies import Caddy
from tests.scaled.services import Redis

pytestmark = pytest.mark.scaled

# As a worker leaves them; and somebody of another organization.
MAKE = """
import django, json
django.setup()
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from accounts.people import organizations
from accounts.models import Organization, User
from saas.database import tenancy
from studio.gallery import shares
from studio.models import Partial
from tests.conftest import make_person, must_be_member
from tests.scaled.seed import PASSWORD
from tests.support.gallery_pictures import made
ada = User.objects.get(email="ada@example.com")
with tenancy.person(ada.pk):
    org = Organization.objects.get()
kept, lost = made(org, ada, count=2, size=(600, 400))
with tenancy.tenant(org.pk):
    name = default_storage.save(f"{org.code}/partial.webp", ContentFile(b"partial"))
    partial = Partial.objects.create(
        org=org, slot=kept.slot, index=0, tried=1, file=name, preview=name, size_bytes=7
    )
    share = shares.make(by=must_be_member(org, ada), outputs=[kept], title="Spring", days=7)
    link = shares.link(share)
default_storage.delete(lost.file)
eve = make_person("Eve")
eve.set_password(PASSWORD)
eve.save(update_fields=["password"])
organizations.found(name="Rival", slug="rival", by=eve)
print(json.dumps({"kept": str(kept.code), "lost": str(lost.code), "partial": str(partial.code), "link": link}))
"""
FIRST_OF_A_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass
class Served:
    """One Darkroom, without a worker, and its pictures."""

    darkroom: Darkroom
    url: str
    made: dict[str, str]

    def path(self, shape: str) -> str:
        if shape == "partial":
            return f"/o/northwind/partials/{self.made['partial']}/original/"
        return f"/o/northwind/outputs/{self.made['kept']}/{shape}/"


@pytest.fixture(scope="module", params=["proxy", "bucket"])
def served(
    request: pytest.FixtureRequest, folder: Path, cluster: DataFolder, world: World, redis: Redis
) -> Iterator[Served]:
    home = folder / f"files-{request.param}"
    home.mkdir()
    with databases.made(databases.server_url(cluster), like=world.template_url) as database_url:
        darkroom = Darkroom(home, replace(world, redis_url=f"{redis.url}2"), database_url, f"{redis.url}3")
        darkroom.environment["FILES_FROM"] = request.param
        darkroom.environment["FILES_ORIGINS"] = world.s3_url
        media = Path(darkroom.environment["DARKROOM_DATA"]) / "media"
        if request.param == "proxy":
            for name in [name for name in darkroom.environment if name.startswith("AWS_")]:
                del darkroom.environment[name]
        darkroom.web.environment = darkroom.environment
        try:
            darkroom.web.start()
            made = json.loads(darkroom.run("-c", MAKE).splitlines()[-1])
            wait_until(lambda: darkroom.parts() is not None, "the web process answers", darkroom.web)
            with Caddy(home, f"127.0.0.1:{darkroom.port}", pictures=media) as caddy:
                yield Served(darkroom, caddy.url, made)
        finally:
            darkroom.web.ask_to_stop()
            darkroom.web.leave()


@pytest.fixture(scope="module")
def ada(served: Served) -> Iterator[Person]:
    with Person(served.url, "ada@example.com") as person:
        yield person


def test_every_shape_comes_whole_and_private(served: Served, ada: Person) -> None:
    firsts = {"original": FIRST_OF_A_PNG, "preview": b"RIFF", "thumbnail": b"RIFF", "partial": b"partial"}
    for shape, first in firsts.items():
        answer = ada.client.get(served.path(shape))
        assert (answer.status_code, answer.content.startswith(first)) == (200, True), shape
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert answer.headers["content-type"] == ("image/png" if shape == "original" else "image/webp")
        assert answer.headers["content-disposition"].startswith('inline; filename="')
        assert "private" in answer.headers["cache-control"]
        told = answer.history[0].headers if answer.history else answer.headers  # S3 has no word for some of it
        assert told["x-content-type-options"] == "nosniff"
        assert "x-accel-redirect" not in answer.headers


def test_a_part_is_sent_as_a_part(served: Served, ada: Person) -> None:
    whole = ada.client.get(served.path("original")).content
    for asked, expected in {"bytes=1-3": whole[1:4], "bytes=-5": whole[-5:], "bytes=8-": whole[8:]}.items():
        part = ada.client.get(served.path("original"), headers={"Range": asked})
        assert (part.status_code, part.content) == (206, expected), asked
    assert part.headers["content-range"] == f"bytes 8-{len(whole) - 1}/{len(whole)}"


def test_python_pumps_no_bytes(served: Served, ada: Person) -> None:
    cookies = {"darkroom_session": ada.client.cookies["darkroom_session"]}
    for shape in ("original", "preview", "thumbnail", "partial"):
        answer = httpx2.get(served.darkroom.url + served.path(shape), cookies=cookies, trust_env=False)
        assert answer.content == b""
        if answer.status_code == 200:
            assert answer.headers["x-accel-redirect"].startswith("/-/files/")
            continue
        link = urlsplit(answer.headers["location"])
        assert (answer.status_code, f"{link.scheme}://{link.netloc}") == (302, served.darkroom.world.s3_url)
        assert parse_qs(link.query)["X-Amz-Expires"] == ["60"]
        assert answer.headers["cache-control"] == "private, no-store"
    page = ada.client.get("/o/northwind/gallery/").headers["content-security-policy"]
    assert (served.darkroom.world.s3_url in page) is (answer.status_code == 302)


def test_what_is_known_already_is_not_sent_again(served: Served, ada: Person) -> None:
    first = ada.client.get(served.path("preview"))
    if first.history:  # a signed link is another one each time, and must not outlive its right
        assert first.history[0].headers["cache-control"] == "private, no-store"
        return
    again = ada.client.get(served.path("preview"), headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_a_stranger_gets_nothing(served: Served) -> None:
    with Person(served.url, "eve@example.com", slug="rival") as eve:
        for shape in ("original", "preview", "thumbnail", "partial"):
            for path in (served.path(shape), served.path(shape).replace("northwind", "rival")):
                answer = eve.client.get(path, follow_redirects=False)
                assert (answer.status_code, "location" in answer.headers) == (404, False), path
    nobody = httpx2.get(served.url + served.path("original"), trust_env=False)
    assert (nobody.status_code, nobody.headers["location"][:16]) == (302, "/accounts/login/")


def test_nobody_names_a_file_to_the_proxy(served: Served, ada: Person) -> None:
    """What the proxy is told by Darkroom, nobody else can tell it."""
    cookies = {"darkroom_session": ada.client.cookies["darkroom_session"]}
    told = httpx2.get(served.darkroom.url + served.path("original"), cookies=cookies, trust_env=False).headers
    name = told.get("x-accel-redirect") or f"/-/files{urlsplit(told['location']).path}"
    answer = ada.client.get(name, headers={"X-Accel-Redirect": name})
    assert answer.status_code == 404


def test_a_link_and_a_zip_are_served_the_same_way(served: Served, ada: Person) -> None:
    path = urlsplit(served.made["link"]).path
    with httpx2.Client(base_url=served.url, follow_redirects=True, trust_env=False) as client:
        answer = client.get(f"{path}{served.made['kept']}/original/", headers={"Range": "bytes=0-7"})
        assert (answer.status_code, answer.content) == (206, FIRST_OF_A_PNG)
        assert client.get(f"{path}{served.made['lost']}/preview/").status_code == 404  # not listed
    token = ada.see("/o/northwind/gallery/").partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    form: dict[str, Any] = {"csrfmiddlewaretoken": token, "picture": [served.made["kept"], served.made["lost"]]}
    answer = ada.client.post("/o/northwind/gallery/download/", data=form, headers={"Origin": served.url})
    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert [name.rpartition("/")[2] for name in names] == ["metadata.json", "0002-a-lamp-on-a-table.png", "MISSING.txt"]


def test_a_lost_file_is_an_honest_placeholder(served: Served, ada: Person) -> None:
    answer = ada.client.get(f"/o/northwind/outputs/{served.made['lost']}/original/")
    if answer.history:  # a bucket says it in its own words, and to whoever may not list it, that they may not
        assert answer.status_code in {403, 404}
    else:
        assert (answer.status_code, "This file is missing" in answer.text) == (404, True)
    assert ada.client.get(f"/o/northwind/outputs/{served.made['lost']}/preview/").status_code == 200
