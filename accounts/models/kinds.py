"""The kinds of providers. One row each: what an admin is told and asked, and which module speaks its language. Another
kind is another row here and, where it does not speak OpenAI's API, one file that does."""

from dataclasses import dataclass

from django.conf import settings
from django.db import models


class ProviderKind(models.TextChoices):
    """Those that the program itself has to name."""

    OPENAI = "openai", "OpenAI"
    COMPATIBLE = "compatible", "OpenAI-compatible"
    SANDBOX = "sandbox", "Sandbox"
    OPERATOR = "operator", "This Darkroom's OpenAI"


@dataclass(frozen=True, kw_only=True)
class Kind:
    title: str
    explanation: str = ""  # beside its title, where an admin chooses
    usual_url: str = ""  # where it is when the admin does not say
    needs_key: bool = False
    is_built_in: bool = False  # address and key are the operator's: there is nothing to enter, and nothing to read
    is_lent: bool = False  # whoever runs this Darkroom pays: what they let an organization spend is one limit more
    is_play: bool = False  # costs nothing and makes nothing real: it never takes over for one that does
    has_model_list: bool = True  # answers GET …/models, which is how it is tested
    adapter: str = "studio.adapter"  # the module whose `develop` asks it and yields frames


KINDS: dict[str, Kind] = {
    ProviderKind.OPENAI.value: Kind(
        title="OpenAI",
        explanation="Your account with OpenAI.",
        usual_url="https://api.openai.com/v1",
        needs_key=True,
    ),
    ProviderKind.COMPATIBLE.value: Kind(
        title="OpenAI-compatible", explanation="Another provider, a gateway, a server of your own."
    ),
    ProviderKind.OPERATOR.value: Kind(
        title="This Darkroom's OpenAI",
        explanation="With the key of whoever runs this Darkroom, who pays for it.",
        is_built_in=True,
        is_lent=True,
    ),
    ProviderKind.SANDBOX.value: Kind(title="Sandbox", is_built_in=True, is_play=True, has_model_list=False),
}


def choices() -> list[tuple[str, str]]:
    return [(name, kind.title) for name, kind in KINDS.items()]


def offered() -> dict[str, Kind]:
    """What an admin may add. Every organization has the sandbox; the operator's own is there if they lend a key."""
    absent = {ProviderKind.SANDBOX.value} | (set() if settings.OPENAI_API_KEY else {ProviderKind.OPERATOR.value})
    return {name: kind for name, kind in KINDS.items() if name not in absent}
