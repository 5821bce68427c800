"""Pictures by what they cost: from and to, in dollars, as the ledger has it."""

from typing import Any

import pytest
from django.test import Client

from accounts.limits import holds
from accounts.models import Hold, Organization, User
from billing import charging
from saas.database import tenancy
from studio.engine import nightly
from studio.models import Output, Slot
from studio.money import run_holds
from tests.conftest import SignIn
from tests.studio.api.keys import program
from tests.support.gallery_pictures import made, shown
from tests.support.ledger_entries import entry

pytestmark = pytest.mark.django_db
TOKENS = 1_000_000  # of output come to 30 dollars
CENT = 10_000


def paid(org: Organization, by: User, cents: int) -> Output:
    """A picture whose provider told a usage that comes to so many cents."""
    (output,) = made(org, by)
    tokens = cents * CENT // 30
    usage = {
        "input_tokens": 0,
        "input_tokens_details": {"text_tokens": 0, "image_tokens": 0},
        "output_tokens": tokens,
        "total_tokens": tokens,
    }
    with tenancy.tenant(org.pk):
        run_holds.charge(output.slot.code, tried=1, usage=usage, used={}, request_id="")
        output.refresh_from_db()
    assert output.cost_micros == tokens * 30
    return output


def wall(client: Client, query: str) -> list[str]:
    return shown(client.get(f"/o/acme/gallery/?{query}").content.decode())


@pytest.fixture
def priced(acme: Organization, rival: Organization, bob: User, charlie: User) -> dict[str, Output]:
    paid(rival, charlie, 9)
    return {"3": paid(acme, bob, 3), "9": paid(acme, bob, 9), "30": paid(acme, bob, 30)}


def test_the_wall_shows_what_cost_so_much(priced: dict[str, Output], bob: User, sign_in: SignIn) -> None:
    names, client = {str(output.code): name for name, output in priced.items()}, sign_in(bob)
    for query, expected in {
        "cost_from=0.09": ["9", "30"],
        "cost_from=0.090001": ["30"],
        "cost_to=0.09": ["3", "9"],
        "cost_from=$0.04&cost_to=0.2": ["9"],
        "cost_from=0.2&cost_to=0.04": [],
        "cost_from=0": ["3", "9", "30"],
        "cost_from=0.04&by=me&q=lamp": ["9", "30"],
        "cost_from=0.04&kind=edit": [],
        "cost_to=0.09%00": ["3", "9"],
    }.items():
        assert [names[code] for code in wall(client, query)] == expected[::-1], query


def test_what_is_no_amount_finds_nothing(priced: dict[str, Output], bob: User, sign_in: SignIn) -> None:
    client = sign_in(bob)
    for words in ("-1", ".2", "1e9", "0.0900001", "%D9%A3", "99999999999999999999", "<script>", "much"):
        assert wall(client, f"cost_from={words}") == wall(client, f"cost_to={words}") == [], words


def test_a_chip_says_the_amount_and_takes_the_filter_away(
    priced: dict[str, Output], bob: User, sign_in: SignIn
) -> None:
    page = sign_in(bob).get("/o/acme/gallery/?cost_from=0.2&kind=generate").content.decode()
    assert 'href="/o/acme/gallery/?kind=generate" aria-label="Remove the filter Costs at least: $0.20"' in page
    assert 'name="cost_from" value="0.2"' in page
    alone = sign_in(bob).get(f"/o/acme/gallery/{priced['30'].code}/?cost_from=0.2&kind=generate").content.decode()
    assert "?kind=generate&amp;cost_from=0.2" in alone  # the way back keeps it
    assert '<span class="money">$0.30</span>' in alone


def test_programs_ask_the_same(priced: dict[str, Output], acme: Organization, bob: User) -> None:
    found = program(acme, bob).get("images?cost_from=0.04&cost_to=0.2").json()["data"]
    assert [(one["id"], one["cost"]) for one in found] == [(str(priced["9"].code), "0.09")]
    assert program(acme, bob).get("images?cost_from=much").json()["data"] == []


def test_what_billing_decides_later_is_noted_by_night(priced: dict[str, Output], acme: Organization) -> None:
    with tenancy.tenant(acme.pk):
        held = Hold.objects.get(slot_code=priced["9"].slot.code)
        charging.correct(held, by=None, micros=-2 * CENT, note="Half of it came back.")
    nightly.one(acme.pk)
    with tenancy.tenant(acme.pk):
        found = dict(Output.objects.filter(org=acme).values_list("code", "cost_micros"))
    assert found == {priced["3"].code: 3 * CENT, priced["9"].code: 7 * CENT, priced["30"].code: 30 * CENT}


def test_an_earlier_try_that_was_charged_belongs_to_the_picture(acme: Organization, bob: User) -> None:
    (output,) = made(acme, bob)
    with tenancy.tenant(acme.pk):
        code = output.slot.code
        held = holds.newest(code)
    assert held is not None
    entry(acme, bob, held.day, 5 * CENT, run_code=held.run_code, slot_code=code, attempt=7)
    with tenancy.tenant(acme.pk):
        run_holds.charge(code, tried=1, usage=None, used={}, request_id="")
        output.refresh_from_db()
        assert output.cost_micros == 5 * CENT + held.micros


def test_what_failed_is_found_by_what_it_cost_all_the_same(
    priced: dict[str, Output], acme: Organization, bob: User, sign_in: SignIn
) -> None:
    free, dear = made(acme, bob, count=2)
    with tenancy.tenant(acme.pk):
        codes: dict[Any, str] = {}
        for output in (free, dear):
            Slot.objects.filter(pk=output.slot_id).update(state="failed", error_sentence=f"Slot {output.slot_id}.")
            codes[output.pk] = f"Slot {output.slot_id}."
        held = holds.newest(dear.slot.code)
    assert held is not None
    entry(acme, bob, held.day, 40 * CENT, run_code=held.run_code, slot_code=dear.slot.code)
    for query, expected in {
        "cost_from=0.4": [dear],
        "cost_to=0.1": [free],
        "cost_to=1": [free, dear],
        "cost_to=x": [],
    }.items():
        page = sign_in(bob).get(f"/o/acme/gallery/?state=failed&{query}").content.decode()
        assert {pk for pk, words in codes.items() if words in page} == {output.pk for output in expected}, query
