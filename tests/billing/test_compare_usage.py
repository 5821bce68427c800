"""The provider's own usage beside the ledger: read leniently, counted strictly, explained, and nothing changed."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import Organization, ProviderConnection, User
from billing import provider_usage
from billing.models import Entry, Price
from saas.database import tenancy
from tests.conftest import SignIn, actions
from tests.support.ledger_entries import entry

pytestmark = pytest.mark.django_db
URL = "/o/acme/usage/compare/"
COSTS = (
    "start_time,end_time,start_time_iso,end_time_iso,amount_value,amount_currency,line_item,project_id,organization_id\n"
    "1793491200,1793577600,2026-11-01T00:00:00+00:00,2026-11-02T00:00:00+00:00,{amount},usd,,,{account}\n"
    "1793577600,1793664000,2026-11-02T00:00:00+00:00,2026-11-03T00:00:00+00:00,,,,,\n"
)
USAGE = (
    "start_time,end_time,num_model_requests,model,input_tokens,output_tokens,input_text_tokens,input_image_tokens,"
    "output_image_tokens,some_new_column\n"
    "1793491200,1793577600,2,gpt-image-2-2026-04-21,40,14248,40,0,{out},x\n"
)


@pytest.fixture
def openai(acme: Organization) -> ProviderConnection:
    with tenancy.tenant(acme.pk):
        return ProviderConnection.objects.create(
            org=acme, kind="openai", name="OpenAI", base_url="https://api.openai.com/v1", openai_organization="org-acme"
        )


@pytest.fixture
def books(
    acme: Organization, rival: Organization, openai: ProviderConnection, bob: User, charlie: User
) -> Organization:
    with tenancy.tenant(acme.pk):
        price = Price.objects.get(model="gpt-image-2", is_batch=False)
    ours: dict[str, Any] = {
        "connection_code": openai.code,
        "at": datetime(2026, 11, 1, 12, tzinfo=UTC),
        "tariff": {"price_id": price.pk},
        "text_in": 20,
        "image_out": 7024,
    }
    entry(acme, bob, date(2026, 11, 1), 210_820, **ours)
    entry(acme, bob, date(2026, 11, 1), 210_820, **ours)
    entry(acme, bob, date(2026, 11, 1), 99, **{**ours, "connection_code": UUID(int=9)})
    entry(acme, bob, date(2026, 11, 3), 99, **{**ours, "at": datetime(2026, 11, 3, 1, tzinfo=UTC)})
    entry(rival, charlie, date(2026, 11, 1), 5_000_000, **ours)
    return acme


def bring(client: Client, openai: ProviderConnection, data: str | bytes) -> tuple[int, str]:
    file = SimpleUploadedFile("usage.csv", data.encode() if isinstance(data, str) else data)
    answer = client.post(URL, {"connection": str(openai.code), "file": file})
    return answer.status_code, answer.content.decode()


def test_costs_that_are_the_same_are_the_same(
    books: Organization, openai: ProviderConnection, adam: User, sign_in: SignIn
) -> None:
    status, seen = bring(sign_in(adam), openai, COSTS.format(amount="0.4216400000000000", account="org-acme"))
    assert status == 200
    assert "Both say the same" in seen
    assert "1 Nov 2026 to 1 Nov 2026" in seen
    with tenancy.tenant(books.pk):
        assert Entry.objects.count() == 4
    assert actions(books) == []


def test_a_difference_is_explained_by_kind(
    books: Organization, openai: ProviderConnection, adam: User, sign_in: SignIn
) -> None:
    """A thousand tokens of picture more, at thirty dollars for a million, are three cents."""
    status, seen = bring(sign_in(adam), openai, USAGE.format(out=15048))
    assert status == 200
    assert "Pictures out: the provider counted 1,000 tokens more." in seen
    assert "$0.030" in seen
    assert "The file contains no amounts" in seen


def test_what_else_the_account_does_is_left_out(
    books: Organization, openai: ProviderConnection, adam: User, sign_in: SignIn
) -> None:
    rows = USAGE.format(out=14048) + "1793491200,1793577600,9,gpt-5,9000,9000,9000,0,9000,x\n"
    status, seen = bring(sign_in(adam), openai, rows)
    assert status == 200
    assert "No one used gpt-5 here, so its tokens are left out." in seen
    assert "18,000" not in seen


def test_costs_and_counts_together_leave_a_rest(
    books: Organization, openai: ProviderConnection, adam: User, sign_in: SignIn
) -> None:
    page = {
        "object": "page",
        "data": [
            {
                "object": "bucket",
                "start_time": 1793491200,
                "end_time": 1793577600,
                "results": [
                    {
                        "amount": {"value": 0.5, "currency": "usd"},
                        "output_image_tokens": 15048,
                        "model": "gpt-image-2",
                        "organization_id": "org-acme",
                    }
                ],
            }
        ],
        "has_more": False,
    }
    status, seen = bring(sign_in(adam), openai, json.dumps(page))
    assert status == 200
    assert '+<span class="money">$0.078</span>' in seen
    assert "The rest: rounding" in seen
    assert "$0.048" in seen


def test_guesses_and_doubts_are_named(
    books: Organization, openai: ProviderConnection, bob: User, adam: User, sign_in: SignIn
) -> None:
    then = {"connection_code": openai.code, "at": datetime(2026, 11, 1, 13, tzinfo=UTC)}
    entry(books, bob, date(2026, 11, 1), 300_000, is_estimated=True, **then)
    entry(books, bob, date(2026, 11, 1), 0, kind="uncertain", images=0, open_micros=90_000, **then)
    _, seen = bring(sign_in(adam), openai, COSTS.format(amount="0.5", account="org-acme"))
    assert "1 of our entries are estimates" in seen
    assert "1 may have been charged and are not counted by us yet." in seen


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            COSTS.format(amount="1", account="org-rival"),
            "belongs to the organization org-rival, but OpenAI belongs",
        ),
        (COSTS.format(amount="1,5", account="org-acme"), "has 10 cells and the first line has 9"),
        (COSTS.format(amount="1.5.2", account="org-acme"), "is not an amount"),
        (COSTS.format(amount="=1+1", account="org-acme"), "is not an amount"),
        (COSTS.format(amount="NaN", account="org-acme"), "is not an amount"),
        (COSTS.format(amount="99999999999", account="org-acme"), "above a billion"),
        (COSTS.format(amount="1", account="org-acme").replace("usd", "eur"), "Only dollars can be compared"),
        (COSTS.format(amount="1", account="org-acme").replace("2026-11", "2021-11"), "has no entries for OpenAI"),
        (COSTS.format(amount="1", account="org-acme").replace("2026-11", "1999-11"), "which is impossible"),
        (COSTS.format(amount="1", account="org-acme").replace("2026-11-01T", "2026-41-01T"), "does not say when"),
        (USAGE.format(out=-3), "is not a count"),
        (USAGE.format(out="1.5"), "is not a count"),
        (USAGE.format(out="1e9"), "is not a count"),
        (USAGE.format(out=1).replace("gpt-image-2-2026-04-21", "gpt-5"), "None of the models in this file"),
        ("entry,written_at,day,kind,amount_usd\n1,2,3,4,5\n", "exported by Darkroom"),
        ("name,colour\nlamp,red\n", "has to name the columns"),
        ("start_time,model\n1793491200,x\n", "is a number of tokens, pictures or dollars"),
        ("start_time,start_time\n1,2\n", "appears twice"),
        ('{"data": 5}', "is not a page of the provider"),
        ('{"data": [{"start_time": 1793491200, "results": 7}]}', "has no list of results"),
        ('{"data": [', "begins like JSON but is not valid JSON"),
        ('[{"start_time": 1793491200, "amount": NaN}]', "begins like JSON but is not valid JSON"),
        ("[" * 100_000, "begins like JSON but is not valid JSON"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither CSV nor JSON"),
        (b"start_time,cost\n\xff\xfe", "neither CSV nor JSON"),
        ("a\0b", "neither CSV nor JSON"),
        ("   \n", "empty"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    data: str | bytes, said: str, books: Organization, openai: ProviderConnection, adam: User, sign_in: SignIn
) -> None:
    status, seen = bring(sign_in(adam), openai, data)
    assert status == 422
    assert said in seen
    assert 'id="compared"' not in seen
    with tenancy.tenant(books.pk):
        assert Entry.objects.count() == 4


def test_a_file_that_is_too_large_is_refused(
    books: Organization, openai: ProviderConnection, adam: User, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider_usage, "MOST_BYTES", 50)
    status, seen = bring(sign_in(adam), openai, USAGE.format(out=1))
    assert (status, "is larger than" in seen) == (422, True)
    monkeypatch.setattr(provider_usage, "MOST_BYTES", 10_000_000)
    monkeypatch.setattr(provider_usage, "MOST_ROWS", 1)
    status, seen = bring(sign_in(adam), openai, USAGE.format(out=1) + USAGE.format(out=1).split("\n")[1])
    assert (status, "more than 1 rows" in seen) == (422, True)


def test_a_rivals_connection_cannot_be_chosen(
    books: Organization, rival: Organization, openai: ProviderConnection, charlie: User, sign_in: SignIn
) -> None:
    client = sign_in(charlie)
    file = SimpleUploadedFile("usage.csv", COSTS.format(amount="1", account="org-acme").encode())
    assert client.post(URL, {"connection": str(openai.code), "file": file}).status_code == 404
    file.seek(0)
    answer = client.post("/o/rival/usage/compare/", {"connection": str(openai.code), "file": file})
    assert answer.status_code == 422
    assert 'id="compared"' not in answer.content.decode()


def test_with_the_sandbox_alone_the_page_teaches(acme: Organization, alice: User, sign_in: SignIn) -> None:
    assert "There is nothing to compare with" in sign_in(alice).get(URL).content.decode()
