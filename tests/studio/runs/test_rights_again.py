"""Rights are read again where a run is made: a request may have waited long since it was let in."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import access
from accounts.models import ApiKey, Hold, Membership, Organization, Role, Scope, User
from accounts.people import organizations
from saas.database import tenancy
from studio.catalogue import image_models, specs
from studio.gateway.submission import submit as submit_by_gateway
from studio.models import Input, Run, Slot, Ticket
from studio.runs import plan, retry_slot, submit_run
from tests.conftest import must_be_member
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import slots, submit, up, work
from tests.support.fake_provider import Exchange, Upstream, error, png

pytestmark = pytest.mark.django_db
__all__ = ["up"]

Act = Callable[[Organization, User, User], object]


def _revoked(acme: Organization, alice: User, bob: User) -> None:
    ApiKey.objects.filter(maker=bob).update(revoked_at=timezone.now())


def _expired(acme: Organization, alice: User, bob: User) -> None:
    ApiKey.objects.filter(maker=bob).update(expires_at=timezone.now() - timedelta(seconds=1))


def _narrowed(acme: Organization, alice: User, bob: User) -> None:
    ApiKey.objects.filter(maker=bob).update(scopes=[Scope.READ])


def _removed(acme: Organization, alice: User, bob: User) -> None:
    Membership.objects.filter(user=bob).delete()


def _barred(acme: Organization, alice: User, bob: User) -> None:
    User.objects.filter(pk=bob.pk).update(is_active=False)


def _suspended(acme: Organization, alice: User, bob: User) -> None:
    organizations.suspend(org=acme, by=alice)


def _deleted(acme: Organization, alice: User, bob: User) -> None:
    organizations.delete(org=acme, by=must_be_member(acme, alice))


def _second_factor(acme: Organization, alice: User, bob: User) -> None:
    Organization.objects.filter(pk=acme.pk).update(requires_second_factor=True)


def _only_looks_on(acme: Organization, alice: User, bob: User) -> None:
    Membership.objects.filter(user=bob).update(role=Role.VIEWER)


OF_THE_KEY = [_revoked, _expired, _narrowed]
OF_THE_PERSON = [_removed, _barred, _suspended, _deleted, _second_factor]


def nothing_was_made(acme: Organization) -> bool:
    with tenancy.tenant(acme.pk):
        made = [model.objects.exists() for model in (Run, Slot, Hold, Input)]
    return not any([*made, Ticket.objects.exists()])


@pytest.mark.parametrize("act", [*OF_THE_KEY, *OF_THE_PERSON, _only_looks_on])
def test_a_request_that_fetches_a_picture_makes_nothing_when_its_rights_end_meanwhile(
    act: Act, acme: Organization, alice: User, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = program(acme, bob).token

    def fetch(url: str, **_: Any) -> bytes:
        with tenancy.tenant(acme.pk):
            act(acme, alice, bob)
        return png()

    monkeypatch.setattr("studio.gateway.pictures_in.fetch", fetch)
    body = {"model": "gpt-image-2", "prompt": "a lamp", "images": [{"image_url": "https://example.com/a.png"}]}
    answer = Client().post(
        "/v1/images/edits",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Bearer {key}"},
    )
    said = answer.json()["error"]["code"]
    assert (answer.status_code, said) == ((403, "not_allowed") if act is _only_looks_on else (401, "invalid_api_key"))
    assert nothing_was_made(acme)


@pytest.mark.parametrize("act", OF_THE_PERSON)
def test_no_run_is_made_for_a_member_who_has_lost_the_right(
    act: Act, acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    member = must_be_member(acme, bob)
    with tenancy.tenant(acme.pk):
        act(acme, alice, bob)
        spec = specs.read_spec({"prompt": "a lamp"}, models=image_models.at(timezone.now()))
        with pytest.raises(access.RightsEnded):
            submit_run.submit(by=member, plan=plan.make(org=acme, spec=spec))
    assert nothing_was_made(acme)


def test_an_earlier_answer_is_not_given_to_a_key_that_was_revoked(
    acme: Organization, alice: User, bob: User, up: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = program(acme, bob).token
    body = {"model": "gpt-image-2", "prompt": "a lamp", "images": [{"image_url": "https://example.com/a.png"}]}
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "once"}
    monkeypatch.setattr("studio.gateway.pictures_in.fetch", lambda url, **_: png())
    monkeypatch.setattr("studio.waiting.group_listener.LOOK_SECONDS", 0.01)

    def ask() -> int:
        answer = Client().post("/v1/images/edits", json.dumps(body), content_type="application/json", headers=headers)
        return answer.status_code

    def and_work(*args: Any) -> Run:
        run = submit_by_gateway(*args)
        work()
        return run

    monkeypatch.setattr("studio.gateway.images.submit", and_work)
    assert ask() == 200

    def revoke(url: str, **_: Any) -> bytes:
        with tenancy.tenant(acme.pk):
            _revoked(acme, alice, bob)
        return png()

    monkeypatch.setattr("studio.gateway.pictures_in.fetch", revoke)
    assert ask() == 401
    with tenancy.tenant(acme.pk):
        assert Run.objects.count() == 1


def test_no_picture_is_tried_again_by_a_key_that_was_revoked(
    acme: Organization, alice: User, bob: User, up: Upstream
) -> None:
    def refuse(exchange: Exchange) -> None:
        exchange.whole(400, error("moderation_blocked"))

    up.script = refuse
    run = submit(acme, bob)
    work()
    assert program(acme, bob).token
    with tenancy.tenant(acme.pk):
        found = ApiKey.objects.get(maker=bob)
        slot = Slot.objects.select_related("run__connection").get(run=run)
        _revoked(acme, alice, bob)
        with pytest.raises(access.RightsEnded):
            retry_slot.retry(slot=slot, by=must_be_member(acme, bob), api_key=found)
    assert (slots(run)[0].state, Ticket.objects.count()) == ("refused", 0)
