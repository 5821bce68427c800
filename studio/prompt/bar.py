"""Prepare what the prompt bar shows: the options of the chosen model, the values, and the verdict with its faults."""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from accounts.models import Membership
from studio.catalogue.fields import Fault
from studio.catalogue.image_models import Catalogue, UnknownModel
from studio.catalogue.rules import AS_PEOPLE_SAY
from studio.models import ImageModel, Preset, StyleVersion, Visibility
from studio.prompt.prompt_form import PromptForm
from studio.prompt.verdicts import NO_ROOM, Verdict
from studio.styles import shelf

QUALITIES = {
    "auto": ("Auto", "The model chooses"),
    "low": ("Low", "A proof: quick and cheap"),
    "medium": ("Medium", "Good for most"),
    "high": ("High", "A print: fine detail"),
    "xhigh": ("Extra high", "More detail, more time"),
    "max": ("Max", "As fine as it gets"),
}
FORMATS = {"png": "PNG", "jpeg": "JPEG", "webp": "WebP"}


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    title: str
    hint: str = ""
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class SizeChoice:
    value: str
    title: str
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """What concerns runs for a while: an outage, a budget without room, another API than the one that was chosen."""

    kind: str  # outage · limit · api
    until: datetime | None = None
    name: str = ""  # of the connection
    takes_over: bool = False  # another connection makes the pictures meanwhile
    sentence: str = ""


def new_key() -> str:
    return secrets.token_hex(16)


@dataclass
class Bar:
    values: PromptForm
    models: Catalogue
    verdict: Verdict
    presets: Iterable[Preset] = ()  # may be a queryset, which runs only if a page shows them
    member: Membership | None = None  # whose styles are offered
    request_key: str = field(default_factory=new_key)

    @cached_property
    def model(self) -> ImageModel:
        return model_of(self.values, self.models)

    @cached_property
    def faults(self) -> dict[str, list[Fault]]:
        found: dict[str, list[Fault]] = defaultdict(list)
        for fault in self.verdict.faults:
            found[fault.field].append(fault)
        return dict(found)

    @property
    def notices(self) -> list[Notice]:
        """Return what concerns every run for a while: an outage of the provider, a budget without room."""
        found, outage = [], self.verdict.outage
        if outage is not None and self.verdict.connection is not None:
            takes_over = bool(self.verdict.offer and self.verdict.offer.standbys_of(self.verdict.connection))
            until = timezone.now() + max(outage.rest, outage.probe)
            found.append(Notice("outage", until, name=self.verdict.connection.name, takes_over=takes_over))
        if NO_ROOM in {fault.code for fault in self.verdict.faults}:
            found += [Notice("limit", lack.resets_at, sentence=sentence) for lack, sentence in self.verdict.lacking]
        if self.values.reference and self.values.api == "responses":
            found.append(Notice("api"))
        return found

    @cached_property
    def sizes(self) -> list[SizeChoice]:
        return [_size(preset["size"], preset["title"]) for preset in self.model.size_presets]

    @property
    def size(self) -> SizeChoice:
        """Return the size that its chip shows."""
        chosen = next((size for size in self.sizes if size.value == self.values.size), None)
        return chosen or _size(self.values.size, "Custom")

    @property
    def is_custom_size(self) -> bool:
        return self.values.size not in {size.value for size in self.sizes}

    @property
    def qualities(self) -> list[Choice]:
        return [Choice(value, *QUALITIES.get(value, (value, ""))) for value in self.model.qualities]

    @property
    def quality(self) -> str:
        return QUALITIES.get(self.values.quality, (self.values.quality, ""))[0]

    @property
    def formats(self) -> list[Choice]:
        return [Choice(value, FORMATS.get(value, value)) for value in self.model.formats]

    @property
    def backgrounds(self) -> list[Choice]:
        """Return the backgrounds. "Transparent" is always listed, because people look for it, with the reason if the
        model cannot make it."""
        choices = [Choice(value, value.capitalize()) for value in self.model.backgrounds]
        if self.model.can_be_transparent:
            return choices
        reason = self.model.reasons.get("background", "")
        return [*choices, Choice("transparent", "Transparent", why_not=f"{self.model.title} cannot. {reason}".strip())]

    @property
    def moderations(self) -> list[Choice]:
        titles = {"auto": "Usual", "low": "Less strict"}
        return [Choice(value, titles.get(value, value)) for value in self.model.moderations]

    @property
    def partials(self) -> list[Choice]:
        most = self.model.partial_images_max if self.model.can_stream else 0
        return [Choice(str(count), str(count) if count else "None") for count in range(most + 1)]

    @property
    def apis(self) -> list[Choice]:
        why_not = "" if self.model.can_respond else f"{self.model.title} does not work through it."
        return [Choice("images", "Images"), Choice("responses", "Responses", why_not=why_not)]

    @property
    def connections(self) -> list[Choice]:
        """Return the connections that may be chosen, after the usual one. Empty if there is no choice."""
        found = self.verdict.offer.choices if self.verdict.offer else []
        choices = [Choice("", "As usual"), *(Choice(str(one.code), one.name) for one in found)]
        if self.values.connection not in {choice.value for choice in choices}:
            why_not = "It may not be chosen any more."
            choices.append(Choice(self.values.connection, "The preset's", why_not=why_not))
        return choices if len(choices) > 1 else []

    @cached_property
    def styles(self) -> list[StyleVersion]:
        return shelf.usable_by(self.member) if self.member else []

    @property
    def chosen_styles(self) -> list[StyleVersion]:
        return [version for version in self.styles if str(version.style.code) in self.values.style]

    @property
    def visibilities(self) -> list[Choice]:
        return [Choice(Visibility.TEAM.value, "Team"), Choice(Visibility.PRIVATE.value, "Only me")]


def model_of(values: PromptForm, models: Catalogue) -> ImageModel:
    try:
        return models.model(values.model)
    except UnknownModel:
        return models.default


def _size(value: str, title: str) -> SizeChoice:
    match = AS_PEOPLE_SAY.fullmatch(value)
    return SizeChoice(value, title, *(map(int, match.groups()) if match else ()))
