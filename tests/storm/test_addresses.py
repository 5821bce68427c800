"""No client chooses where Darkroom thinks it lives: not its prefix, its host, its port or its scheme."""

import json
import re
from uuid import uuid4

import pytest

from accounts.demo import EMAIL
from tests.storm.client import PAGE, Line, Storm, ask, form, head, wait_until

EVIL = "https://evil.example"
PREFIXES = ["Daphne-Root-Path: https://evil.example", "Daphne-Root-Path: /v1/x", "daphne-ROOT-path: %2F%2Fevil.example"]
ABSURD = [
    "Forwarded: for=evil.example;host=evil.example;proto=https",
    "X-Forwarded-Host: evil.example",
    "X-Forwarded-Port: 1",
    "X-Forwarded-Proto: gopher",
    "X-Forwarded-Prefix: /evil.example",
    "X-Forwarded-Server: evil.example",
    "X-Forwarded-Path: /evil.example",
    "X-Script-Name: /evil.example",
    "Script-Name: /evil.example",
    "SCRIPT_NAME: /evil.example",
    "X-Original-URL: /-/operator/",
    "X-Original-Host: evil.example",
    "X-Rewrite-URL: /-/operator/",
    "X-Host: evil.example",
    "X-Accel-Redirect: /-/files/secret",
    "X-Accel-Internal: /-/files/secret",
    "X-Sendfile: /etc/passwd",
    "X-HTTP-Method-Override: DELETE",
    "X-Method-Override: DELETE",
    "Base-Url: https://evil.example",
]


def mail_to(storm: Storm, address: str, subject: str, since: int) -> str:
    """The mail to this address with this subject, from the terminal where the embedded size prints it."""
    headers = rf"Subject: {re.escape(subject)}\n(?:.+\n)*?To: {re.escape(address)}\n"
    marks = re.compile(rf"{headers}(?P<rest>.*?)\n-{{79}}", re.DOTALL)
    assert wait_until(lambda: bool(marks.search(storm.log(since)))), storm.log(since)
    return list(marks.finditer(storm.log(since)))[-1]["rest"]


def links(mail: str) -> list[str]:
    return re.findall(r"\S*://\S+", mail)


MAILS = [
    ("/accounts/password/reset/", "Set a new password"),
    ("/accounts/password/reset/", "No account with this address"),
    ("/accounts/signup/", "Welcome to Darkroom: is this your address?"),
]


@pytest.mark.parametrize(
    ("page", "subject", "prefix"),
    [
        *((page, subject, prefix) for page, subject in MAILS for prefix in PREFIXES),
        ("/accounts/signup/", "You already have an account", PREFIXES[0]),  # sent once to an address, then not for long
    ],
)
def test_no_header_moves_the_links_of_a_mail(storm: Storm, page: str, subject: str, prefix: str) -> None:
    name, _, value = prefix.partition(": ")
    is_known = subject in {"Set a new password", "You already have an account"}
    address = EMAIL if is_known else f"storm-{uuid4().hex}@example.com"
    fields = {}
    if page == "/accounts/signup/":
        fields = {"name": "Storm", "password1": "a long dark corridor"}
    since = storm.log_size()
    answer = form(storm.url, page, {name: value}, email=address, **fields)
    assert answer.status_code == 302, answer.text[:500]
    assert answer.headers["location"].startswith("/accounts/")
    found = links(mail_to(storm, address, subject, since))
    assert found
    assert [link for link in found if not f"{link}/".startswith(f"{storm.url}/")] == []
    assert "evil" not in storm.log(since)


def test_no_header_changes_a_page_or_opens_another(storm: Storm) -> None:
    key = f"Authorization: Bearer {storm.api_key}"
    with storm.weathered():
        for line in [*PREFIXES, *ABSURD]:
            answer = ask(storm.url, head(storm.url, "/", line))
            assert (answer.status, answer.headers.get("location")) == (200, None), line
            assert "evil" not in answer.text
            assert "/v1/x" not in answer.text
            team = ask(storm.url, head(storm.url, "/o/demo/team/", line))
            assert (team.status, team.headers["location"]) == (302, "/accounts/login/?next=/o/demo/team/"), line
            models = ask(storm.url, head(storm.url, "/v1/models", line, key))
            assert (models.status, "evil" in models.text) == (200, False), line
            schema = ask(storm.url, head(storm.url, "/api/v1/openapi.json", line))
            assert (schema.status, json.loads(schema.body)["servers"]) == (200, []), line
            assert "evil" not in schema.text


def test_no_prefix_leads_around_the_middleware(storm: Storm) -> None:
    with storm.weathered():
        for path in ("/o/demo/second-factor/", "/me/", "/-/operator/", "/accounts/login/", "/api/v1/runs"):
            answer = ask(storm.url, head(storm.url, f"/v1/x{path}", "Daphne-Root-Path: /v1/x"))
            assert (answer.status, json.loads(answer.body)["error"]["code"]) == (404, "unknown_url")


