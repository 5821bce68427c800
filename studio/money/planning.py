"""Calculate what a plan costs: so many pictures a day, of one size and quality, for a month of thirty days."""

from dataclasses import dataclass

from django.utils import timezone

from accounts.models import Organization
from studio.catalogue import image_models, specs
from studio.money import estimates

DAYS = 30
PROMPT = (
    "A picture as it is usually asked for, in two or three sentences that say what is seen, how, and in what light."
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """An example of what teams make in a day."""

    title: str
    pictures: int
    size: str
    quality: str
    references: int = 0


SCENARIOS = (
    Scenario("A designer: proofs all day, low", 60, "1024x1024", "low"),
    Scenario("A shop: product pictures from a photo", 40, "1024x1536", "medium", 1),
    Scenario("A campaign: banners, finished", 15, "1536x1024", "high"),
    Scenario("An event: portraits of guests", 200, "1024x1536", "medium", 1),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a plan costs in micro-dollars, from the least to the most."""

    each: tuple[int, int]
    day: tuple[int, int]
    month: tuple[int, int]


def cost_of(
    org: Organization, *, pictures: int, size: str, quality: str, references: int = 0, model: str = ""
) -> Cost | None:
    """Calculate a plan with the prices of the default connection. Return None without a connection. Raise SpecRefused,
    or Unpriced."""
    connection = org.connections.filter(is_default=True).first()
    if connection is None:
        return None
    models = image_models.at(timezone.now(), org=org)
    asked = {"prompt": PROMPT, "size": size, "quality": quality, "n": 1, "references": references, "partial_images": 0}
    spec = specs.read_spec({**asked, "model": model or models.default.name}, models=models)
    found = estimates.estimate(
        spec=spec,
        model=models.model(spec.model),
        connection=connection,
        references=[(1024, 1536)] * references,
    )
    each = (found.low, found.high)
    return Cost(each, _times(each, pictures), _times(each, pictures * DAYS))


def _times(each: tuple[int, int], count: int) -> tuple[int, int]:
    return each[0] * count, each[1] * count
