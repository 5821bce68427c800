"""Sign-in by OpenID Connect, against an issuer that speaks HTTP."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from django.conf import LazySettings
from django.test import Client

from accounts.models import Organization, User
from tests.conftest import make_person

CALLBACK = "/accounts/oidc/oidc/login/callback/"


class Issuer:
    def __init__(self) -> None:
        self.person: dict[str, Any] = {"sub": "42", "email": "ines@example.com", "email_verified": True, "name": "Ines"}
        self.codes: list[str] = []
        self.url = ""

    def answer(self, path: str, body: str) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        if path == "/token":
            self.codes.append(parse_qs(body)["code"][0])
            return {"access_token": "an access token", "token_type": "Bearer"}
        return self.person


@pytest.fixture
def issuer(settings: LazySettings) -> Iterator[Issuer]:
    found = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, body: str) -> None:
            said = json.dumps(found.answer(self.path, body)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "APPS": [
                    {
                        "provider_id": "oidc",
                        "name": "Example login",
                        "client_id": "darkroom",
                        "secret": "s",
                        "settings": {"server_url": found.url},
                    }
                ]
            }
        }
        yield found
        server.shutdown()


def come_back(client: Client, issuer: Issuer) -> str:
    """Through the issuer's page and back; answers where the browser lands."""
    away = client.post("/accounts/oidc/oidc/login/")
    address = urlsplit(away["Location"])
    assert away["Location"].startswith(f"{issuer.url}/authorize?")
    query = parse_qs(address.query)
    assert query["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    back = client.get(CALLBACK, {"code": "a code", "state": query["state"][0]})
    return str(back["Location"]) if back.status_code == 302 else ""


@pytest.mark.django_db
def test_a_new_person_comes_in_with_name_and_proven_address(issuer: Issuer) -> None:
    client = Client()
    assert come_back(client, issuer) == "/"
    ines = User.objects.get(email="ines@example.com")
    assert ines.name == "Ines"
    assert not ines.has_usable_password()
    assert EmailAddress.objects.get(user=ines).verified
    assert client.session["_auth_user_id"] == str(ines.pk)
    assert issuer.codes == ["a code"]


@pytest.mark.django_db
def test_whoever_has_the_address_already_is_that_person(issuer: Issuer) -> None:
    ines = make_person("Ines")
    client = Client()
    assert come_back(client, issuer) == "/"
    assert client.session["_auth_user_id"] == str(ines.pk)
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_an_address_that_the_issuer_did_not_verify_opens_nobodys_account(issuer: Issuer) -> None:
    make_person("Ines")
    issuer.person["email_verified"] = False
    client = Client()
    come_back(client, issuer)
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_name_of_many_lines_becomes_one(issuer: Issuer) -> None:
    issuer.person["name"] = "Ines\r\nBcc: everybody@example.com " + "x" * 200
    come_back(Client(), issuer)
    name = User.objects.get(email="ines@example.com").name
    assert "\n" not in name
    assert len(name) <= 80


@pytest.mark.django_db
def test_an_answer_that_nobody_asked_for_is_refused(issuer: Issuer) -> None:
    client = Client()
    client.get(CALLBACK, {"code": "a code", "state": "made up"})
    assert "_auth_user_id" not in client.session
    assert User.objects.count() == 0
    assert issuer.codes == []


def test_the_button_stands_on_the_page_only_where_an_issuer_is_configured(
    issuer: Issuer, acme: Organization, settings: LazySettings
) -> None:
    assert "Example login" in Client().get("/accounts/login/").content.decode()
    settings.SOCIALACCOUNT_PROVIDERS = {"openid_connect": {"APPS": []}}
    assert "Example login" not in Client().get("/accounts/login/").content.decode()
