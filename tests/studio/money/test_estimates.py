"""The estimate: every published reading to the cent, the worst case where the provider decides."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import Organization, ProviderConnection, User
from billing.models import Price
from billing.prices import Estimate, Unpriced, set_flat_price
from saas.database import tenancy
from studio.catalogue import specs
from studio.catalogue.specs import Spec
from studio.imaging.sizes import Size
from studio.money import estimates
from studio.providers import text_budget
from studio.sandbox import tokens as sandbox_tokens
from studio.sandbox.models import MODELS
from tests.conftest import must_be_member
from tests.support.catalogue_rows import row, shipped

# Output tokens and dollars of the contract's table 7.3: low, medium, high of gpt-image-2.
READINGS = {
    "1024x1024": ((196, 0.0059), (1756, 0.0527), (7024, 0.2107)),
    "1536x1024": ((158, 0.0047), (1372, 0.0412), (5488, 0.1646)),
    "1024x1536": ((158, 0.0047), (1372, 0.0412), (5488, 0.1646)),
    "1280x720": ((106, 0.0032), (947, 0.0284), (3787, 0.1136)),
    "1536x864": ((120, 0.0036), (1078, 0.0323), (4312, 0.1294)),
    "1920x1088": ((148, 0.0044), (1325, 0.0398), (5300, 0.1590)),
    "2048x1152": ((157, 0.0047), (1413, 0.0424), (5650, 0.1695)),
    "2560x1440": ((205, 0.0062), (1843, 0.0553), (7370, 0.2211)),
    "2048x2048": ((397, 0.0119), (3568, 0.1070), (14272, 0.4282)),
    "3840x2160": ((371, 0.0111), (3336, 0.1001), (13342, 0.4003)),
    "2160x3840": ((371, 0.0111), (3336, 0.1001), (13342, 0.4003)),
    "2880x2880": ((659, 0.0198), (5930, 0.1779), (23719, 0.7116)),
}
# Table 7.2, to the tenth of a cent.
PER_IMAGE = {"1024x1024": (0.006, 0.053, 0.211), "1024x1536": (0.005, 0.041, 0.165), "1536x1024": (0.005, 0.041, 0.165)}
QUALITIES = ("low", "medium", "high")
MICROS_PER_TOKEN = 30

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("size", READINGS)
@pytest.mark.parametrize("quality", QUALITIES)
def test_every_reading_of_the_published_table_comes_out(size: str, quality: str) -> None:
    expected, dollars = READINGS[size][QUALITIES.index(quality)]
    bases = row("gpt-image-2").token_bases
    assert bases is not None
    found = estimates.picture_tokens(bases[quality], Size.read(size))
    assert found == expected
    assert round(found * MICROS_PER_TOKEN / 1_000_000, 4) == dollars
    if size in PER_IMAGE:
        assert round(found * MICROS_PER_TOKEN / 1_000_000, 3) == PER_IMAGE[size][QUALITIES.index(quality)]


@pytest.fixture
def connection(acme: Organization) -> ProviderConnection:
    with tenancy.tenant(acme.pk):
        return acme.connections.get()


def spec(**asked: Any) -> Spec:
    given = {"prompt": "a lamp", "size": "1024x1024", "quality": "low", **asked}
    return specs.read_spec(given, models=shipped())


def estimated(org: Organization, connection: ProviderConnection, **asked: Any) -> Estimate:
    wanted = spec(**asked)
    with tenancy.tenant(org.pk):
        return estimates.estimate(spec=wanted, model=shipped().model(wanted.model), connection=connection)


PROMPT = (len("a lamp") + estimates.TEXT_OVERHEAD) * 5


def test_a_plain_picture_costs_its_tokens_and_its_prompt(acme: Organization, connection: ProviderConnection) -> None:
    found = estimated(acme, connection)
    assert (found.low, found.high, found.images) == (196 * 30 + 5, 196 * 30 + PROMPT, 1)


def test_each_partial_may_add_a_hundred_tokens(acme: Organization, connection: ProviderConnection) -> None:
    without, with_three = estimated(acme, connection), estimated(acme, connection, partial_images=3)
    assert with_three.high - without.high == 3 * 100 * 30
    assert with_three.low == without.low


def test_several_pictures_are_several_calls_each_with_all_that_goes_in(
    acme: Organization, connection: ProviderConnection
) -> None:
    one, four = estimated(acme, connection, references=2), estimated(acme, connection, references=2, n=4)
    assert (four.low, four.high, four.images, four.each) == (4 * one.low, 4 * one.high, 4, one.high)


def test_auto_is_held_at_its_worst_and_shown_from_its_best(acme: Organization, connection: ProviderConnection) -> None:
    found = estimated(acme, connection, size="auto", quality="auto")
    assert found.high == 14272 * 30 + PROMPT  # high at 2048x2048
    assert found.low == 157 * 30 + 5  # low at 2048x1152, the cheapest that is offered


def test_references_and_mask_are_held_at_their_cap_and_shown_from_the_least_that_was_measured(
    acme: Organization, connection: ProviderConnection
) -> None:
    plain = estimated(acme, connection)
    with tenancy.tenant(acme.pk):
        wanted = spec(references=2, mask=True)
        found = estimates.estimate(
            spec=wanted,
            model=shipped().model(wanted.model),
            connection=connection,
            references=[(1024, 1024), (2000, 100)],
        )
    assert found.high - plain.high == 3 * 1536 * 8
    assert found.low - plain.low == (512 + 63 * 4) * 8


@pytest.mark.parametrize(
    ("size", "expected"), [((1024, 1024), 1024), ((1536, 1024), 1536), ((4000, 3000), 1536), ((64, 64), 1024)]
)
def test_pictures_that_go_in_count_as_patches(size: tuple[int, int], expected: int) -> None:
    assert estimates.input_tokens(Size(*size)) == expected


def test_a_talk_is_held_with_what_its_text_model_may_use(acme: Organization, connection: ProviderConnection) -> None:
    plain, talk = estimated(acme, connection), estimated(acme, connection, api="responses")
    said = len("a lamp")
    most = (said + text_budget.HIDDEN_TOKENS) * 1_250_000 + (said + text_budget.THINKING_TOKENS) * 10_000_000
    assert talk.high - plain.high == -(-most // 1_000_000)
    assert talk.low - plain.low == 1
    assert talk.tariff.talk_price_id == Price.objects.get(model="gpt-5").pk


def test_a_talk_by_a_text_model_without_a_price_is_none(acme: Organization, connection: ProviderConnection) -> None:
    connection.text_model = "gpt-unheard-of"
    assert estimated(acme, connection).high > 0
    with pytest.raises(Unpriced, match="gpt-unheard-of has no price"):
        estimated(acme, connection, api="responses")


def test_a_flat_price_pays_for_the_talk_too(acme: Organization, alice: User, connection: ProviderConnection) -> None:
    connection.text_model = "gpt-unheard-of"
    with tenancy.tenant(acme.pk):
        set_flat_price(connection=connection, by=must_be_member(acme, alice), micros=40_000)
    assert estimated(acme, connection, api="responses").high == 40_000


def test_the_same_word_is_another_price_on_another_model(acme: Organization, connection: ProviderConnection) -> None:
    two = estimated(acme, connection, quality="medium")
    newer = estimated(acme, connection, model="gpt-image-2.5-flare", quality="high")
    assert two.high == newer.high


def test_a_formula_that_nobody_has_confirmed_is_a_range(acme: Organization, connection: ProviderConnection) -> None:
    known = estimated(acme, connection, model="gpt-image-2.5-flare", quality="max")
    assumed = estimated(acme, connection, model="gpt-image-2.6-flare", quality="max")
    assert assumed.low == known.low
    assert assumed.high == known.high + 7024 * 30


def test_a_model_without_a_price_has_no_estimate(acme: Organization, connection: ProviderConnection) -> None:
    Price.objects.filter(model="gpt-image-2").delete()
    with pytest.raises(Unpriced):
        estimated(acme, connection)


EDGES = st.integers(1, 240).map(lambda steps: steps * 16)


@settings(deadline=None, max_examples=150)
@given(
    width=EDGES,
    height=EDGES,
    quality=st.sampled_from([*QUALITIES, "auto"]),
    prompt=st.text(min_size=1, max_size=200).filter(str.strip),
    partials=st.integers(0, 3),
)
def test_whatever_the_sandbox_uses_was_held(width: int, height: int, quality: str, prompt: str, partials: int) -> None:
    """The sandbox counts on its own, by the same published rules."""
    size, model = Size(width, height), row("gpt-image-2")
    if model.sizes.faults(size):
        size = Size(1024, 1024)
    wanted = replace(spec(), size=str(size), quality=quality, prompt=prompt, partial_images=partials)
    most = estimates._most(wanted, model)
    really = "high" if quality == "auto" else quality
    used = sandbox_tokens.of_picture(MODELS["gpt-image-2"], really, *size) + partials * sandbox_tokens.PER_PARTIAL
    assert most.image_out == used
    assert most.text_in >= sandbox_tokens.of_text(prompt)
    assert estimates._least(wanted, model, ()).image_out <= used


def test_every_legal_quality_of_every_model_has_an_estimate(acme: Organization, connection: ProviderConnection) -> None:
    for model in shipped().models:
        for quality in model.qualities:
            for preset in model.size_presets:
                found = estimated(acme, connection, model=model.name, quality=quality, size=preset["size"])
                assert 0 < found.low <= found.high
