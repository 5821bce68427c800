"""The page of the audit log, and the file."""

import csv
import io
import json
import re
from typing import Any

import pytest
from django.http import StreamingHttpResponse
from django.test import Client

from accounts import audit
from accounts.models import AuditEntry, Organization, User
from accounts.views import audit as view
from saas.database import tenancy
from saas.web import pagination
from tests.conftest import SignIn
from tests.support.snapshot import entries, nothing_changes

# The test client is synchronous, the stream is not.
pytestmark = pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume asynchronous iterators")


def write(org: Organization, by: User | None, *targets: str, **details: Any) -> None:
    with tenancy.tenant(org.pk):
        for target in targets:
            audit.record(org=org, by=by, action="organization.renamed", target=target, details=details)


def export(client: Client) -> tuple[StreamingHttpResponse, list[list[str]]]:
    answer: Any = client.get("/o/acme/audit/export/")
    assert isinstance(answer, StreamingHttpResponse)
    text = b"".join(answer).decode()
    return answer, list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize(
    ("who", "status"), [("alice", 200), ("adam", 200), ("bob", 403), ("vera", 403), ("charlie", 404)]
)
def test_admins_alone_read_and_export(
    who: str,
    status: int,
    acme: Organization,
    rival: Organization,
    sign_in: SignIn,
    request: pytest.FixtureRequest,
) -> None:
    client = sign_in(request.getfixturevalue(who))
    with nothing_changes():
        assert client.get("/o/acme/audit/").status_code == status
    if status != 200:
        with nothing_changes():
            assert client.get("/o/acme/audit/export/").status_code == status


def test_the_page_tells_who_did_what_in_words(acme: Organization, adam: User, sign_in: SignIn) -> None:
    write(acme, adam, "Acme Two", before="Acme")
    page = sign_in(adam).get("/o/acme/audit/").content.decode()
    assert "<small>adam@example.com</small>" in page
    assert "Adam renamed the organization Acme Two" in page
    assert "founded the organization Acme" in page
    assert "organization.renamed" not in page


def test_the_page_shows_one_s_own_organization_alone(
    acme: Organization, alice: User, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    write(rival, charlie, "Secret plan")
    assert "Secret plan" not in sign_in(alice).get("/o/acme/audit/").content.decode()
    assert "Secret plan" in sign_in(charlie).get("/o/rival/audit/").content.decode()


def rows_on(page: str) -> list[str]:
    return re.findall(r"renamed the organization (\S+?)<", page)


def test_pages_follow_each_other_by_a_cursor_without_gap_or_double(
    acme: Organization, alice: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert pagination.PAGE_SIZE == 50
    write(acme, alice, *[f"n{number}" for number in range(120)])
    client, url, seen = sign_in(alice), "/o/acme/audit/", []
    for expected in (50, 50, 20):
        page = client.get(url).content.decode()
        assert len(rows_on(page)) == expected
        seen += rows_on(page)
        following = re.search(r'href="(/o/acme/audit/\?before=[^"]+)"', page)
        if following:
            url = following[1]
            write(acme, alice, "later")  # what comes meanwhile moves no page
    assert seen == [f"n{number}" for number in reversed(range(120))]


@pytest.mark.parametrize("before", ["nonsense", "", "1", "%00", "' OR 1=1", "00000000-0000-0000-0000-000000000000"])
def test_a_cursor_that_is_none_breaks_nothing(before: str, acme: Organization, alice: User, sign_in: SignIn) -> None:
    assert sign_in(alice).get(f"/o/acme/audit/?before={before}").status_code == 200


def test_another_organization_s_cursor_tells_nothing(
    acme: Organization, alice: User, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    write(rival, charlie, "Secret plan")
    code = entries(rival)[-1].code
    page = sign_in(alice).get(f"/o/acme/audit/?before={code}").content.decode()
    assert "Secret plan" not in page


def test_the_file_holds_every_row_oldest_first_and_itself(
    acme: Organization, alice: User, adam: User, sign_in: SignIn
) -> None:
    write(acme, adam, "Ünïcode, and “quotes”", before="Acme")
    answer, rows = export(sign_in(alice))
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert re.fullmatch(r'attachment; filename="audit-acme-\d{4}-\d\d-\d\d\.csv"', answer["Content-Disposition"])
    assert answer["Cache-Control"] == "private, no-store"
    assert rows[0] == ["at", "actor", "action", "target", "details", "address", "agent", "request_id"]
    assert [row[2] for row in rows[1:]] == ["organization.founded", "organization.renamed", "audit.exported"]
    assert rows[2][1:5] == [
        "Adam <adam@example.com>",
        "organization.renamed",
        "Ünïcode, and “quotes”",
        '{"before": "Acme"}',
    ]


def test_an_export_leaves_a_row(acme: Organization, adam: User, sign_in: SignIn) -> None:
    sign_in(adam).get("/o/acme/audit/export/")
    (entry,) = entries(acme)
    assert (entry.action, entry.actor_id, entry.address) == ("audit.exported", adam.pk, "127.0.0.1")


def test_the_file_holds_one_s_own_organization_alone(
    acme: Organization, alice: User, rival: Organization, charlie: User, sign_in: SignIn
) -> None:
    write(rival, charlie, "Secret plan")
    _, rows = export(sign_in(alice))
    assert "Secret plan" not in str(rows)
    assert "harlie" not in str(rows)


FORMULAS = ["=HYPERLINK(A1)", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1"]


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_cell_is_run_by_a_spreadsheet(formula: str, acme: Organization, alice: User, sign_in: SignIn) -> None:
    alice.name = formula
    alice.save(update_fields=["name"])
    client = Client(HTTP_USER_AGENT=formula.strip())
    client.force_login(alice)
    write(acme, alice, formula)
    _, rows = export(client)
    cells = [cell for row in rows for cell in row]
    assert not [cell for cell in cells if cell[:1] in set("=+-@\t\r")]
    assert f"'{formula}" in cells
    assert f"'{formula.strip()}" in cells or formula.strip()[0] not in "=+-@"


def test_the_file_is_streamed_in_pieces(
    acme: Organization, alice: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "CHUNK", 2)
    write(acme, alice, *"abcde")
    answer: Any = sign_in(alice).get("/o/acme/audit/export/")
    assert answer.streaming
    pieces = [piece.decode() for piece in answer]
    assert [piece.count("\r\n") for piece in pieces] == [1, 2, 2, 2, 1]
    assert [row[3] for row in csv.reader(io.StringIO("".join(pieces)))][2:7] == list("abcde")


def test_details_are_json(acme: Organization, alice: User, sign_in: SignIn) -> None:
    write(acme, alice, "x", scopes=["read", "usage"], who="Zoë")
    _, rows = export(sign_in(alice))
    assert json.loads(rows[2][4]) == {"scopes": ["read", "usage"], "who": "Zoë"}
    page = sign_in(alice).get("/o/acme/audit/").content.decode()
    assert "read, usage" in page


def test_nobody_s_log_is_left_open_after_the_file(acme: Organization, alice: User, sign_in: SignIn) -> None:
    export(sign_in(alice))
    assert tenancy.current() == {}
    assert AuditEntry.objects.count() == 0
