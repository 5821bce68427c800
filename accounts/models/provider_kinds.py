"""List the kinds of providers, one row each: what an admin reads and enters, and which module speaks the provider's
API. To add a kind, add a row here and, unless it speaks OpenAI's API, one module that speaks its own."""

from dataclasses import dataclass

from django.conf import settings
from django.db import models


class ProviderKind(models.TextChoices):
    """The kinds that code refers to by name."""

    OPENAI = "openai", "OpenAI"
    COMPATIBLE = "compatible", "OpenAI-compatible"
    SANDBOX = "sandbox", "Sandbox"
    OPERATOR = "operator", "This Darkroom's OpenAI"


@dataclass(frozen=True, kw_only=True)
class Kind:
    title: str
    explanation: str = ""  # shown beside the title, where an admin chooses
    usual_url: str = ""  # the address if the admin enters none
    needs_key: bool = False
    is_built_in: bool = False  # address and key are the operator's: an admin can neither enter nor read them
    is_lent: bool = False  # the operator pays: what they let an organization spend is one more limit
    is_play: bool = False  # costs nothing and makes no real pictures: it never takes over for a kind that does
    has_model_list: bool = True  # answers GET …/models, which is how it is tested
    has_batches: bool = False  # offers OpenAI's Files and Batch API, at half price
    adapter: str = "studio.providers.openai_sdk"  # the module whose `develop` calls the provider and yields frames


KINDS: dict[str, Kind] = {
    ProviderKind.OPENAI.value: Kind(
        title="OpenAI",
        explanation="Your account with OpenAI.",
        usual_url="https://api.openai.com/v1",
        needs_key=True,
        has_batches=True,
    ),
    ProviderKind.COMPATIBLE.value: Kind(
        title="OpenAI-compatible", explanation="Another provider, a gateway, a server of your own."
    ),
    ProviderKind.OPERATOR.value: Kind(
        title="This Darkroom's OpenAI",
        explanation="Uses the key of the operator of this Darkroom, who pays for it.",
        is_built_in=True,
        is_lent=True,
        has_batches=True,
    ),
    ProviderKind.SANDBOX.value: Kind(
        title="Sandbox", is_built_in=True, is_play=True, has_model_list=False, has_batches=True
    ),
}


def choices() -> list[tuple[str, str]]:
    return [(name, kind.title) for name, kind in KINDS.items()]


def offered() -> dict[str, Kind]:
    """Return the kinds that an admin may add. Every organization has the sandbox already; the operator's own kind is
    there if the operator lends a key."""
    absent = {ProviderKind.SANDBOX.value} | (set() if settings.OPENAI_API_KEY else {ProviderKind.OPERATOR.value})
    return {name: kind for name, kind in KINDS.items() if name not in absent}
