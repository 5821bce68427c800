"""What an organization may spend with the key that the operator lends: one more limit, and no admin's to change."""

from typing import Any

import pytest
from django.test import Client

from accounts.errors import NotAllowed, Refused
from accounts.limits import operator_key, remaining, requests, rules, spreadsheet
from accounts.limits.refusals import LimitReached
from accounts.models import Counter, Hold, Organization, Period, Quota, Subject, User
from saas.database import tenancy
from saas.text.money import DOLLAR
from tests.conftest import SignIn, actions, make_person, must_be_member
from tests.support.text_holds import allow, counter, hold, release, settle, standing

pytestmark = pytest.mark.django_db
ORGANIZATIONS = "/-/operator/accounts/organization/"


@pytest.fixture
def olga(db: None) -> User:
    return make_person("Olga", is_staff=True, is_superuser=True)


@pytest.fixture(autouse=True)
def lent(settings: Any) -> None:
    settings.LENT_MICROS_A_MONTH, settings.LENT_MICROS_A_DAY = 10 * DOLLAR, None


def of_loan(org: Organization, period: Period = Period.MONTH) -> tuple[int, ...]:
    return standing(org, Subject.LOAN, org.pk, period)


def test_without_a_word_of_the_operator_the_setting_holds_for_each_organization(
    acme: Organization, rival: Organization, bob: User, charlie: User
) -> None:
    hold(acme, bob, 10 * DOLLAR, is_lent=True)
    with pytest.raises(LimitReached) as refusal:
        hold(acme, bob, 1, is_lent=True)
    assert refusal.value.code == "loan_money_month"
    assert refusal.value.sentence.startswith("The lent key's monthly limit has $0.00 left, and this needs up to")
    assert "The operator of this Darkroom sets it" in refusal.value.sentence
    assert "Alice" not in refusal.value.sentence
    with tenancy.tenant(acme.pk):
        assert Hold.objects.count() == 1
    hold(rival, charlie, 10 * DOLLAR, is_lent=True)
    assert of_loan(acme) == of_loan(rival) == (0, 10 * DOLLAR, 0, 1)


def test_a_key_of_their_own_spends_nothing_of_it(acme: Organization, bob: User) -> None:
    hold(acme, bob, 50 * DOLLAR)
    with tenancy.tenant(acme.pk):
        assert not Counter.objects.filter(subject=Subject.LOAN).exists()
    hold(acme, bob, 10 * DOLLAR, is_lent=True)


def test_it_is_settled_and_given_back_with_the_others(acme: Organization, bob: User) -> None:
    first, second = hold(acme, bob, 3 * DOLLAR, pictures=2, is_lent=True)
    settle(first, 2 * DOLLAR)
    assert of_loan(acme) == (2 * DOLLAR, 3 * DOLLAR, 1, 1)
    release(second)
    assert of_loan(acme) == of_loan(acme, Period.DAY) == (2 * DOLLAR, 0, 1, 0)


def test_the_organizations_own_limits_count_beside_it(acme: Organization, alice: User, bob: User) -> None:
    allow(acme, alice, Subject.ORGANIZATION, images_day=1)
    hold(acme, bob, 1, is_lent=True)
    with pytest.raises(LimitReached) as refusal:
        hold(acme, bob, 1, is_lent=True)
    assert refusal.value.code == "organization_images_day"


def test_the_operator_sets_it_for_one_organization_and_it_counts_at_once(
    acme: Organization, rival: Organization, bob: User, charlie: User, olga: User
) -> None:
    hold(acme, bob, 10 * DOLLAR, is_lent=True)
    operator_key.change(org=acme, by=olga, money_month=12 * DOLLAR, money_day=11 * DOLLAR)
    hold(acme, bob, DOLLAR, is_lent=True)
    with pytest.raises(LimitReached) as refusal:
        hold(acme, bob, DOLLAR, is_lent=True)
    assert refusal.value.code == "loan_money_day"
    assert actions(acme) == ["operator.loan_set"]
    with pytest.raises(LimitReached):
        hold(rival, charlie, 11 * DOLLAR, is_lent=True)
    operator_key.change(org=acme, by=olga, money_month=None, money_day=None)
    hold(acme, bob, 500 * DOLLAR, is_lent=True)
    operator_key.as_usual(org=acme, by=olga)
    with pytest.raises(LimitReached):
        hold(acme, bob, 1, is_lent=True)
    operator_key.as_usual(org=acme, by=olga)
    assert actions(acme) == ["operator.loan_set"] * 3


