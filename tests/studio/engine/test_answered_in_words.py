"""A talk that ends in words: they are shown, cost what the text model has used, and are no failure."""

from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from accounts.models import Counter, Hold, HoldState, Organization, Subject, User
from billing.models import Entry
from saas.database import tenancy
from studio.models import Charged, Run, State
from tests.conftest import SignIn, must_be_member
from tests.studio.api.keys import program
from tests.studio.engine.test_worker import events, slots, state, submit, up, work
from tests.support.fake_provider import Upstream

__all__ = ["up"]
pytestmark = pytest.mark.django_db(transaction=True)
WORDS = "Which colour should the <lamp> have?"


def answer(up: Upstream, **more: Any) -> None:
    message = {"type": "message", "content": [{"type": "output_text", "text": WORDS}]}
    body = {"object": "response", "output": [message], **more}
    up.script = lambda exchange: exchange.whole(200, body)


@pytest.fixture
def run(acme: Organization, bob: User, up: Upstream) -> Run:
    answer(up, usage={"input_tokens": 1_000, "output_tokens": 100})
    made = submit(acme, bob, kind="respond")
    assert work() == 1
    return made


def test_it_ends_as_answered_with_the_words_in_its_slot_alone(acme: Organization, run: Run, up: Upstream) -> None:
    assert state(run) == State.ANSWERED
    assert events(run) == ["queued", "started", "answered", "ended"]
    (slot,) = slots(run)
    assert (slot.charged, slot.words, slot.usage) == (
        Charged.YES,
        WORDS,
        {"talk": {"input_tokens": 1_000, "output_tokens": 100}},
    )
    with tenancy.tenant(acme.pk):
        assert WORDS not in str(list(run.events.values_list("data", flat=True)))
    assert len(up.seen) == 1


def test_it_costs_what_the_text_model_has_used(acme: Organization, run: Run) -> None:
    with tenancy.tenant(acme.pk):
        held, entry = Hold.objects.get(run_code=run.code), Entry.objects.get(run_code=run.code)
        assert (held.state, held.is_estimated) == (HoldState.SETTLED, False)
        assert 0 < entry.micros == held.spent_micros < held.micros / 4
        month = Counter.objects.get(subject=Subject.ORGANIZATION, period="month")
        assert (month.spent_micros, month.held_micros) == (entry.micros, 0)


def test_the_line_in_the_log_says_what_it_cost(acme: Organization, bob: User, up: Upstream) -> None:
    answer(up, usage={"input_tokens": 1_000, "output_tokens": 100})
    submit(acme, bob, kind="respond")
    with capture_logs() as said:
        work()
    (line,) = (one for one in said if one["event"] == "call")
    with tenancy.tenant(acme.pk):
        micros = Entry.objects.get().micros
    assert (line["outcome"], line["input_tokens"], line["output_tokens"]) == ("in_words", 1_000, 100)
    assert Decimal(line["cost"]) == Decimal(micros) / 1_000_000


def test_without_usage_the_held_amount_counts(acme: Organization, bob: User, up: Upstream) -> None:
    answer(up)
    submit(acme, bob, kind="respond")
    work()
    with tenancy.tenant(acme.pk):
        held = Hold.objects.get()
    assert (held.state, held.is_estimated, held.spent_micros) == (HoldState.SETTLED, True, held.micros)


def test_the_studio_and_the_runs_page_show_the_words(bob: User, run: Run, sign_in: SignIn) -> None:
    client = sign_in(bob)
    for page in ("/o/acme/", f"/o/acme/runs/{run.code}/"):
        shown = client.get(page).content.decode()
        assert "Answered in words" in shown
        assert "Which colour should the &lt;lamp&gt; have?" in shown


def test_a_program_reads_them(acme: Organization, bob: User, run: Run) -> None:
    said = program(acme, bob).get(f"runs/{run.code}").json()
    (slot,) = said["slots"]
    assert (said["state"], slot["state"], slot["words"], slot["error"]) == ("answered", "answered", WORDS, None)


def test_it_can_be_asked_again(acme: Organization, bob: User, run: Run, sign_in: SignIn) -> None:
    assert must_be_member(acme, bob).user_id == run.maker_id
    sign_in(bob).post(f"/o/acme/runs/{run.code}/slots/0/retry/")
    (slot,) = slots(run)
    assert (slot.state, slot.words) == (State.QUEUED, "")
