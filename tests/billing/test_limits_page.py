"""The limits page: who may see and change what, one by one, many at once and by sheet."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.limits import overview, spreadsheet
from accounts.models import Counter, Hold, Organization, Period, Quota, Role, Subject, User
from billing.models import Entry
from saas.database import tenancy
from tests.conftest import SignIn, actions, must_be_member
from tests.support.text_holds import allow, hold, settle

pytestmark = pytest.mark.django_db
DOLLAR = 1_000_000
EMPTY = dict.fromkeys(
    ["money_month", "money_day", "images_month", "images_day", "most_pixels", "highest_quality", "most_pictures"], ""
)


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/o/acme/limits/{query}")
    assert answer.status_code == 200
    return answer.content.decode()


def quotas(org: Organization) -> list[Quota]:
    with tenancy.tenant(org.pk):
        return list(Quota.objects.filter(org=org).order_by("pk"))


def code_of(org: Organization, user: User) -> str:
    return str(must_be_member(org, user).code)


def test_it_shows_what_was_spent_is_held_and_is_left(
    acme: Organization, rival: Organization, alice: User, bob: User, charlie: User, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, money_month=10 * DOLLAR)
    first, _ = hold(acme, bob, 2 * DOLLAR, pictures=2)
    settle(first, 1_500_000)
    hold(rival, charlie, 777 * DOLLAR)
    seen = page(sign_in(alice))
    for figure in ("$1.50", "$2.00", "$6.50", "$10.00"):
        assert figure in seen
    assert "777" not in seen
    assert "Charlie" not in seen


def test_people_are_found_and_sorted(acme: Organization, alice: User, adam: User, bob: User, sign_in: SignIn) -> None:
    hold(acme, bob, 5 * DOLLAR)
    client = sign_in(alice)
    by_held, by_name = page(client, "?sort=held"), page(client, "?sort=name")
    assert by_held.index("bob@example.com") < by_held.index("adam@example.com")
    assert by_name.index("adam@example.com") < by_name.index("bob@example.com")
    found = page(client, "?q=ADAM")
    assert "adam@example.com" in found
    assert "bob@example.com" not in found
    assert "No one with that name was found" in page(client, "?q=zebra")


def test_three_hundred_members_cost_no_more_questions_than_one(
    acme: Organization, alice: User, sign_in: SignIn, django_assert_max_num_queries: Any
) -> None:
    users = User.objects.bulk_create(User(email=f"p{number}@example.com", password="x") for number in range(300))
    with tenancy.tenant(acme.pk):
        acme.memberships.model.objects.bulk_create(
            acme.memberships.model(org=acme, user=user, role=Role.MEMBER) for user in users
        )
    client = sign_in(alice)
    with django_assert_max_num_queries(25):
        seen = page(client)
    assert "1 to 100 of 301" in seen


def test_limits_of_one_are_set_and_removed(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    client, url = sign_in(alice), f"/o/acme/limits/of/member/{code_of(acme, bob)}/"
    given = {**EMPTY, "money_month": "$1,000.50", "images_day": "7", "highest_quality": "medium", "all_models": "on"}
    assert client.post(url, given).status_code == 302
    (quota,) = quotas(acme)
    assert (quota.user_id, quota.money_month, quota.images_day) == (bob.pk, 1_000_500_000, 7)
    assert (quota.money_day, quota.highest_quality, quota.model_names) == (None, "medium", None)
    assert 'value="1000.50"' in client.get(url).content.decode()
    assert client.post(f"{url}remove/").status_code == 302
    assert quotas(acme) == []
    assert actions(acme) == ["limits.changed", "limits.removed"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"money_month": "-5"},
        {"money_month": "1,5"},
        {"money_month": "5 €"},
        {"money_month": "0.0000001"},
        {"money_month": "99999999999"},
        {"images_day": "-1"},
        {"images_day": "1.5"},
        {"images_day": "99999999999999999999"},
        {"most_pictures": "11"},
        {"highest_quality": "superb"},
        {"most_pixels": "7"},
        {"model_names": ["no-such-model"]},
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    wrong: dict[str, Any], acme: Organization, alice: User, sign_in: SignIn
) -> None:
    answer = sign_in(alice).post("/o/acme/limits/of/organization/all/", {**EMPTY, "all_models": "on", **wrong})
    assert answer.status_code == 422
    assert quotas(acme) == []
    assert actions(acme) == []


def test_a_first_limit_of_ones_own_begins_as_the_roles(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.ROLE, role=Role.MEMBER, money_month=20 * DOLLAR)
    client = sign_in(alice)
    assert 'value="20.00"' in client.get(f"/o/acme/limits/of/member/{code_of(acme, bob)}/").content.decode()
    assert (
        'value="20.00"' in client.get(f"/o/acme/limits/of/member/{code_of(acme, alice)}/?like=member").content.decode()
    )


def test_many_are_set_at_once(acme: Organization, alice: User, adam: User, bob: User, sign_in: SignIn) -> None:
    allow(acme, alice, Subject.ROLE, role=Role.MEMBER, images_day=9)
    client, who = sign_in(alice), [code_of(acme, adam), code_of(acme, bob)]
    client.post("/o/acme/limits/many/", {"who": who, "what": "money_month", "amount": "12.50"})
    own = {quota.user_id: quota for quota in quotas(acme) if quota.user_id}
    assert {user_id: (one.money_month, one.images_day) for user_id, one in own.items()} == {
        adam.pk: (12_500_000, None),
        bob.pk: (12_500_000, 9),
    }
    client.post("/o/acme/limits/many/", {"who": who, "what": "role"})
    assert [quota.subject for quota in quotas(acme)] == ["role"]


def test_many_get_all_that_a_role_has(acme: Organization, alice: User, adam: User, sign_in: SignIn) -> None:
    allow(acme, alice, Subject.ROLE, role=Role.MEMBER, images_day=9, money_month=3 * DOLLAR, highest_quality="low")
    client = sign_in(alice)
    client.post("/o/acme/limits/many/", {"who": [code_of(acme, adam)], "what": "copy:member"})
    (own,) = [quota for quota in quotas(acme) if quota.user_id]
    assert (own.user_id, own.images_day, own.money_month, own.highest_quality) == (adam.pk, 9, 3 * DOLLAR, "low")
    client.post("/o/acme/limits/many/", {"who": [code_of(acme, adam)], "what": "copy:owner"})
    (own,) = [quota for quota in quotas(acme) if quota.user_id]
    assert own.is_empty


def test_what_if_is_only_reckoned(
    acme: Organization, alice: User, adam: User, bob: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the tenth of thirty days Bob has spent four dollars, so he would end at twelve; Adam at three."""
    monkeypatch.setattr("accounts.limits.periods.timezone.now", lambda: datetime(2026, 11, 10, tzinfo=UTC))
    for user, micros in ((bob, 4 * DOLLAR), (adam, DOLLAR)):
        (held,) = hold(acme, user, micros)
        settle(held, micros)
    client = sign_in(alice)
    seen = re.sub(r"<[^>]+>", "", page(client, "?each=4"))
    assert "1 of 3 would have been stopped by now." in seen
    assert "The month would end at $7.00 instead of $15.00, and at most at $12.00." in seen
    assert "Enter an amount in dollars" in page(client, "?each=many")
    kept = page(client, "?each=4&of=roles&q=bo&sort=name")
    for name, value in (("of", "roles"), ("q", "bo"), ("sort", "name")):
        assert f'name="{name}" value="{value}"' in kept
    assert quotas(acme) == []
    allow(acme, alice, Subject.ROLE, role=Role.MEMBER, money_month=3 * DOLLAR)
    assert "If everybody uses up" not in page(client)
    for role in (Role.ADMIN, Role.OWNER):
        allow(acme, alice, Subject.ROLE, role=role, money_month=2 * DOLLAR)
    assert "If everybody uses up their limits, the total is $7.00." in re.sub(r"<[^>]+>", "", page(client))


