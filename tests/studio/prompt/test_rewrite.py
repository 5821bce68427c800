"""Prompts that a text model improves: held, asked once by a worker, judged, paid; and only suggested."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from accounts.connections import registry
from accounts.errors import NotAllowed, Refused
from accounts.limits import rules
from accounts.limits.refusals import LimitReached
from accounts.models import (
    Counter,
    Hold,
    HoldState,
    Organization,
    ProviderConnection,
    ProviderKind,
    Quota,
    Subject,
    User,
)
from billing import reconciling
from billing.models import Entry, EntryKind, Price
from billing.prices import Unpriced
from saas.database import tenancy
from saas.queue.thread_shares import NOBODY
from studio import tasks
from studio.engine import nightly as books
from studio.models import Rewrite, RewriteState, RewriteTicket
from studio.prompt import rewrite, rewrite_worker
from studio.providers import requests
from studio.providers.adapter import Endpoint
from studio.providers.outcomes import ProviderError
from studio.runs.submit_run import KeyReused
from tests.conftest import actions, must_be_member
from tests.support.fake_provider import Exchange, Upstream, upstream

pytestmark = pytest.mark.django_db(transaction=True)
USAGE = {
    "input_tokens": 120,
    "input_tokens_details": {"cached_tokens": 20},
    "output_tokens": 40,
    "output_tokens_details": {"reasoning_tokens": 10},
    "total_tokens": 160,
}


def said(text: str, **more: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text}]
    message = {"type": "message", "role": "assistant", "content": content}
    return {"status": "completed", "output": [{"type": "reasoning"}, message], "usage": USAGE, **more}


@pytest.fixture(autouse=True)
def _nobody_else_works(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.rewrite, "send", lambda: None)


@pytest.fixture
def answer() -> list[Callable[[Exchange], None]]:
    """How the text model answers, the last one counts."""
    return [lambda exchange: exchange.whole(200, said("A lamp in the rain, at dusk."))]


@pytest.fixture
def model(answer: list[Callable[[Exchange], None]]) -> Iterator[Upstream]:
    def speak(exchange: Exchange) -> None:
        answer[-1](exchange)

    with upstream(speak) as found, override_settings(PROVIDER_ALLOWED_HOSTS=[found.host]):
        yield found


@pytest.fixture
def connection(acme: Organization, alice: User, model: Upstream) -> ProviderConnection:
    member = must_be_member(acme, alice)
    with tenancy.tenant(acme.pk):
        made = registry.add(
            org=acme, by=member, kind=ProviderKind.COMPATIBLE, name="Text", base_url=model.url, key="sk-x"
        )
        rewrite.decide(by=member, is_on=True, connection=made, model="gpt-5")
    return made


def ask(org: Organization, user: User, prompt: str = "a lamp", **more: Any) -> Rewrite:
    with tenancy.tenant(org.pk):
        return rewrite.ask(by=must_be_member(org, user), prompt=prompt, **more)


def again(asked: Rewrite) -> Rewrite:
    with tenancy.tenant(asked.org_id):
        return Rewrite.objects.get(pk=asked.pk)


def hold_of(asked: Rewrite) -> Hold:
    with tenancy.tenant(asked.org_id):
        return Hold.objects.get(slot_code=asked.code)


def entries(org: Organization) -> list[Entry]:
    with tenancy.tenant(org.pk):
        return list(Entry.objects.filter(org=org).order_by("pk"))


def books_agree(org: Organization) -> bool:
    with tenancy.tenant(org.pk):
        return reconciling.reconcile(org) == []


def test_a_suggestion_comes_and_its_tokens_are_paid(
    acme: Organization, bob: User, connection: ProviderConnection, model: Upstream
) -> None:
    asked = ask(acme, bob)
    held = hold_of(asked)
    assert (held.state, held.images, held.micros > 0) == (HoldState.OPEN, 0, True)
    assert rewrite_worker.make_next() is True
    assert rewrite_worker.make_next() is False
    (heard,) = model.seen
    assert (heard.path, heard.json["model"], heard.json["input"], heard.json["store"]) == (
        "/v1/responses",
        "gpt-5",
        "a lamp",
        False,
    )
    assert heard.json["instructions"] == rewrite.INSTRUCTIONS
    ready = again(asked)
    assert (ready.state, ready.suggestion) == (RewriteState.READY, "A lamp in the rain, at dusk.")
    (entry,) = entries(acme)
    price = 100 * 1_250_000 + 20 * 125_000 + 40 * 10_000_000
    assert (entry.kind, entry.images, entry.micros) == (EntryKind.CHARGE, 0, round(price / 1_000_000))
    assert (entry.text_in, entry.cached_text, entry.text_out, entry.run_kind) == (120, 20, 40, "rewrite")
    assert hold_of(asked).state == HoldState.SETTLED
    with tenancy.tenant(acme.pk):
        assert set(Counter.objects.values_list("spent_images", "held_images", "held_micros")) == {(0, 0, 0)}
    assert books_agree(acme)
    assert not RewriteTicket.objects.exists()


HOSTILE: dict[str, tuple[Callable[[Exchange], None], str, EntryKind | None]] = {
    "nothing": (lambda x: x.whole(200, said("")), "no_text", EntryKind.CHARGE),
    "spaces": (lambda x: x.whole(200, said(" \n\x00\u200b\u202e")), "no_text", EntryKind.CHARGE),
    "no message": (lambda x: x.whole(200, {**said(""), "output": []}), "no_text", EntryKind.CHARGE),
    "enormous": (lambda x: x.whole(200, said("x" * 33_000)), "too_long_text", EntryKind.CHARGE),
    "endless": (lambda x: x.whole(200, said("x" * 5_000_000)), "too_large", EntryKind.UNCERTAIN),
    "cut": (lambda x: x.whole(200, said("A la", status="incomplete")), "cut_short", EntryKind.CHARGE),
    "no json": (lambda x: x.whole(200, "<html>hello</html>", "text/html"), "strange_answer", EntryKind.UNCERTAIN),
    "a list": (lambda x: x.whole(200, [1, 2]), "strange_answer", EntryKind.UNCERTAIN),
    "odd parts": (
        lambda x: x.whole(200, {"output": [1, {"type": "message", "content": 7}]}),
        "no_text",
        EntryKind.CHARGE,
    ),
    "refusal": (
        lambda x: x.whole(200, {"output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No"}]}]}),
        "declined",
        EntryKind.CHARGE,
    ),
    "moderated": (lambda x: x.whole(400, {"error": {"code": "moderation_blocked"}}), "moderated", None),
    "key": (lambda x: x.whole(401, {"error": {"code": "invalid_api_key"}}), "invalid_key", None),
    "model": (lambda x: x.whole(404, {"error": {"code": "model_not_found"}}), "no_such_model", None),
    "fast": (lambda x: x.whole(429, {"error": {"code": "rate_limit_exceeded"}}), "rate_limited", None),
    "down": (lambda x: x.whole(500, {"error": {"message": "sorry"}}), "outage", None),
    "proxy": (lambda x: x.whole(502, "<html>", "text/html"), "gateway_timeout", EntryKind.UNCERTAIN),
    "dropped": (lambda x: x.drop(), "no_answer", EntryKind.UNCERTAIN),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_what_is_no_suggestion_has_a_name_a_sentence_and_its_money(
    case: str,
    answer: list[Callable[[Exchange], None]],
    acme: Organization,
    bob: User,
    connection: ProviderConnection,
) -> None:
    how, code, kind = HOSTILE[case]
    answer.append(how)
    asked = ask(acme, bob)
    rewrite_worker.make_next()
    ended = again(asked)
    assert (ended.state, ended.error_code, ended.suggestion) == (RewriteState.FAILED, code, "")
    assert ended.error_sentence.endswith(".")
    assert "picture" not in ended.error_sentence
    assert [entry.kind for entry in entries(acme)] == ([kind] if kind else [])
    states = {None: HoldState.RELEASED, EntryKind.CHARGE: HoldState.SETTLED, EntryKind.UNCERTAIN: HoldState.UNCERTAIN}
    assert hold_of(asked).state == states[kind]
    assert books_agree(acme)


def test_markup_stays_text_and_invisible_characters_go(
    answer: list[Callable[[Exchange], None]], acme: Organization, bob: User, connection: ProviderConnection
) -> None:
    answer.append(lambda x: x.whole(200, said("  <script>alert(1)</script>\u202e\n**bold**\x07 ")))
    asked = ask(acme, bob)
    rewrite_worker.make_next()
    assert again(asked).suggestion == "<script>alert(1)</script>\n**bold**"


def test_a_model_without_a_price_is_refused(
    acme: Organization, alice: User, bob: User, connection: ProviderConnection, model: Upstream
) -> None:
    with tenancy.tenant(acme.pk):
        rewrite.decide(by=must_be_member(acme, alice), is_on=True, connection=connection, model="unheard-of")
    with pytest.raises(Unpriced):
        ask(acme, bob)
    with tenancy.tenant(acme.pk):
        assert (Rewrite.objects.count(), Hold.objects.count()) == (0, 0)
    assert (RewriteTicket.objects.count(), model.seen) == (0, [])
    assert Price.objects.filter(model="gpt-5").exists()


def test_a_limit_refuses_it_before_anything_is_sent(
    acme: Organization, alice: User, bob: User, connection: ProviderConnection
) -> None:
    with tenancy.tenant(acme.pk):
        quota = Quota(org=acme, subject=Subject.ORGANIZATION)
        rules.change(org=acme, by=must_be_member(acme, alice), quota=quota, values={"money_day": 1})
    with pytest.raises(LimitReached):
        ask(acme, bob)
    with tenancy.tenant(acme.pk):
        assert (Rewrite.objects.count(), Hold.objects.count(), RewriteTicket.objects.count()) == (0, 0, 0)


def test_a_worker_that_died_after_sending_leaves_a_doubt_and_nobody_asks_again(
    acme: Organization, bob: User, connection: ProviderConnection, model: Upstream
) -> None:
    asked = ask(acme, bob)
    with tenancy.tenant(acme.pk):
        assert asked.begin()
    rewrite_worker.make_next()
    ended = again(asked)
    assert (ended.state, ended.error_code, model.seen) == (RewriteState.FAILED, "worker_lost", [])
    assert hold_of(asked).state == HoldState.UNCERTAIN


@pytest.mark.parametrize("error", [ProviderError("no_key"), RuntimeError("broken")])
def test_a_claim_that_was_lost_before_sending_ends_nothing(
    error: Exception,
    acme: Organization,
    bob: User,
    connection: ProviderConnection,
    model: Upstream,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first worker was suspended for so long that a second one has claimed the work, and then it fails."""
    asked = ask(acme, bob)

    def claim() -> None:
        RewriteTicket.objects.update(due_at=timezone.now())
        assert rewrite_worker._take(NOBODY) is not None

    def lost(*_: object) -> None:
        with ThreadPoolExecutor(1) as second:
            second.submit(claim).result()
        raise error

    with monkeypatch.context() as slow:
        slow.setattr(requests, "endpoint_of", lost)
        assert rewrite_worker.make_next()
    assert (again(asked).state, hold_of(asked).state) == (RewriteState.WAITING, HoldState.OPEN)
    assert RewriteTicket.objects.count() == 1
    RewriteTicket.objects.update(due_at=timezone.now())
    assert rewrite_worker.make_next()
    assert (again(asked).state, hold_of(asked).state) == (RewriteState.READY, HoldState.SETTLED)
    assert (len(model.seen), RewriteTicket.objects.count()) == (1, 0)
    assert books_agree(acme)


