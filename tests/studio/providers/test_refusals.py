"""Which stage and category of the safety system refused: worded for people and programs, loosened where it helps."""

from typing import Any

import pytest

from accounts.models import Organization, User
from saas.database import tenancy
from studio.gateway import failure_answers
from studio.models import Slot
from studio.providers.outcomes import OUTCOMES
from studio.providers.refusals import NOT_MODERATED, Refusal
from tests.conftest import SignIn
from tests.studio.engine.test_worker import submit, up, work
from tests.support.fake_provider import Upstream, error

__all__ = ["up"]
USUAL = OUTCOMES["moderated"].sentence


@pytest.mark.parametrize(
    ("details", "sentence"),
    [
        (None, USUAL),
        ({"moderation_stage": "<b>", "categories": ["<script>", 7, None]}, USUAL),
        (
            {"moderation_stage": "input", "categories": ["violence", "self-harm", "self-harm/intent"]},
            (
                "The provider's safety system refused the prompt or a picture that came with it because of violence, "
                "self-harm. Change the prompt or the pictures."
            ),
        ),
        (
            {"moderation_stage": "unknown", "categories": ["sexual"]},
            "The provider's safety system refused this because of sexual content. Change the prompt or the pictures.",
        ),
    ],
)
def test_only_names_that_are_known_are_worded(details: Any, sentence: str) -> None:
    refusal = Refusal.read({"moderation_details": details})
    assert refusal.sentence(USUAL) == sentence
    assert Refusal.noted(refusal.note) == refusal


def test_a_finished_picture_that_was_refused_may_have_been_charged() -> None:
    refusal = Refusal.read({"moderation_details": {"moderation_stage": "output", "categories": []}})
    assert refusal.sentence(OUTCOMES["moderated_late"].sentence) == (
        "The provider's safety system refused the finished picture. It may have been charged."
    )
    assert NOT_MODERATED.details == {}


@pytest.mark.django_db
def test_the_page_says_it_and_offers_a_less_strict_try(
    acme: Organization, alice: User, up: Upstream, sign_in: SignIn
) -> None:
    said = {"moderation_stage": "input", "categories": ["violence"]}
    up.script = lambda exchange: exchange.whole(400, error("moderation_blocked", moderation_details=said))
    run = submit(acme, alice)
    work()
    client = sign_in(alice)
    card = client.get(f"/o/acme/runs/{run.code}/card/").content.decode()
    assert "because of violence" in card
    assert "It cost nothing." in card
    assert "Try again, less strict" in card
    bar = client.get(f"/o/acme/?recall={run.code}&moderation=low", headers={"HX-Request": "true"}).content.decode()
    assert run.prompt in bar
    assert 'name="moderation" value="low" checked' in bar
    with tenancy.tenant(acme.pk):
        assert Slot.objects.get(run=run).used == {"moderation_stage": "input", "moderation_categories": ["violence"]}


@pytest.mark.django_db
@pytest.mark.parametrize("asked", [{"moderation": "low"}, {}])
def test_where_it_cannot_help_the_prompt_is_to_be_changed(
    asked: dict[str, str], acme: Organization, alice: User, up: Upstream, sign_in: SignIn
) -> None:
    categories = ["violence"] if asked else ["sexual/minors"]
    said = {"moderation_stage": "input", "categories": categories}
    up.script = lambda exchange: exchange.whole(400, error("moderation_blocked", moderation_details=said))
    run = submit(acme, alice, **asked)
    work()
    card = sign_in(alice).get(f"/o/acme/runs/{run.code}/card/").content.decode()
    assert "less strict" not in card
    assert "Change the prompt" in card


def test_the_gateway_says_it_as_openai_does() -> None:
    note = Refusal("input", ("violence",)).note
    refusal = failure_answers.error_of_slot(Slot(state="refused", error_code="moderated", used=note))
    assert refusal.error["code"] == "moderation_blocked"
    assert refusal.error["moderation_details"] == {"moderation_stage": "input", "categories": ["violence"]}
    assert refusal.error["message"].endswith("safety_violations=[violence].")
