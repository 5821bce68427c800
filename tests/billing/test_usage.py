"""Usage: what was spent by whom on what, of the entries that are added up and of those that are not yet."""

import re
from datetime import date
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import Organization, User
from billing import charts, folding, usage
from billing.models import DayUse, Entry, UseCursor
from billing.spans import Span
from billing.usage import Layer, Line, Scope, Sum
from saas.database import tenancy
from tests.conftest import SignIn
from tests.support.ledger_entries import entry

pytestmark = pytest.mark.django_db

NOVEMBER = Span("own", date(2026, 11, 1), date(2026, 11, 30))
PERIOD = "period=own&from=2026-11-01&to=2026-11-30&play=0"


@pytest.fixture
def books(acme: Organization, rival: Organization, alice: User, bob: User, charlie: User) -> Organization:
    entry(acme, alice, date(2026, 10, 31), 700)
    entry(acme, alice, date(2026, 11, 1), 1_000_000)
    entry(acme, alice, date(2026, 11, 2), 2_000_000, model="gpt-image-2.6-flare", quality="high", project="Spring")
    entry(acme, bob, date(2026, 11, 2), 500_000, key_code=UUID(int=7), key_label="Shop")
    entry(acme, bob, date(2026, 11, 30), -100_000, kind="correction", images=0)
    entry(acme, bob, date(2026, 11, 30), 0, kind="uncertain", images=0, open_micros=9)
    entry(acme, bob, date(2026, 12, 1), 800)
    entry(acme, bob, date(2026, 11, 5), 4_000_000, is_play=True)
    entry(rival, charlie, date(2026, 11, 2), 50_000_000)
    return acme


def told(org: Organization, by: str, **only: str) -> dict[str, tuple[int, int]]:
    scope = Scope(org, NOVEMBER, is_play=False, only=only)
    with tenancy.tenant(org.pk):
        return {row.label: (row.micros, row.images) for row in usage.sums(scope, by)}


@pytest.mark.parametrize("is_folded", [False, True])
def test_sums_are_those_of_the_ledger(books: Organization, bob: User, is_folded: bool) -> None:
    if is_folded:
        with tenancy.tenant(books.pk):
            assert folding.fold(books) == 8
    assert told(books, "member") == {"Alice": (3_000_000, 2), "Bob": (400_000, 1)}
    assert told(books, "model") == {"gpt-image-2": (1_400_000, 2), "gpt-image-2.6-flare": (2_000_000, 1)}
    assert told(books, "project") == {"Spring": (2_000_000, 1), "": (1_400_000, 2)}
    assert told(books, "key") == {"": (2_900_000, 2), "Shop": (500_000, 1)}
    assert told(books, "model", member=str(bob.pk)) == {"gpt-image-2": (400_000, 1)}
    with tenancy.tenant(books.pk):
        scope = Scope(books, NOVEMBER, is_play=False, only={})
        assert usage.total(scope)[2:] == (3_400_000, 3)
        for by in usage.EVERY_BY:
            lines, _ = usage.compared(scope, by, days_a_bar=1, most_series=6)
            here = [Sum(line.key, line.label, line.micros, line.images) for line in lines if line.micros is not None]
            assert here == usage.sums(scope, by)
        lines, layers = usage.compared(scope, "quality", days_a_bar=1, most_series=6)
    assert lines == [Line("high", "high", 2_000_000, 1, 0), Line("low", "low", 1_400_000, 2, 700)]
    assert layers == [
        Layer(0, 1, 1_000_000, 1),
        Layer(1, 0, 2_000_000, 1),
        Layer(1, 1, 500_000, 1),
        Layer(29, 1, -100_000, 0),
    ]


def test_bars_share_days_and_what_is_not_among_the_dearest_shares_a_series(acme: Organization, alice: User) -> None:
    for number, day in enumerate((1, 2, 3, 8)):
        entry(acme, alice, date(2026, 11, day), 1_000 * (4 - number), model=f"model-{number}")
    entry(acme, alice, date(2026, 11, 8), 1, model="model-9")
    entry(acme, alice, date(2026, 10, 30), 5, model="gone")
    with tenancy.tenant(acme.pk):
        scope = Scope(acme, Span("own", date(2026, 11, 1), date(2026, 11, 8)), is_play=False, only={})
        lines, layers = usage.compared(scope, "model", days_a_bar=7, most_series=2)
    assert [line.key for line in lines] == ["model-0", "model-1", "model-2", "model-3", "model-9", "gone"]
    assert lines[-1] == Line("gone", "gone", None, 0, 5)
    assert layers == [Layer(0, 0, 4_000, 1), Layer(0, 1, 3_000, 1), Layer(0, 2, 2_000, 1), Layer(1, 2, 1_001, 2)]


