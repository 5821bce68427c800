"""The operator says how many pictures of one organization are made at once."""

import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command

from accounts.errors import Refused
from accounts.models import Organization, User
from accounts.people import organizations
from saas.database import tenancy
from tests.conftest import actions
from tests.support.snapshot import nothing_changes


def most(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Organization.objects.get(pk=org.pk).most_calls_at_once


def test_it_is_as_usual_until_the_operator_says_otherwise(
    acme: Organization, rival: Organization, alice: User, settings: LazySettings
) -> None:
    settings.ORGANIZATION_CALLS_AT_ONCE = 16
    assert (most(acme), most(rival)) == (16, 16)
    for _ in range(2):
        organizations.limit_calls(org=acme, by=alice, most=3)
    assert (most(acme), most(rival)) == (3, 16)
    for _ in range(2):
        organizations.limit_calls(org=acme, by=alice, most=None)
    assert most(acme) == 16
    assert actions(acme) == ["operator.calls_limited"] * 2
    assert actions(rival) == []


def test_an_organization_that_may_make_nothing_is_suspended_instead(acme: Organization, alice: User) -> None:
    with nothing_changes(), pytest.raises(Refused, match="suspend it"):
        organizations.limit_calls(org=acme, by=alice, most=0)


def test_the_command_sets_it_and_takes_it_back(acme: Organization, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("limit_calls", "acme", "3")
    assert most(acme) == 3
    call_command("limit_calls", "acme", "--usual")
    assert most(acme) == 16
    assert capsys.readouterr().out.splitlines() == ["Acme: 3 at once.", "Acme: 16 at once."]


@pytest.mark.parametrize("words", [["nobody", "3"], ["acme", "0"], ["acme"], ["acme", "3", "--usual"]])
def test_the_command_refuses_what_makes_no_sense(acme: Organization, words: list[str]) -> None:
    with nothing_changes(), pytest.raises(CommandError):
        call_command("limit_calls", *words)
