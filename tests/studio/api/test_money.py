"""Exports and limits by key."""

from datetime import date

import pytest

from accounts.models import Organization, Quota, Scope, User
from billing import tasks
from saas.database import tenancy
from tests.conftest import actions
from tests.studio.api.keys import program
from tests.support.ledger_entries import entry

pytestmark = pytest.mark.django_db
NOVEMBER = {"format": "csv", "first": "2026-11-01", "last": "2026-11-30"}


@pytest.fixture(autouse=True)
def _made_when_a_test_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.make_export, "send", lambda *_: None)


def test_an_export_is_asked_for_made_and_downloaded(
    acme: Organization, alice: User, bob: User, rival: Organization, charlie: User
) -> None:
    entry(acme, alice, date(2026, 11, 1), 210_700)
    entry(acme, bob, date(2026, 11, 2), 1)
    api, own = program(acme, alice, Scope.USAGE), program(acme, bob, Scope.USAGE)
    theirs = program(rival, charlie, Scope.USAGE)
    asked = api.post("exports", NOVEMBER)
    assert (asked.status_code, asked.json()["state"], asked.json()["url"]) == (202, "making", None)
    path = f"exports/{asked.json()['id']}"
    assert api.get(f"{path}/file").status_code == 404
    tasks.make_export.fn(acme.pk, asked.json()["id"])
    ready = api.get(path).json()
    assert (ready["state"], ready["rows"], ready["cost"]) == ("ready", 2, "0.210701")
    file = api.get(ready["url"].removeprefix("/api/v1/"))
    assert file.getvalue().decode("utf-8-sig").count("\n") == 3
    assert file["Content-Disposition"] == 'attachment; filename="darkroom-ledger-20261101-20261130.csv"'
    for other in (own, theirs):
        assert other.get(path).status_code == 404
        assert other.get(f"{path}/file").status_code == 404
        assert other.get("exports").json() == {"data": [], "next": None}
    assert api.get("exports").json()["data"] == [ready]
    assert actions(acme).count("ledger.exported") == 1


@pytest.mark.parametrize(
    "body",
    [
        {**NOVEMBER, "last": "2026-10-01"},
        {**NOVEMBER, "first": "0001-01-01"},
        {**NOVEMBER, "format": "pdf"},
        {"first": "2026-11-01"},
    ],
)
def test_what_is_no_export_is_refused(body: dict[str, str], acme: Organization, alice: User) -> None:
    answer = program(acme, alice, Scope.USAGE).post("exports", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid")
    assert "ledger.exported" not in actions(acme)


def test_limits_are_set_read_and_removed(acme: Organization, adam: User, bob: User) -> None:
    api = program(acme, adam, Scope.MANAGE, Scope.READ)
    said = api.put(f"quotas/member/{bob.code}", {"money_day": "12.5", "images_month": 100, "highest_quality": "high"})
    assert said.status_code == 200, said.content
    assert (said.json()["money_day"], said.json()["images_month"], said.json()["money_month"]) == ("12.50", 100, None)
    assert api.get(f"quotas/member/{bob.code}").json() == said.json()
    changed = api.put(f"quotas/member/{bob.code}", {"money_day": None}).json()
    assert (changed["money_day"], changed["images_month"]) == (None, 100)
    assert api.put("quotas/organization/all", {"images_day": 0}).json()["images_day"] == 0
    assert [one["subject"] for one in api.get("quotas").json()["data"]] == ["member", "organization"]
    refused = program(acme, bob).post("runs", {"prompt": "A lamp"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "organization_images_day")
    assert api.delete("quotas/organization/all").status_code == 204
    assert program(acme, bob).post("runs", {"prompt": "A lamp"}).status_code == 201
    assert api.get("members").json()["data"][0]["email"] == "adam@example.com"
    assert program(acme, bob).get("members").json()["data"][0]["email"] is None


@pytest.mark.parametrize("body", [{"money_day": "-1"}, {"money_day": "1e9"}, {"images_day": -1}, {"colour": 1}])
def test_limits_that_make_no_sense_are_refused(body: dict[str, object], acme: Organization, adam: User) -> None:
    answer = program(acme, adam, Scope.MANAGE).put("quotas/organization/all", body)
    assert answer.status_code == 422
    with tenancy.tenant(acme.pk):
        assert not Quota.objects.exists()


def test_only_keys_that_manage_set_limits_and_only_of_their_own(
    acme: Organization, adam: User, bob: User, rival: Organization, charlie: User
) -> None:
    every_other = program(acme, adam, Scope.GENERATE, Scope.READ, Scope.USAGE)
    assert every_other.put("quotas/organization/all", {"images_day": 0}).status_code == 403
    assert every_other.get("quotas").status_code == 403
    theirs = program(rival, charlie, Scope.MANAGE)
    assert theirs.put(f"quotas/member/{bob.code}", {"images_day": 0}).status_code == 404
    assert theirs.get("quotas/role/viewer").status_code == 404
    assert theirs.get("quotas/member/all").status_code == 404
    with tenancy.tenant(acme.pk):
        assert not Quota.objects.exists()