def test_a_month_so_far_is_held_against_as_many_days_of_the_month_before(acme: Organization, alice: User) -> None:
    for day in (1, 5, 6, 31):
        entry(acme, alice, date(2026, 10, day), 10**day if day < 10 else 1)
    with tenancy.tenant(acme.pk):
        scope = Scope(acme, Span.read({}, today=date(2026, 11, 5)), is_play=False, only={})
        ((line,), layers) = usage.compared(scope, "model", days_a_bar=1, most_series=6)
    assert (line.micros, line.micros_before, layers) == (None, 100_010, [])


def test_the_table_behind_the_chart_says_of_each_bar_what_it_draws(
    acme: Organization, alice: User, sign_in: SignIn
) -> None:
    entry(acme, alice, date(2026, 11, 20), 2_000_000)
    entry(acme, alice, date(2026, 11, 21), 1_000_000)
    entry(acme, alice, date(2025, 11, 25), 40_000)
    answer = sign_in(alice).get("/o/acme/usage/?period=own&from=2025-11-22&to=2026-11-21&play=0")
    told = [
        (str(one["bar"].first), str(one["bar"].last), one["micros"], one["images"]) for one in answer.context["bars"]
    ]
    assert told == [("2025-11-22", "2025-11-27", 40_000, 1), ("2026-11-17", "2026-11-21", 3_000_000, 2)]
    assert [bar.total for bar in answer.context["chart"].bars if bar.total] == [40_000, 3_000_000]
    assert len(answer.context["chart"].bars) == 61 <= charts.MOST_BARS
    assert "22 Nov 2025 to 27 Nov 2025" in answer.content.decode()


def test_what_it_is_narrowed_to_is_named_as_it_is_called(
    books: Organization, adam: User, alice: User, bob: User, sign_in: SignIn
) -> None:
    client = sign_in(adam)

    def chip(query: str) -> str:
        page = client.get(f"/o/acme/usage/?{PERIOD}&{query}")
        return " ".join(one["label"] for one in page.context["only"])

    assert chip(f"member={alice.pk}") == "Alice"
    assert chip(f"key={UUID(int=7)}") == "Shop"
    assert chip("key=") == "In the browser"
    assert chip("model=gpt-image-2") == "gpt-image-2"
    assert chip("project=") == "No project"
    own = sign_in(bob).get(f"/o/acme/usage/?{PERIOD}&member={alice.pk}")
    assert [one["label"] for one in own.context["only"]] == [str(alice.pk)]  # no more than was said


def test_adding_up_counts_each_entry_once(books: Organization, alice: User) -> None:
    with tenancy.tenant(books.pk):
        assert (folding.fold(books), folding.fold(books)) == (8, 0)
    entry(books, alice, date(2026, 11, 1), 11)
    assert told(books, "member")["Alice"] == (3_000_011, 3)
    with tenancy.tenant(books.pk):
        assert folding.fold(books) == 1
        newest = Entry.objects.order_by("-pk").values_list("pk", flat=True).first()
        assert UseCursor.objects.get(org=books).last_entry_id == newest
        assert DayUse.objects.filter(day=date(2026, 11, 1)).count() == 1
    assert told(books, "member")["Alice"] == (3_000_011, 3)


def test_the_page_shows_an_admin_everybody_and_a_member_themselves(
    books: Organization, adam: User, bob: User, vera: User, sign_in: SignIn
) -> None:
    page = sign_in(adam).get(f"/o/acme/usage/?{PERIOD}").content.decode()
    assert "Alice" in page
    assert "$3.40" in page
    assert "$50" not in page
    own = sign_in(bob).get(f"/o/acme/usage/?{PERIOD}&by=member").content.decode()
    assert "Alice" not in own
    assert "$0.40" in own
    assert "Nothing was made in this period." in sign_in(vera).get(f"/o/acme/usage/?{PERIOD}").content.decode()


def test_a_member_cannot_ask_for_somebody_else(books: Organization, alice: User, bob: User, sign_in: SignIn) -> None:
    for path in ("usage/", "usage/entries/"):
        page = sign_in(bob).get(f"/o/acme/{path}?{PERIOD}&member={alice.pk}").content.decode()
        assert "$2.00" not in page
        assert "$1.00" not in page