@pytest.mark.parametrize(
    "wrong", [{"who": []}, {"what": "most_pixels"}, {"amount": "-1"}, {"amount": "1,5"}, {"who": ["nonsense"]}]
)
def test_many_with_a_fault_are_none(
    wrong: dict[str, Any], acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    given = {"who": [code_of(acme, bob)], "what": "money_month", "amount": "5", **wrong}
    assert sign_in(alice).post("/o/acme/limits/many/", given).status_code == 422
    assert quotas(acme) == []


def test_a_rivals_people_cannot_be_limited(
    acme: Organization, rival: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    client, theirs = sign_in(alice), code_of(rival, charlie)
    assert client.post("/o/acme/limits/many/", {"who": [theirs], "what": "money_month"}).status_code == 422
    assert client.post(f"/o/acme/limits/of/member/{theirs}/", EMPTY).status_code == 404
    assert quotas(rival) == quotas(acme) == []


def read(client: Client, text: str | bytes) -> Any:
    data = text.encode() if isinstance(text, str) else text
    return client.post("/o/acme/limits/import/", {"file": SimpleUploadedFile("limits.csv", data)})


HEAD = "subject,name,money_day,money_month,images_day,images_month\n"


def test_a_sheet_goes_out_and_comes_in_again(acme: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_month=100 * DOLLAR)
    allow(acme, alice, Subject.MEMBER, user=bob, images_day=5)
    client = sign_in(alice)
    sheet = client.get("/o/acme/limits/export/").content.decode()
    assert "organization,,,100.00,," in sheet
    assert "member,bob@example.com,,,5," in sheet
    assert "member,alice@example.com,role,role,role,role" in sheet
    assert read(client, "\ufeff" + sheet).status_code == 302
    assert actions(acme)[-1] == "limits.imported"
    assert read(client, HEAD + "member,bob@example.com,0.5,,,\nrole,member,,20,,\n").status_code == 302
    assert {(one.subject, one.money_day, one.money_month) for one in quotas(acme)} == {
        ("organization", None, 100 * DOLLAR),
        ("member", 500_000, None),
        ("role", None, 20 * DOLLAR),
    }
    assert read(client, HEAD + "member,bob@example.com,role,role,role,role\n").status_code == 302
    assert "member" not in {one.subject for one in quotas(acme)}


@pytest.mark.parametrize(
    ("sheet", "said"),
    [
        (HEAD + "member,nobody@example.com,1,,,\n", "Line 2: There is no member"),
        (HEAD + "member,charlie@example.com,1,,,\n", "Line 2: There is no member"),
        (HEAD + "member,bob@example.com,1,,,\nmember,BOB@example.com,2,,,\n", "is already in line 2"),
        (HEAD + "member,bob@example.com,=1+1,,,\n", "Enter an amount in dollars"),
        (HEAD + "member,bob@example.com,,,-3,\n", "is not a number of pictures"),
        (HEAD + "member,bob@example.com,1\n", "6 cells are expected"),
        ("who,what\n", "The first line must be"),
        ("", "empty"),
        (HEAD.encode() + b"member,b\xf6b@example.com,1,,,\n", "not UTF-8"),
    ],
)
def test_of_a_sheet_with_a_fault_nothing_is_taken(
    sheet: str | bytes, said: str, acme: Organization, rival: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    good = HEAD + "organization,,1,,,\n"
    if isinstance(sheet, str) and sheet.startswith(HEAD):
        sheet = good + sheet.removeprefix(HEAD)
        said = said.replace("Line 2", "Line 3").replace("in line 2", "in line 3")
    answer = read(sign_in(alice), sheet)
    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert quotas(acme) == []


def test_a_huge_sheet_is_refused(acme: Organization, alice: User, sign_in: SignIn) -> None:
    answer = read(sign_in(alice), "x" * (spreadsheet.MOST_BYTES + 10))
    assert "too large" in answer.content.decode()


def test_an_uncertain_charge_is_resolved_with_a_note(
    acme: Organization, alice: User, bob: User, sign_in: SignIn
) -> None:
    from accounts.limits import holds as holding

    (held,) = hold(acme, bob, 10)
    with tenancy.tenant(acme.pk):
        holding.doubt(held)
    client, url = sign_in(alice), f"/o/acme/limits/charges/{held.code}/resolve/"
    assert "May have been charged" in page(client)
    client.post(url, {"answer": "charged"})
    with tenancy.tenant(acme.pk):
        assert Entry.objects.count() == 0  # without a note
    client.post(url, {"answer": "charged", "note": "Seen in the console."})
    client.post(url, {"answer": "free", "note": "Changed my mind."})
    with tenancy.tenant(acme.pk):
        entry = Entry.objects.get()
        assert (entry.micros, entry.note, entry.by_label) == (10, "Seen in the console.", "Alice <alice@example.com>")
        assert Hold.objects.get().state == "settled"
    assert actions(acme) == ["charge.resolved"]


def test_a_rivals_uncertain_charge_is_not_there(
    acme: Organization, rival: Organization, alice: User, charlie: User, sign_in: SignIn
) -> None:
    (held,) = hold(rival, charlie, 10)
    url = f"/o/acme/limits/charges/{held.code}/resolve/"
    assert sign_in(alice).post(url, {"answer": "free", "note": "x"}).status_code == 404


def test_the_price_of_a_connection_is_set_in_dollars(acme: Organization, alice: User, sign_in: SignIn) -> None:
    with tenancy.tenant(acme.pk):
        url = f"/o/acme/connections/{acme.connections.get().code}/price/"
    client = sign_in(alice)
    assert client.post(url, {"how": "flat", "micros": ""}).status_code == 422
    assert client.post(url, {"how": "flat", "micros": "0.03"}).status_code == 302
    assert 'value="0.03"' in client.get(url).content.decode()
    assert client.post(url, {"how": "tokens"}).status_code == 302
    assert actions(acme) == ["connection.price_set"] * 2


def test_the_top_bar_says_what_is_left_by_the_nearest_limit(
    acme: Organization, alice: User, bob: User, vera: User, sign_in: SignIn
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_month=100 * DOLLAR)
    allow(acme, alice, Subject.MEMBER, user=bob, money_day=5 * DOLLAR)
    (held, _) = hold(acme, bob, DOLLAR, pictures=2)
    settle(held, DOLLAR)
    seen = sign_in(bob).get("/o/acme/purse/").content.decode()
    assert [seen.count(figure) for figure in ("$1.00", "$3.00", "$98.00")] == [2, 1, 0]
    assert "$98.00" in sign_in(alice).get("/o/acme/purse/").content.decode()
    assert "spent" not in sign_in(vera).get("/o/acme/").content.decode().split("<main")[0]


def test_the_top_bar_is_one_question(
    acme: Organization, bob: User, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    hold(acme, bob, DOLLAR)
    member = must_be_member(acme, bob)
    with tenancy.tenant(acme.pk), django_assert_num_queries(1):
        overview.purse(acme, member)


def test_the_top_bar_shows_a_limit_before_anything_is_spent(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.ORGANIZATION, money_month=100 * DOLLAR)
    member = must_be_member(acme, bob)
    with tenancy.tenant(acme.pk):
        assert overview.purse(acme, member).left == 100 * DOLLAR


def test_a_month_of_play_money_says_so(acme: Organization, alice: User, sign_in: SignIn) -> None:
    hold(acme, alice, DOLLAR, is_play=True)
    assert "play money" in page(sign_in(alice))
    with tenancy.tenant(acme.pk):
        assert Counter.objects.filter(period=Period.MONTH, is_play=False).count() == 0


def test_the_time_zone_is_set_and_nonsense_is_not(acme: Organization, alice: User, sign_in: SignIn) -> None:
    client = sign_in(alice)
    client.post("/o/acme/settings/time-zone/", {"time_zone": "Europe/Berlin"})
    client.post("/o/acme/settings/time-zone/", {"time_zone": "Mars/Olympus"})
    with tenancy.tenant(acme.pk):
        assert Organization.objects.get(pk=acme.pk).time_zone == "Europe/Berlin"
    assert actions(acme) == ["organization.time_zone_set"]
