"""The request's id, the address it came from, and the headers that every page carries."""

import asyncio
import re
from typing import Any

import pytest
from asgiref.sync import SyncToAsync
from django.http import HttpResponseBase
from django.test import AsyncRequestFactory, Client, RequestFactory

from accounts.models import AuditEntry, Organization, User
from saas.database import tenancy
from saas.ops import request_info
from saas.web.program_handler import PeopleHandler
from tests.conftest import SignIn

PLAIN = "edge-7f3a.2_B9"


def _id(given: str | None) -> str:
    headers = {} if given is None else {"X-Request-Id": given}
    return Client().get("/healthz", headers=headers)["X-Request-Id"]


@pytest.mark.parametrize("given", [PLAIN, "12345678", "a" * 64])
def test_a_plain_request_id_is_kept(given: str) -> None:
    assert _id(given) == given


@pytest.mark.parametrize(
    "given",
    [None, "", "short", "a" * 65, "with space", "<script>alert(1)</script>", "new\nline12", "ümlaut-id", PLAIN + "\n"],
)
def test_any_other_request_id_is_replaced(given: str | None) -> None:
    assert re.fullmatch("[0-9a-f]{32}", _id(given))


def test_each_request_has_an_id_of_its_own() -> None:
    assert _id(None) != _id(None)


def test_nothing_is_known_of_a_request_that_has_ended() -> None:
    Client().get("/healthz", headers={"X-Request-Id": PLAIN})
    assert request_info.current.get() == request_info.RequestInfo()


def test_an_audit_row_says_which_request_it_was(acme: Organization, alice: User, sign_in: SignIn) -> None:
    headers = {"X-Request-Id": PLAIN, "User-Agent": "Probe/1.0 " + "x" * 300}
    sign_in(alice).post("/o/acme/settings/name/", {"name": "Acme Ltd"}, headers=headers, REMOTE_ADDR="203.0.113.9")
    with tenancy.tenant(acme.pk):
        entry = AuditEntry.objects.get(action="organization.renamed")
    assert (entry.request_id, entry.address) == (PLAIN, "203.0.113.9")
    assert entry.agent == ("Probe/1.0 " + "x" * 300)[:200]


def _address(proxies: int, forwarded: str | None, settings: Any, peer: str = "192.0.2.1") -> str | None:
    settings.TRUSTED_PROXIES = proxies
    headers = {} if forwarded is None else {"X-Forwarded-For": forwarded}
    return request_info.client_address(RequestFactory().get("/", headers=headers, REMOTE_ADDR=peer))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, None, "192.0.2.1"),
        (0, "203.0.113.5", "192.0.2.1"),
        (0, "203.0.113.5, 198.51.100.7", "192.0.2.1"),
        (1, None, "192.0.2.1"),
        (1, "", "192.0.2.1"),
        (1, "203.0.113.5", "203.0.113.5"),
        (1, "10.0.0.1, 203.0.113.5", "203.0.113.5"),  # the first word is the client's own claim
        (1, " , ,203.0.113.5 ,", "203.0.113.5"),
        (2, "203.0.113.5", "192.0.2.1"),  # one hop is missing: nobody whom we trust wrote it
        (2, "203.0.113.5, 198.51.100.7", "203.0.113.5"),
        (2, "10.0.0.1, 203.0.113.5, 198.51.100.7", "203.0.113.5"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "2001:DB8:0::1", "2001:db8::1"),
        (1, "unknown", None),
        (1, "<script>", None),
        (1, "203.0.113.5:4711", "203.0.113.5"),
        (1, "' OR 1=1 --", None),
    ],
)
def test_the_clients_address_is_what_a_trusted_proxy_says(
    proxies: int, forwarded: str | None, expected: str | None, settings: Any
) -> None:
    assert _address(proxies, forwarded, settings) == expected


def test_a_neighbours_address_is_written_without_its_network_card(settings: Any) -> None:
    """PostgreSQL's inet takes no zone, so the audit row could not be written."""
    assert _address(0, None, settings, peer="fe80::1%eth0") == "fe80::1"


@pytest.mark.parametrize("peer", ["", "unix:", "not an address"])
def test_a_peer_without_an_address_has_none(peer: str, settings: Any) -> None:
    assert _address(0, None, settings, peer=peer) is None


