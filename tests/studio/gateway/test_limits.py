"""What a limit refuses, and how the official SDK takes it."""

import openai
import pytest
from django.test import override_settings

from accounts.connections import registry
from accounts.models import Organization, ProviderKind, Subject, User
from saas.database import tenancy
from studio.models import Run
from tests.conftest import must_be_member
from tests.studio.gateway.inside import Inside, sdk
from tests.support.text_holds import allow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _paid(acme: Organization, alice: User) -> None:
    """Pictures cost money; nobody is asked for any."""
    with tenancy.tenant(acme.pk):
        owner = must_be_member(acme, alice)
        added = registry.add(
            org=acme,
            by=owner,
            name="Paid",
            kind=ProviderKind.COMPATIBLE,
            base_url="https://api.example.com/v1",
            key="sk-test",
        )
        registry.make_default(connection=added, by=owner)


def runs(org: Organization) -> int:
    with tenancy.tenant(org.pk):
        return Run.objects.filter(org=org).count()


def refused(acme: Organization, by: User, **asked: object) -> openai.RateLimitError:
    """By an SDK that would try twice more; it was asked once, and nothing was made."""
    inside = Inside()
    with pytest.raises(openai.RateLimitError) as refusal:
        sdk(inside, acme, by, retries=2).images.generate(  # type: ignore[call-overload]  # asked is any
            **{"prompt": "a lamp", "model": "gpt-image-2", "quality": "low", "size": "1024x1024", **asked}
        )
    assert inside.asked == ["/v1/images/generations"]
    assert runs(acme) == 0
    return refusal.value


@pytest.mark.parametrize(
    ("limit", "code", "left"),
    [
        ({"images_day": 1}, "organization_images_day", "1"),
        ({"images_month": 0}, "organization_images_month", "0"),
        ({"money_day": 100}, "organization_money_day", "100"),
        ({"money_month": 0}, "organization_money_month", "0"),
    ],
)
def test_a_limit_refuses_by_its_name_and_the_sdk_gives_up_at_once(
    acme: Organization, alice: User, bob: User, limit: dict[str, int], code: str, left: str
) -> None:
    allow(acme, alice, Subject.ORGANIZATION, **limit)
    refusal = refused(acme, bob, n=2)
    headers = refusal.response.headers
    assert (refusal.status_code, refusal.type, refusal.code, refusal.param) == (429, "insufficient_quota", code, None)
    assert headers["x-should-retry"] == "false"
    assert "retry-after" not in headers
    assert headers["x-darkroom-limit-left"] == left
    assert headers["x-darkroom-limit-resets-at"].startswith("20")
    assert "Acme's" in refusal.message


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ({"highest_quality": "low"}, "member_quality"),
        ({"most_pictures": 1}, "member_pictures"),
        ({"most_pixels": 1024 * 1024}, "member_size"),
        ({"model_names": []}, "member_model"),
    ],
)
def test_a_ceiling_refuses_by_its_name(
    acme: Organization, alice: User, bob: User, limit: dict[str, object], code: str
) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, **limit)
    refusal = refused(acme, bob, n=2, quality="high", size="2048x2048")
    assert (refusal.code, refusal.response.headers["x-should-retry"]) == (code, "false")


@pytest.mark.parametrize(
    ("limit", "code"),
    [("runs_at_once", "member_runs_at_once"), ("runs_per_minute", "member_runs_per_minute")],
)
def test_a_pace_says_how_long_to_wait(acme: Organization, alice: User, bob: User, limit: str, code: str) -> None:
    allow(acme, alice, Subject.MEMBER, user=bob, **{limit: 0})
    inside = Inside()
    with pytest.raises(openai.RateLimitError) as refusal:
        sdk(inside, acme, bob).images.generate(prompt="a lamp", model="gpt-image-2")
    found = refusal.value
    assert (found.type, found.code) == ("requests", code)
    assert 0 < int(found.response.headers["retry-after"]) <= 60
    assert "x-should-retry" not in found.response.headers
    assert runs(acme) == 0


@override_settings(API_CALLS_A_MINUTE=2)
def test_who_asks_too_often_is_told_how_long_to_wait(acme: Organization, bob: User) -> None:
    client = sdk(Inside(), acme, bob)
    assert client.models.with_raw_response.list().headers["x-ratelimit-remaining-requests"] == "1"
    client.models.list()
    with pytest.raises(openai.RateLimitError) as refusal:
        client.images.generate(prompt="a lamp", model="gpt-image-2")
    found = refusal.value
    assert (found.type, found.code) == ("requests", "rate_limit_exceeded")
    assert 0 < int(found.response.headers["retry-after"]) <= 120
    assert found.response.headers["x-ratelimit-remaining-requests"] == "0"
    assert "x-should-retry" not in found.response.headers
    assert runs(acme) == 0
