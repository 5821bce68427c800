"""An OpenID Connect issuer that speaks HTTP. It holds a client to what it asked for: the nonce comes back in the id
token, and where a challenge was sent, a code is worth nothing without the verifier."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from django.test import Client, override_settings

LOGIN = "/accounts/oidc/oidc/login/"
CALLBACK = f"{LOGIN}callback/"


class Issuer:
    def __init__(self) -> None:
        self.person: dict[str, Any] = {"sub": "42", "email": "ines@example.com", "email_verified": True, "name": "Ines"}
        self.said_otherwise: dict[str, Any] = {}  # what its id token says beside the usual; None leaves a claim out
        self.configuration: dict[str, Any] = {}
        self.sends_id_token = True
        self.asked: list[str] = []
        self.authorized: dict[str, str] = {}
        self.codes: list[str] = []
        self.url = ""

    def authorize(self, url: str) -> dict[str, str]:
        """Return what the browser brings back."""
        assert url.startswith(f"{self.url}/authorize?")
        self.authorized = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert urlsplit(self.authorized["redirect_uri"]).path == CALLBACK
        return {"code": "a code", "state": self.authorized["state"]}

    def answer(self, path: str, body: str) -> dict[str, Any] | None:
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "userinfo_endpoint": f"{self.url}/userinfo",
                "jwks_uri": f"{self.url}/jwks",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                **self.configuration,
            }
        return self._tokens(parse_qs(body)) if path == "/token" else self.person

    def _tokens(self, form: dict[str, list[str]]) -> dict[str, Any] | None:
        challenge = self.authorized.get("code_challenge")
        digest = hashlib.sha256(form.get("code_verifier", [""])[0].encode()).digest()
        if challenge and base64.urlsafe_b64encode(digest).decode().rstrip("=") != challenge:
            return None
        self.codes.append(form["code"][0])
        claims = {
            "iss": self.url,
            "aud": "darkroom",
            "sub": self.person.get("sub"),
            "exp": int(time.time()) + 60,
            "nonce": self.authorized.get("nonce"),
            **self.said_otherwise,
        }
        told = {name: value for name, value in claims.items() if value is not None}
        tokens = {"access_token": "an access token", "token_type": "Bearer"}
        return {**tokens, "id_token": jwt.encode(told, "k" * 32)} if self.sends_id_token else tokens


def come_back(client: Client, issuer: Issuer, query: str = "") -> Any:
    """Go to the issuer and come back. Return Darkroom's answer."""
    brought = issuer.authorize(client.post(f"{LOGIN}{query}")["Location"])
    return client.get(CALLBACK, brought)


@contextmanager
def running() -> Iterator[Issuer]:
    found = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/authorize?"):
                self._send_back()
            else:
                self._answer("")

        def do_POST(self) -> None:
            self._answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

        def _answer(self, body: str) -> None:
            answer = found.answer(self.path, body)
            said = json.dumps(answer or {"error": "invalid_grant"}).encode()
            self.send_response(200 if answer is not None else 400)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def _send_back(self) -> None:
            """For a real browser: the person says yes at once."""
            brought = found.authorize(f"{found.url}{self.path}")
            self.send_response(302)
            self.send_header("Location", f"{found.authorized['redirect_uri']}?{urlencode(brought)}")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        found.url = f"http://127.0.0.1:{server.server_port}"
        try:
            with override_settings(SOCIALACCOUNT_PROVIDERS={"openid_connect": {"APPS": [app(found)]}}):
                yield found
        finally:
            server.shutdown()


def app(issuer: Issuer) -> dict[str, Any]:
    return {
        "provider_id": "oidc",
        "name": "Example login",
        "client_id": "darkroom",
        "secret": "s",
        "settings": {"server_url": issuer.url},
    }