def test_a_prefix_that_is_no_ascii_is_no_error(storm: Storm) -> None:
    with storm.weathered():
        assert ask(storm.url, head(storm.url, PAGE, "Daphne-Root-Path: /\xff")).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1:80@evil.example",
        "evil@127.0.0.1",
        "127.0.0.1:99999",
        "127.0.0.1:0",
        "127.0.0.1:-1",
        "127.0.0.1:80x",
        "127.0.0.1,evil.example",
        "127.0.0.1 evil.example",
        "127.0.0.1/evil.example",
        "127.0.0.1#",
        "[::1",
        "localhost.evil.example",
        "\xe9vil",
    ],
)
def test_only_our_own_names_are_answered_to(storm: Storm, host: str) -> None:
    for path in (PAGE, "/v1/models", "/api/v1/key", "/sandbox/v1/models", "/static/x.css", "/readyz"):
        answer = ask(storm.url, head(storm.url, path, f"Authorization: Bearer {storm.api_key}", host=host))
        assert answer.status == 400, path
        assert "gpt-image" not in answer.text
    alive = ask(storm.url, head(storm.url, "/healthz", host=host))  # a proxy asks by the process's address
    assert (alive.status, alive.text) == (200, "ok\n")


def test_two_hosts_are_refused(storm: Storm) -> None:
    with storm.weathered():
        for path in (PAGE, "/v1/models", "/healthz"):
            for second in (storm.url.partition("//")[2], "evil.example"):
                assert ask(storm.url, head(storm.url, path, f"Host: {second}")).status == 400, path


@pytest.mark.parametrize("target", ["http://evil.example/", "http://127.0.0.1/me/", "evil.example:443", "*"])
def test_a_target_that_is_no_path_is_refused(storm: Storm, target: str) -> None:
    for method in ("GET", "POST", "OPTIONS", "CONNECT"):
        answer = ask(storm.url, head(storm.url, target, "Content-Length: 0", method=method))
        assert (answer.status, "evil" in answer.text) == (400, False), method


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("//evil.example/accounts/login/", 404),
        ("//accounts/login/", 404),
        ("/./accounts/login/", 404),
        ("/accounts/../me/", 404),
        ("/v1/../me/", 404),
        ("/v1/%2e%2e/me/", 404),
        ("/v1%2F..%2Fme/", 404),
        ("/v1/..%2f-/operator/", 404),
        ("/V1/models", 404),
        ("/static/../manage.py", 404),
        ("/static/%2e%2e/%2e%2e/secrets.json", 404),
        ("/static/..%5c..%5csecrets.json", 404),
        ("/static//etc/passwd", 404),
        ("/-/files/secret.png", 404),
        ("/me;/", 404),
        ("/me/;x=1", 404),
        ("/me/%00", 400),
        ("/v1/models/%00", 400),
        ("/v1/files/%00", 400),
        ("/v1/pictures/%00", 400),
        ("/s/%00/", 400),
        ("/invitations/%00/", 400),
        ("/o/%00/", 400),
        ("/accounts/oidc/%00/login/", 400),
        ("/me/%0d%0aSet-Cookie:%20a=b", 400),
        ("/\\evil.example", 404),
        ("/%5cevil.example/", 404),
        ("/%ff%fe", 404),
        ("/%ed%a0%80", 404),
        ("/v1/models/%ed%a0%80", 404),
        ("/me/?q=%00", 302),
        ("/s/x/?q=%00&q=%ff", 404),
        ("/accounts/login/?next=//evil.example", 200),
        ("/accounts/login/?next=%00", 200),
        ("/" + "a" * 15_000, 404),
        ("/" + "%2e%2e/" * 2_000, 404),
    ],
)
def test_path_tricks_lead_nowhere(storm: Storm, target: str, status: int) -> None:
    since = storm.log_size()
    answer = ask(storm.url, head(storm.url, target, f"Authorization: Bearer {storm.api_key}"))
    assert answer.status == status
    assert "evil" not in answer.headers.get("location", "")
    assert "set-cookie: a=b" not in answer.text.lower()
    assert "Traceback" not in storm.log(since)


def test_a_socket_has_no_prefix_either(storm: Storm) -> None:
    """It is refused for want of a session, and not for want of a route, whatever the prefix."""
    upgrade = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"]
    upgrade += ["Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==", f"Origin: {storm.url}"]
    with storm.weathered():
        for prefix in PREFIXES:
            with Line(storm.url) as line:
                assert line.send(head(storm.url, "/ws/o/demo/", *upgrade, prefix)).answer().status == 101
            with Line(storm.url) as line:
                assert line.send(head(storm.url, "/v1/x/ws/o/demo/", *upgrade, prefix)).answer().status == 403
