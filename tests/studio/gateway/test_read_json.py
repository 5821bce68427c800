"""A body is read once, whatever its names are."""

import json
from typing import Any

import pytest
from django.test import Client, RequestFactory

from accounts.models import Organization, User
from saas.database import tenancy
from studio.gateway import bodies
from studio.models import Run, Ticket
from studio.openai_wire.errors import OpenAIError
from tests.studio.api.keys import program


class Name(str):
    """Counts how often it is compared."""

    compared = 0
    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        Name.compared += 1
        return str.__eq__(self, other)

    __hash__ = str.__hash__


def refusal_of(body: str) -> OpenAIError:
    request = RequestFactory().post("/v1/images/generations", body, content_type="application/json")
    with pytest.raises(OpenAIError) as refused:
        bodies.read_json(request)
    return refused.value


def names(count: int) -> list[str]:
    return [f"name{number}" for number in range(count)]


def test_a_name_that_comes_twice_is_found_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was looked for once for each name before, which made a body of a few megabytes cost minutes."""
    monkeypatch.setattr(Name, "compared", 0)
    said: list[tuple[str, Any]] = [(Name(name), 1) for name in [*names(2000), "name1999"]]
    with pytest.raises(OpenAIError) as refused:
        bodies._once(said)
    assert refused.value.error["param"] == "name1999"
    assert Name.compared <= 2000


def test_a_hundred_thousand_names_are_read() -> None:
    every = names(100_000)
    body = json.dumps(dict.fromkeys(every, 1))
    request = RequestFactory().post("/v1/images/generations", body, content_type="application/json")
    assert list(bodies.read_json(request)[0]) == every
    refusal = refusal_of(body[:-1] + ', "name99999": 2}')
    assert (refusal.status, refusal.error["code"], refusal.error["param"]) == (400, "duplicate_parameter", "name99999")


def test_a_long_name_does_not_come_back_whole() -> None:
    name = "n" * 100_000
    refusal = refusal_of(f'{{"{name}": 1, "{name}": 2}}')
    assert refusal.error["param"] == "n" * 80
    assert len(refusal.error["message"]) < 200


def test_also_inside_of_another_object() -> None:
    assert refusal_of('{"metadata": {"a": 1, "a": 2}}').error["param"] == "a"


@pytest.mark.django_db
def test_nothing_is_made_of_it(acme: Organization, bob: User, rival: Organization, charlie: User) -> None:
    for org, by in ((acme, bob), (rival, charlie)):
        headers = {"Authorization": f"Bearer {program(org, by).token}"}
        body = '{"prompt": "A lamp", "prompt": "A boat"}'
        answer = Client().post("/v1/images/generations", body, content_type="application/json", headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "duplicate_parameter")
        with tenancy.tenant(org.pk):
            assert (Run.objects.count(), Ticket.objects.count()) == (0, 0)