PAGES = [
    ("/", 200),
    ("/accounts/login/", 200),
    ("/accounts/signup/", 200),
    ("/healthz", 200),
    ("/readyz", 503),
    ("/me/", 302),
    ("/api/v1/key", 401),
    ("/no/such/page/", 404),
    ("/invitations/di_x/", 410),
    ("/-/operator/", 302),
    ("/-/metrics", 404),
]
OF_ALICE = [("/o/acme/", 200), ("/o/acme/team/", 200), ("/o/acme/keys/", 200), ("/me/", 200), ("/o/other/", 404)]


def _policy(answer: Any) -> dict[str, str]:
    words = [part.strip().partition(" ") for part in answer["Content-Security-Policy"].split(";")]
    return {name: rest for name, _, rest in words}


def _has_the_headers(answer: Any) -> None:
    policy = _policy(answer)
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    for name in ("frame-ancestors", "base-uri", "object-src"):
        assert policy[name] == "'none'"
    assert policy["form-action"] == "'self'"
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["X-Request-Id"]


@pytest.mark.parametrize(("url", "status"), PAGES)
def test_every_page_for_a_stranger_carries_the_headers(url: str, status: int, acme: Organization) -> None:
    answer = Client().get(url)
    assert answer.status_code == status
    _has_the_headers(answer)


@pytest.mark.parametrize(("url", "status"), OF_ALICE)
def test_every_page_for_a_member_carries_the_headers(
    url: str, status: int, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    answer = sign_in(alice).get(url)
    assert answer.status_code == status
    _has_the_headers(answer)


def test_a_page_that_breaks_carries_the_headers(
    acme: Organization, alice: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise RuntimeError("a reason that is nobody's business")

    monkeypatch.setattr("accounts.api_keys.visible_to", break_down)
    client = sign_in(alice)
    client.raise_request_exception = False
    answer = client.get("/o/acme/keys/")
    assert answer.status_code == 500
    _has_the_headers(answer)
    assert "nobody's business" not in answer.content.decode()


async def by_handler(path: str) -> HttpResponseBase:
    """Ask as the web server does."""
    return await PeopleHandler().get_response_async(AsyncRequestFactory().get(path))


@pytest.mark.filterwarnings("ignore:No directory at")
def test_a_page_takes_one_step_into_a_thread(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    steps, step = list[str](), SyncToAsync.__call__

    async def counted(self: Any, *args: Any, **kwargs: Any) -> Any:
        steps.append(repr(self.func))
        return await step(self, *args, **kwargs)

    monkeypatch.setattr(SyncToAsync, "__call__", counted)
    answer = asyncio.run(by_handler("/accounts/password/reset/"))
    assert answer.status_code == 200
    _has_the_headers(answer)
    assert len(steps) == 1


@pytest.mark.filterwarnings("ignore:No directory at")
def test_a_static_file_is_taken_for_what_it_says_it_is(db: None, settings: Any) -> None:
    settings.SERVESTATIC_USE_FINDERS = settings.SERVESTATIC_AUTOREFRESH = True
    answer = asyncio.run(by_handler("/static/darkroom/css/main.css"))
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/css")
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Access-Control-Allow-Origin" not in answer
    answer.close()


def test_a_forged_form_is_refused_with_the_headers(acme: Organization, alice: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    answer = client.post("/o/acme/settings/name/", {"name": "Changed"})
    assert answer.status_code == 403
    _has_the_headers(answer)
    with tenancy.tenant(acme.pk):
        assert Organization.objects.get().name == "Acme"


def test_an_unknown_host_is_refused(db: None) -> None:
    assert Client().get("/", headers={"Host": "evil.example"}).status_code == 400


def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(alice: User) -> None:
    client = Client()
    client.get("/accounts/login/")
    answer = client.post("/accounts/login/", {"login": alice.email, "password": "correct horse battery"})
    assert answer.status_code == 302
    assert set(client.cookies) >= {"darkroom_session", "darkroom_csrf"}
    for cookie in client.cookies.values():
        assert cookie["httponly"] is True
        assert cookie["samesite"] == "Lax"
