"""Estimate what a run will cost before the provider is asked. The button, the API and the hold use the same estimate.

Where the provider decides (`auto`), the high end is the worst case. Where the truth is not known, the range says so."""

from collections.abc import Sequence
from dataclasses import replace

from accounts.models import ProviderConnection
from billing import prices
from billing.prices import Estimate, PriceList
from billing.tokens import Tokens
from studio.catalogue.specs import AUTO, Spec
from studio.imaging.sizes import Size
from studio.models import ImageModel
from studio.providers import text_budget

TALKS = "responses"
# Text: a token is at least one byte and seldom more than eight; some more stand around the prompt.
TEXT_OVERHEAD = 32
MOST_BYTES_PER_TOKEN = 8
# Pictures that go in: never more patches than MOST_PATCHES. One probe counted far fewer than the patches, so the low
# end takes at most LEAST_PATCHES.
PATCH, MOST_PATCHES, LEAST_PATCHES, SHORTEST_LONG_EDGE = 32, 1536, 512, 1024
# For models whose formula is not confirmed yet: the newest formula that is known, and twice of it for the worst case.
ASSUMED_BASES = {"low": 16, "medium": 24, "high": 48, "xhigh": 64, "max": 96}
ASSUMED_TOKENS_PER_PARTIAL = 100
UNCONFIRMED_FACTOR = 2


def estimate(
    *,
    spec: Spec,
    model: ImageModel,
    connection: ProviderConnection,
    references: Sequence[tuple[int, int]] = (),
    price_list: PriceList | None = None,
) -> Estimate:
    """Estimate a spec's cost. `references` are the known sizes of the pictures that go in; prices that are not given
    are read. Raise prices.Unpriced."""
    talk_model = connection.leading_model if spec.api == TALKS else ""
    tariff_for = price_list.tariff_for if price_list else prices.tariff_for
    tariff = tariff_for(model=spec.model, connection=connection, talk_model=talk_model)
    slots = [spec.of_slot(index) for index in range(0, spec.pictures, spec.n)]  # one of each style
    shortest = min(slots, key=lambda one: len(one.prompt))
    longest = replace(
        max(slots, key=lambda one: len(one.prompt)), references=max(one.references for one in slots)
    )  # and each slot is held at the highest price
    return prices.estimate(
        tariff, least=_least(shortest, model, references), most=_most(longest, model), images=spec.pictures
    )


def picture_tokens(base: int, size: Size) -> int:
    """Compute a picture's output tokens by OpenAI's published formula, in integers."""
    short, long = sorted(size)
    across = _half_to_even(base * short, long)
    return -(-base * across * (2_000_000 + size.pixels) // 4_000_000)


def input_tokens(size: Size) -> int:
    """Count the patches of a picture that goes in, after its long edge has been brought up to 1024."""
    long = max(size)
    up, down = (SHORTEST_LONG_EDGE, long) if long < SHORTEST_LONG_EDGE else (1, 1)
    patches = [-(-edge * up // (PATCH * down)) for edge in size]
    return min(patches[0] * patches[1], MOST_PATCHES)


def _most(spec: Spec, model: ImageModel) -> Tokens:
    """Count the tokens of one picture in the worst case. Each picture is a call of its own, with all that goes in."""
    quality = model.auto_quality if spec.quality == AUTO else spec.quality
    size = Size.read(model.auto_size if spec.size == AUTO else spec.size)
    factor = 1 if model.token_bases else UNCONFIRMED_FACTOR
    pictures_in = spec.references + int(spec.mask)
    is_talk = spec.api == TALKS
    return Tokens(
        talk_in=text_budget.most_in(spec.prompt) if is_talk else 0,
        talk_out=text_budget.most_out(spec.prompt) if is_talk else 0,
        text_in=len(spec.prompt.encode()) + TEXT_OVERHEAD,
        image_in=pictures_in * MOST_PATCHES,
        image_out=factor * picture_tokens(_bases(model)[quality], size) + _partials(spec, model),
    )


def _least(spec: Spec, model: ImageModel, references: Sequence[tuple[int, int]]) -> Tokens:
    bases = _bases(model)
    base = min(bases.values()) if spec.quality == AUTO else bases[spec.quality]
    known = [min(input_tokens(Size(*size)), LEAST_PATCHES) for size in references]
    text = -(-len(spec.prompt.encode()) // MOST_BYTES_PER_TOKEN)
    return Tokens(
        talk_in=text if spec.api == TALKS else 0,
        text_in=text,
        image_in=sum(known),
        image_out=min(picture_tokens(base, size) for size in _sizes(spec, model)),
    )


def _sizes(spec: Spec, model: ImageModel) -> list[Size]:
    """Return the sizes that the picture may get."""
    if spec.size != AUTO:
        return [Size.read(spec.size)]
    return [Size.read(preset["size"]) for preset in model.size_presets if preset["size"] != AUTO]


def _partials(spec: Spec, model: ImageModel) -> int:
    """Count the tokens of all partials that are asked for. Whether one that never comes is charged is not known."""
    each = ASSUMED_TOKENS_PER_PARTIAL if model.tokens_per_partial is None else model.tokens_per_partial
    return spec.partial_images * each


def _bases(model: ImageModel) -> dict[str, int]:
    bases: dict[str, int] = model.token_bases or ASSUMED_BASES
    return bases


def _half_to_even(numerator: int, denominator: int) -> int:
    whole, rest = divmod(numerator, denominator)
    is_up = 2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1)
    return whole + is_up
