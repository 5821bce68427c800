"""Pictures that a program names instead of sending them: by an address that Darkroom fetches, or inside an address."""

import base64
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import openai
import pytest
from django.test import override_settings

from accounts.models import Organization, User
from saas.database import tenancy
from studio.files import storage
from studio.gateway import pictures_in
from studio.models import Input, Run
from tests.studio.gateway.inside import Inside, sdk
from tests.support.picture_bytes import plain

pytestmark = pytest.mark.django_db


@dataclass
class Site:
    """Somebody's web server, which the operator allows; it notes what it was asked."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    is_over: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            found.headers.append({name.lower(): value for name, value in self.headers.items()})
            getattr(self, self.path.strip("/").partition("?")[0])()

        def picture(self) -> None:
            self.answer(200, plain(".png", 1024, 640))

        def page(self) -> None:
            self.answer(200, b"<html>a picture, honestly</html>", "image/png")

        def gone(self) -> None:
            self.answer(404, plain(".png", 1024, 640))

        def inside(self) -> None:
            self.answer(302, b"", location=f"{found.url}/picture")

        def large(self) -> None:
            self.answer(200, bytes(3000))

        def endless(self) -> None:
            self.send_response(200)
            self.end_headers()
            while not found.is_over.wait(0.02):
                self.wfile.write(b"\x89PNG")

        def answer(self, status: int, data: bytes, kind: str = "image/png", **headers: str) -> None:
            self.send_response(status)
            for name, value in {"Content-Type": kind, "Content-Length": str(len(data)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # type: ignore[method-assign]  # clients that hang up are the test
        found.url = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        with override_settings(PICTURE_ALLOWED_HOSTS=[f"127.0.0.1:{server.server_port}"]):
            yield found
        found.is_over.set()
        server.shutdown()


@pytest.fixture(autouse=True)
def _nobody_waits() -> Iterator[None]:
    """What is asked is made a run, and no worker comes."""
    with override_settings(API_WAIT_SECONDS=0):
        yield


def refused(org: Organization, by: User, url: str, **more: Any) -> openai.APIStatusError:
    body = {"prompt": "at night", "model": "gpt-image-2", "images": [{"image_url": url}], **more}
    with pytest.raises(openai.APIStatusError) as refusal:
        sdk(Inside(), org, by).post("/images/edits", body=body, cast_to=object)
    return refusal.value


def runs(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Run.objects.filter(org=org).count()


def test_a_picture_is_fetched_once_and_its_address_learns_nothing(acme: Organization, bob: User, site: Site) -> None:
    found = refused(acme, bob, f"{site.url}/picture?signature=abc")
    assert found.code == "still_running"
    assert site.asked == ["/picture?signature=abc"]
    assert not {"authorization", "cookie", "referer"} & set(site.headers[0])
    with tenancy.tenant(acme.pk):
        given_picture = Input.objects.get(org=acme)
        assert storage.load(given_picture.file) == plain(".png", 1024, 640)
        assert Run.objects.get(org=acme).inputs.get().input_id == given_picture.pk


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("page", "invalid_image_file"),
        ("gone", "invalid_image_url"),
        ("inside", "invalid_image_url"),  # a redirect is not followed, wherever it leads
        ("large", "invalid_image_url"),
        ("endless", "invalid_image_url"),
    ],
)
def test_what_is_no_picture_or_does_not_end_is_refused(
    acme: Organization, bob: User, site: Site, monkeypatch: pytest.MonkeyPatch, path: str, code: str
) -> None:
    monkeypatch.setattr(pictures_in, "FETCH_SECONDS", 0.3)
    if path == "large":
        monkeypatch.setattr(pictures_in, "UPLOAD_LIMIT_BYTES", 2000)
    found = refused(acme, bob, f"{site.url}/{path}")
    assert (found.status_code, found.code) == (400, code)
    assert str(found.param).startswith("images[0]")
    assert site.asked == [f"/{path}"]
    assert runs(acme) == 0


def test_an_address_inside_is_refused_before_anybody_is_asked(acme: Organization, bob: User, site: Site) -> None:
    with override_settings(PICTURE_ALLOWED_HOSTS=[]):
        for url in (
            f"{site.url}/picture",
            site.url.replace("http:", "https:"),
            "https://[::1]/a",
            "https://10.0.0.1/a",
        ):
            assert refused(acme, bob, url).code == "invalid_image_url"
    assert site.asked == []
    assert runs(acme) == 0


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def test_a_data_url_is_what_its_bytes_are(acme: Organization, bob: User) -> None:
    """A name that lies is passed over, as browsers do; the provider gets what was found."""
    assert refused(acme, bob, data_url(plain(".png", 1024, 640), "image/jpeg")).code == "still_running"
    with tenancy.tenant(acme.pk):
        assert Input.objects.get(org=acme).sent_mime == "image/png"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        (data_url(b"<svg onload='alert(1)'/>"), "invalid_image_file"),
        (data_url(b"<html>", "text/html"), "unsupported_file_mimetype"),
        (data_url(plain(".gif", 64, 64), "image/png"), "invalid_image_file"),
        (data_url(plain(".png", 64, 64)[:-200]), "invalid_image_file"),
        ("data:image/png;base64," + "A" * 7, "invalid_base64_image"),
        ("data:image/png;base64,AAAA AAAA", "invalid_base64_image"),
        ("data:image/png;base64,", "invalid_image_file"),
        ("data:image/png,%89PNG", "invalid_image_url"),
        ("data:", "invalid_image_url"),
        ("DATA:image/PNG;BASE64,AAAA", "invalid_image_file"),
        ("data:;base64,AAAA", "missing_file_mimetype"),
        ("data:image/png;base64," + "A" * 20_971_520, "string_above_max_length"),
    ],
    ids=range(12),
)
def test_a_data_url_that_lies_is_refused(acme: Organization, bob: User, url: str, code: str) -> None:
    found = refused(acme, bob, url)
    assert (found.status_code, found.code) == (400, code)
    assert len(found.message) < 300
    assert runs(acme) == 0