def test_entries_lie_behind_each_figure(books: Organization, adam: User, sign_in: SignIn) -> None:
    page = sign_in(adam).get(f"/o/acme/usage/entries/?{PERIOD}&project=Spring")
    assert [one.micros for one in page.context["page"].items] == [2_000_000]
    run_code = page.context["page"].items[0].run_code
    assert f"/o/acme/runs/{run_code}/" in page.content.decode()
    everything = sign_in(adam).get(f"/o/acme/usage/entries/?{PERIOD}").context["page"].items
    assert [one.micros for one in everything] == [0, -100_000, 500_000, 2_000_000, 1_000_000]


@pytest.mark.parametrize(
    "nonsense",
    [
        "period=soon",
        "period=own&from=yesterday&to=",
        "period=own&from=0001-01-01&to=9999-12-31",
        "period=own&from=0001-01-01&to=0001-01-02",
        "period=own&from=1990-01-01&to=1990-01-01",
        "by=shoe&unit=kilo&play=2",
        "member=x&key=%00y&model=%27;--&connection=1",
        "before=nothing",
    ],
)
def test_nonsense_is_answered_by_a_page(nonsense: str, books: Organization, adam: User, sign_in: SignIn) -> None:
    client: Client = sign_in(adam)
    assert client.get(f"/o/acme/usage/?{nonsense}").status_code == 200
    assert client.get(f"/o/acme/usage/entries/?{nonsense}").status_code == 200


def test_names_cannot_become_markup(acme: Organization, alice: User, sign_in: SignIn) -> None:
    evil = "<script>alert(1)</script>"
    entry(acme, alice, date(2026, 11, 2), 5, project=evil, user_label=evil, key_label=evil)
    for path in (f"usage/?{PERIOD}&by=project", f"usage/?{PERIOD}&by=member", f"usage/entries/?{PERIOD}"):
        assert evil not in sign_in(alice).get(f"/o/acme/{path}").content.decode()


def test_the_number_of_statements_does_not_grow(
    books: Organization, adam: User, sign_in: SignIn, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    client = sign_in(adam)
    for number in range(40):
        entry(books, adam, date(2026, 11, 3), 5, project=f"P{number}")
    with django_assert_max_num_queries(19):  # one of them for the top bar, as nothing was spent in this month yet
        client.get(f"/o/acme/usage/?{PERIOD}&by=project")


def test_periods_are_those_of_the_calendar() -> None:
    today = date(2026, 3, 31)
    month = Span.read({"period": "month"}, today=today)
    assert (month.first, month.last) == (date(2026, 3, 1), today)
    assert (month.before.first, month.before.last) == (date(2026, 2, 1), date(2026, 2, 28))
    last = Span.read({"period": "last-month"}, today=today)
    assert (last.first, last.last) == (date(2026, 2, 1), date(2026, 2, 28))
    assert (last.before.first, last.before.last) == (date(2026, 1, 1), date(2026, 1, 31))
    long = Span.read({"period": "own", "from": "1990-01-01", "to": "2026-03-31"}, today=today)
    assert (long.count_days, long.last) == (1100, today)
    assert Span.read({"period": "own", "from": "0001-01-01", "to": "0001-01-02"}, today=today) == month
    week = Span.read({"period": "7"}, today=today)
    assert (week.first, week.count_days) == (date(2026, 3, 25), 7)
    assert (week.before.first, week.before.last) == (date(2026, 3, 18), date(2026, 3, 24))


@pytest.mark.parametrize(
    ("then", "said"),
    [
        (0, "nothing to compare with"),
        (4_000, "-50 %"),
        (2_000, "± 0 %"),
        (1_000, "+100 %"),
        (200, "+900 %"),
        (100, "over 10 times as much"),
    ],
)
def test_it_is_held_against_the_time_before(
    then: int, said: str, acme: Organization, alice: User, sign_in: SignIn
) -> None:
    entry(acme, alice, date(2026, 11, 3), 2_000)
    if then:
        entry(acme, alice, date(2026, 10, 20), then)
    seen = sign_in(alice).get(f"/o/acme/usage/?{PERIOD}").content.decode()
    (figure,) = re.findall(r'class="usage-figure">(.*?)</p>', seen.replace("\n", " "))[:1]
    assert said in figure
