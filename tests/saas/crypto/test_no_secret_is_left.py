"""A provider key, an API key, a second factor's secret and a password go in through the real forms, are used, mistyped
and caught in every error that we can cause; and then they are found nowhere."""

import base64
import re
import secrets
import threading
from collections.abc import Iterator
from typing import Any

import dramatiq
import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from asgiref.sync import async_to_sync
from django.core import mail
from django.test import AsyncClient
from django.urls import reverse

from accounts.models import Organization, ProviderConnection, User
from saas import broadcast
from saas.database import tenancy
from saas.queue import lanes
from tests.conftest import PASSWORD, SignIn, make_person
from tests.saas.conftest import OpenLog
from tests.support import secret_search
from tests.support.real_worker import work
from tests.support.secret_search import Echo, Walker
from tests.test_access import OF_AN_ORGANIZATION

PROVIDER_KEY = "sk-" + secrets.token_urlsafe(30)
DECOY = "decoy-" + secrets.token_hex(12)  # as public as a connection's name, and so found in every place
WRONG_FIRST = [f"{PASSWORD}x", PASSWORD]
STATUSES = [200, 302, 400, 401, 403, 404, 429, 500, 503]


class Story:
    """What happened, and every place in which it may have left something."""

    def __init__(self, org: Organization, alice: User, echo_url: str, patch: pytest.MonkeyPatch) -> None:
        self.org, self.alice, self.echo_url, self.patch = org, alice, echo_url, patch
        self.walker, self.operator = Walker(), Walker()
        self.events: list[object] = []
        self.messages: list[object] = []
        self.secrets = {"provider key": PROVIDER_KEY, "password": PASSWORD}
        self._listen()

    def _listen(self) -> None:
        queue = dramatiq.get_broker()
        enqueue = queue.enqueue

        async def keep_event(group: str, message: dict[str, Any]) -> None:
            self.events.append((group, message))

        def keep_message(message: Any, **options: Any) -> Any:
            self.messages.append(message.encode())
            return enqueue(message, **options)

        self.patch.setattr(broadcast, "send", keep_event)
        self.patch.setattr(queue, "enqueue", keep_message)

    def post(self, name: str, /, *arguments: object, **fields: str) -> int:
        return int(self.walker.post(reverse(name, args=["acme", *arguments]), fields).status_code)

    def sign_in(self) -> None:
        for password in WRONG_FIRST:
            self.walker.post("/accounts/login/", {"login": self.alice.email, "password": password})

    def enter_the_provider_key(self) -> None:
        fields = {"kind": "compatible", "name": DECOY, "base_url": self.echo_url, "key": PROVIDER_KEY}
        assert self.post("new_connection", **fields) == 302
        with tenancy.tenant(self.org.pk):
            self.connection = ProviderConnection.objects.get(name=DECOY)
        assert secret_search.is_in(self.connection.key_hint * 3, (PROVIDER_KEY[-4:] * 3).encode())
        refused = [
            fields,  # the name is taken
            {**fields, "name": ""},
            {**fields, "name": "other", "base_url": "http://169.254.169.254/v1"},
            {**fields, "name": "other", "base_url": "not an address"},
            {**fields, "name": "other", "key": f"{PROVIDER_KEY} x"},
            {**fields, "name": "other", "key": PROVIDER_KEY * 20},
            {**fields, "name": "other", "kind": "nonsense"},
            {**fields, "name": "other", "openai_project": "two words"},
        ]
        assert [self.post("new_connection", **each) for each in refused] == [422] * len(refused)

    def change_the_provider_key(self) -> None:
        code = self.connection.code
        fields = {"name": DECOY, "base_url": self.echo_url}
        assert self.post("connection", code, **fields, key=PROVIDER_KEY) == 302
        assert self.post("connection", code, name=DECOY, base_url=f"{self.echo_url}/v2") == 422
        assert self.post("connection", code, **fields, key=f"{PROVIDER_KEY} x") == 422

    def break_with_the_provider_key_in_hand(self) -> None:
        def fail(connection: object, key: str) -> None:
            copy_of_key = key
            raise RuntimeError(DECOY if copy_of_key else "")

        with self.patch.context() as patch:
            patch.setattr("accounts.connections.registry._seal", fail)
            fields = {"kind": "compatible", "base_url": self.echo_url, "key": PROVIDER_KEY}
            assert self.post("new_connection", **fields, name="other") == 500
            assert self.post("connection", self.connection.code, **fields, name=DECOY) == 500

    def test_the_connection(self) -> None:
        for status in STATUSES:
            Echo.status = status
            assert self.post("test_connection", self.connection.code) == 302
            work(lanes.CHECKS)
            self.walker.get(reverse("connection_health", args=["acme", self.connection.code]))
        with tenancy.tenant(self.org.pk):
            self.connection.refresh_from_db()
        assert "503" in self.connection.health_sentence

    def break_the_worker(self) -> None:
        def fail(answer: Any) -> None:
            assert PROVIDER_KEY in answer.text  # the provider did get it, and did echo it
            raise RuntimeError(DECOY)

        with self.patch.context() as patch:
            patch.setattr("accounts.connections.probe._judge", fail)
            self.post("make_default_connection", self.connection.code)
            with tenancy.tenant(self.org.pk):
                ProviderConnection.objects.update(health="unknown")
            assert self.post("test_connection", self.connection.code) == 302
            work(lanes.CHECKS)

    def use_an_api_key(self) -> None:
        url = reverse("new_key", args=["acme"])
        page = self.walker.shown("post", url, {"name": "Importer", "scopes": ["read"]})
        found = re.search(r"dk_[0-9A-Za-z]{8}_([0-9A-Za-z]{49})", page)
        assert found is not None
        token, self.secrets["API key"] = found[0], found[1]
        for given in (token, f"{token}x", token[:-1]):
            self.walker.get("/api/v1/key", headers={"Authorization": f"Bearer {given}"})
        self.walker.get(f"/api/v1/key?api_key={token}")
        self.walker.get(f"/api/v1/{token}")
        with self.patch.context() as patch:
            patch.setattr("accounts.access.may_use", self._fail)
            answer = self.walker.get("/api/v1/key", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 500

    def _fail(self, *_: object) -> bool:
        raise RuntimeError(DECOY)

    def enrol_a_second_factor(self) -> None:
        self.walker.post("/accounts/password/change/", dict.fromkeys(["oldpassword", "password1"], PASSWORD))
        # what was posted waits there until the person proves again who they are
        self.halfway = secret_search.sessions()
        for password in WRONG_FIRST:
            self.walker.post(reverse("account_reauthenticate"), {"password": password})
        url = reverse("mfa_activate_totp")
        page = self.walker.shown("get", url)
        found = re.search(r"\b[A-Z2-7]{32}\b", page)
        assert found is not None
        self.secrets["second factor"] = found[0]
        assert "error" in self.walker.shown("post", url, {"code": "000000"})
        code = format_hotp_value(hotp_value(found[0], next(iter(yield_hotp_counters_from_time()))))
        assert self.walker.post(url, {"code": code}).status_code == 302

    def walk(self) -> None:
        for name, row in OF_AN_ORGANIZATION.items():
            if row.method == "get" and name != "audit_export":
                last = 0 if "index" in row.kwargs else "preview"
                fitting = [self.connection.code, last][: len(row.kwargs)]  # nothing else has been made
                answer = self.walker.get(reverse(name, args=["acme", *fitting]))
                assert answer.status_code == (404 if fitting and "connection" not in name else 200)
        for url in ("/", "/me/", "/o/new/", "/accounts/2fa/", "/accounts/password/change/", "/healthz", "/readyz"):
            self.walker.get(url)
        self.walker.get("/-/metrics", headers={"Authorization": "Bearer operators-token"})

    def walk_the_operators_corner(self) -> None:
        self.operator.force_login(make_person("Olga", is_staff=True, is_superuser=True))
        for table, pk in (("organization", self.org.pk), ("user", self.alice.pk)):
            for page in ("", f"{pk}/change/", f"{pk}/history/"):
                assert self.operator.get(f"/-/operator/accounts/{table}/{page}").status_code == 200
        self.operator.get("/-/operator/accounts/auditentry/")

    def export(self) -> bytes:
        async def read() -> bytes:
            client = AsyncClient()
            client.cookies = self.walker.cookies
            answer: Any = await client.get(reverse("audit_export", args=["acme"]))
            return b"".join([part async for part in answer.streaming_content])

        return async_to_sync(read)()

    def places(self) -> dict[str, bytes]:
        return {
            "pages": self.walker.answers,
            "operator's pages": self.operator.answers,
            "export": self.export(),
            "database": secret_search.database([self.org.pk], [self.alice.pk]),
            "sessions": self.halfway + secret_search.sessions(),
            "cache": secret_search.cached(),
            "events": repr(self.events).encode(),
            "queue": repr(self.messages).encode(),
            "mail": repr([(each.subject, each.body) for each in mail.outbox]).encode(),
        }


@pytest.fixture
def echo_url(settings: Any) -> Iterator[str]:
    server = secret_search.echo_server()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.PROVIDER_ALLOWED_HOSTS = ["127.0.0.1"]
    settings.METRICS_TOKEN = "operators-token"
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("rendering", ["json", "console"])
def test_no_secret_is_found_anywhere(
    rendering: str,
    transactional_db: None,
    acme: Organization,
    alice: User,
    echo_url: str,
    open_log: OpenLog,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    log = open_log(rendering)
    story = Story(acme, alice, echo_url, monkeypatch)
    story.sign_in()
    story.enter_the_provider_key()
    story.change_the_provider_key()
    story.break_with_the_provider_key_in_hand()
    story.test_the_connection()
    story.break_the_worker()
    story.use_an_api_key()
    story.enrol_a_second_factor()
    story.walk()
    story.walk_the_operators_corner()
    places = {**story.places(), "log": log.getvalue().encode()}

    assert set(story.secrets) == {"provider key", "password", "API key", "second factor"}
    found = [
        (name, place)
        for place, text in places.items()
        for name, key in story.secrets.items()
        if secret_search.is_in(key, text)
    ]
    assert found == []

    # The same search finds what is no secret, so each place was really looked into.
    public = dict.fromkeys(["pages", "export", "database", "log"], DECOY)
    public |= dict.fromkeys(["events", "queue"], str(story.connection.code))
    public |= {"operator's pages": alice.email, "sessions": "_auth_user_hash", "cache": "", "mail": "authenticator app"}
    assert set(public) == set(places)
    assert [place for place, text in public.items() if text and not secret_search.is_in(text, places[place])] == []


@pytest.mark.parametrize(
    "place",
    [
        f"before {PROVIDER_KEY} after".encode(),
        PROVIDER_KEY[:20].encode(),
        PROVIDER_KEY[-20:].encode(),
        PROVIDER_KEY.encode().hex().encode(),
        *(base64.b64encode(b"x" * shift + PROVIDER_KEY.encode() + b"rest") for shift in range(4)),
    ],
    ids=["whole", "start", "end", "hex", "base64", "base64 + 1", "base64 + 2", "base64 + 3"],
)
def test_the_search_finds_a_secret_in_any_clothes(place: bytes) -> None:
    assert secret_search.is_in(PROVIDER_KEY, place)


def test_the_search_takes_a_hint_for_no_secret() -> None:
    assert not secret_search.is_in(PROVIDER_KEY, f"sk-…{PROVIDER_KEY[-4:]}".encode())


def test_the_hint_of_a_key_is_shown_as_text(acme: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    fields = {"kind": "openai", "name": "Odd", "key": "sk-0123456789abcdef<h1>"}
    assert client.post("/o/acme/connections/new/", fields).status_code == 302
    with tenancy.tenant(acme.pk):
        code = ProviderConnection.objects.get(name="Odd").code
    page = client.get(f"/o/acme/connections/{code}/").content.decode()
    assert "it ends in &lt;h1&gt;" in page
    assert "it ends in <h1>" not in page