def test_another_setting_counts_for_the_month_that_has_begun(acme: Organization, bob: User, settings: Any) -> None:
    hold(acme, bob, 10 * DOLLAR, is_lent=True)
    settings.LENT_MICROS_A_MONTH = 11 * DOLLAR
    hold(acme, bob, DOLLAR, is_lent=True)
    settings.LENT_MICROS_A_MONTH = 5 * DOLLAR
    with pytest.raises(LimitReached):
        hold(acme, bob, 1, is_lent=True)
    settings.LENT_MICROS_A_MONTH = None
    hold(acme, bob, 100 * DOLLAR, is_lent=True)
    assert counter(acme, Subject.LOAN, acme.pk, Period.MONTH).allowed_micros is None


def test_no_admin_changes_it_by_whatever_way(
    acme: Organization, alice: User, bob: User, olga: User, sign_in: SignIn
) -> None:
    operator_key.change(org=acme, by=olga, money_month=DOLLAR, money_day=None)
    with tenancy.tenant(acme.pk):
        owner = must_be_member(acme, alice)
        lent = Quota.objects.get(subject=Subject.LOAN)
        with pytest.raises(NotAllowed):
            rules.change(org=acme, by=owner, quota=lent, values={"money_month": None})
        with pytest.raises(NotAllowed):
            rules.remove(org=acme, by=owner, quota=lent)
        assert "loan" not in spreadsheet.export(acme)
        sheet = "subject,name,money_day,money_month,images_day,images_month\nloan,,,,,\n"
        with pytest.raises(Refused, match="There is no loan"):
            spreadsheet.take(org=acme, by=owner, data=sheet.encode())
    client = sign_in(alice)
    for act in ("", "remove/"):
        assert client.post(f"/o/acme/limits/of/loan/all/{act}", {"money_month": "900"}).status_code == 404
    with pytest.raises(LimitReached) as refusal:
        hold(acme, bob, 2 * DOLLAR, is_lent=True)
    with tenancy.tenant(acme.pk), pytest.raises(Refused, match="Only the operator"):
        requests.ask(org=acme, by=must_be_member(acme, bob), refusal=refusal.value, reason="please", wish={})
    with tenancy.tenant(acme.pk):
        assert Quota.objects.get().money_month == DOLLAR


def test_the_operator_sets_it_in_their_corner(
    acme: Organization, rival: Organization, olga: User, sign_in: SignIn
) -> None:
    client = sign_in(olga)

    def act(action: str, **amounts: str) -> str:
        data = {"action": action, "_selected_action": [str(acme.pk)], **amounts}
        return client.post(ORGANIZATIONS, data, follow=True).content.decode()

    assert "Enter a monthly amount" in act("set_loan", month="")
    assert "No action selected" in act("set_loan", month="-5")
    assert actions(acme) == []
    act("set_loan", month="250", day="")
    page = client.get(f"{ORGANIZATIONS}{acme.pk}/change/").content.decode()
    assert "$250.00 a month, unlimited a day (set for it)" in page
    assert "$10.00 a month" in client.get(f"{ORGANIZATIONS}{rival.pk}/change/").content.decode()
    act("lend_as_usual")
    assert "(as for all)" in client.get(f"{ORGANIZATIONS}{acme.pk}/change/").content.decode()
    assert actions(acme).count("operator.loan_set") == 2


def test_who_is_no_operator_sets_nothing(acme: Organization, alice: User, sign_in: SignIn) -> None:
    data = {"action": "set_loan", "_selected_action": [str(acme.pk)], "month": "900"}
    assert sign_in(alice).post(ORGANIZATIONS, data).status_code == 404
    with tenancy.tenant(acme.pk):
        assert not Quota.objects.exists()


def use_the_lent_key(client: Client) -> None:
    client.post("/o/acme/connections/new/", {"kind": "operator", "name": "Lent", "can_stream": "on"})


def test_admins_see_what_is_left_and_whose_word_it_is(
    acme: Organization, alice: User, sign_in: SignIn, settings: Any
) -> None:
    settings.OPENAI_API_KEY = "sk-lent-by-the-operator-0123456789"
    client = sign_in(alice)
    assert "set by the operator" not in client.get("/o/acme/limits/").content.decode()
    use_the_lent_key(client)
    (held,) = hold(acme, alice, 4 * DOLLAR, is_lent=True)
    settle(held, 3 * DOLLAR)
    page = client.get("/o/acme/limits/").content.decode()
    assert "set by the operator" in page
    assert "$7.00" in page.split('id="loan"')[1]


def test_what_the_button_says_is_left_counts_it(acme: Organization, bob: User) -> None:
    with tenancy.tenant(acme.pk):
        member = must_be_member(acme, bob)
        assert remaining.read(member).tightest(is_play=False) is None
        found = remaining.read(member).tightest(is_play=False, is_lent=True)
    assert found is not None
    assert (found.name, found.allowed, found.left) == ("The lent key's month", 10 * DOLLAR, 10 * DOLLAR)