def test_a_claim_that_was_lost_sends_nothing_beside_the_next_one(
    acme: Organization, bob: User, connection: ProviderConnection, model: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = ask(acme, bob)
    really = requests.endpoint_of

    def lost(found: ProviderConnection) -> Endpoint:
        RewriteTicket.objects.update(due_at=timezone.now() + timedelta(hours=1))  # as another claim would
        return really(found)

    with monkeypatch.context() as slow:
        slow.setattr(requests, "endpoint_of", lost)
        assert rewrite_worker.make_next()
    assert (again(asked).state, again(asked).sent_at, model.seen) == (RewriteState.WAITING, None, [])
    RewriteTicket.objects.update(due_at=timezone.now())
    assert rewrite_worker.make_next()
    assert (again(asked).state, len(model.seen)) == (RewriteState.READY, 1)


def test_the_night_leaves_what_waits_alone(acme: Organization, bob: User, connection: ProviderConnection) -> None:
    asked = ask(acme, bob)
    assert books.one(acme.pk) == []
    assert hold_of(asked).state == HoldState.OPEN


def test_the_same_request_key_is_one_call(
    acme: Organization, bob: User, connection: ProviderConnection, model: Upstream
) -> None:
    first = ask(acme, bob, request_key="k")
    assert ask(acme, bob, request_key="k").pk == first.pk
    with pytest.raises(KeyReused):
        ask(acme, bob, "another", request_key="k")
    while rewrite_worker.make_next():
        pass
    assert len(model.seen) == 1


def test_a_fourth_at_once_is_refused(acme: Organization, bob: User, connection: ProviderConnection) -> None:
    for _ in range(rewrite.MOST_AT_ONCE):
        ask(acme, bob)
    with pytest.raises(Refused, match="already being improved"):
        ask(acme, bob)


@pytest.mark.parametrize("prompt", ["", "  ", "x" * 8001, "a\0b"])
def test_what_is_no_prompt_is_refused(
    prompt: str, acme: Organization, bob: User, connection: ProviderConnection
) -> None:
    with pytest.raises(Refused):
        ask(acme, bob, prompt)
    assert not RewriteTicket.objects.exists()


def test_viewers_ask_for_nothing_and_admins_alone_decide(
    acme: Organization, bob: User, vera: User, connection: ProviderConnection
) -> None:
    with pytest.raises(NotAllowed):
        ask(acme, vera)
    with tenancy.tenant(acme.pk):
        with pytest.raises(NotAllowed):
            rewrite.decide(by=must_be_member(acme, bob), is_on=False, connection=None, model="")
        assert rewrite.helper_of(acme).connection == connection
    assert actions(acme).count("rewriter.changed") == 1


def test_who_borrows_a_key_does_not_choose_what_its_lender_pays_for(
    acme: Organization, alice: User, connection: ProviderConnection, settings: Any
) -> None:
    settings.OPENAI_API_KEY = "sk-lent"
    member = must_be_member(acme, alice)
    with tenancy.tenant(acme.pk):
        lent = registry.add(org=acme, by=member, kind=ProviderKind.OPERATOR, name="Lent")
        rewrite.decide(by=member, is_on=True, connection=lent, model="gpt-5-nano")
        assert rewrite.helper_of(acme).model == "gpt-5"


def test_switched_off_it_is_refused(acme: Organization, alice: User, bob: User, connection: ProviderConnection) -> None:
    with tenancy.tenant(acme.pk):
        rewrite.decide(by=must_be_member(acme, alice), is_on=False, connection=None, model="")
    with pytest.raises(Refused, match="switched off"):
        ask(acme, bob)


def test_one_s_own_are_seen_by_nobody_else(
    acme: Organization, alice: User, bob: User, rival: Organization, charlie: User, connection: ProviderConnection
) -> None:
    asked = ask(acme, bob)
    with tenancy.tenant(acme.pk):
        assert list(rewrite.visible_to(must_be_member(acme, bob))) == [asked]
        assert not rewrite.visible_to(must_be_member(acme, alice)).exists()
    with tenancy.tenant(rival.pk):
        assert not Rewrite.objects.exists()
