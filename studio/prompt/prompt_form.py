"""Read the values of the prompt bar, as texts of its form, from a post, a draft, a preset or an earlier run. They may
be illegal: `studio.catalogue.specs` checks them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from django.http import QueryDict

from studio.catalogue.operations import FEATHER_DEFAULT
from studio.catalogue.rules import COMPRESSIBLE
from studio.models import ImageModel, Run, RunInput, Visibility
from studio.money import offers
from studio.money.offers import Route

SETTINGS = (
    "model",
    "size",
    "quality",
    "n",
    "format",
    "compression",
    "background",
    "moderation",
    "partial_images",
    "api",
    "keep_rest",
    "feather",
    "connection",
)
PARTS = ("prompt", "settings", "pictures")  # what of an earlier run can be recalled
ABOUT_MASKS = ("keep_rest", "feather")
LONGEST_TEXT = 40_000  # more than a prompt may have, so that the error can say how long the prompt is
LONGEST_WORD = 100
MOST_REFERENCES = 32
MOST_STYLES = 16  # more than may be chosen, so that the error can say so
LISTS = {"reference": MOST_REFERENCES, "style": MOST_STYLES}
PROJECT_CHARACTERS = 80


@dataclass(frozen=True, slots=True)
class PromptForm:
    prompt: str = ""
    model: str = ""
    size: str = "1024x1024"
    quality: str = "medium"
    n: str = "4"
    format: str = "png"
    compression: str = "85"
    background: str = "auto"
    moderation: str = "auto"
    partial_images: str = "2"
    api: str = "images"
    keep_rest: str = "on"
    feather: str = str(FEATHER_DEFAULT)
    connection: str = ""  # the code of one that was chosen; empty: as usual
    visibility: str = Visibility.TEAM.value
    project: str = ""
    reference: tuple[str, ...] = ()  # codes of inputs: Image 1, Image 2, …
    mask: str = ""
    style: tuple[str, ...] = ()  # codes of styles
    parent: str = ""  # the code of the run that it was recalled from

    @classmethod
    def posted(cls, post: QueryDict) -> Self:
        texts: dict[str, Any] = {
            name: post[name][: _limit(name)] for name in NAMES if name in post and name not in LISTS
        }
        if texts.get("size") == "custom":
            texts["size"] = f"{post.get('width', '').strip()}x{post.get('height', '').strip()}"[:LONGEST_WORD]
        return cls(**texts | {name: _codes(post.getlist(name), most) for name, most in LISTS.items()})

    @classmethod
    def stored(cls, data: Mapping[str, Any]) -> Self:
        """Read stored values, perhaps of an older version: unknown names are ignored."""
        texts: dict[str, Any] = {name: str(data[name]) for name in NAMES if name in data and name not in LISTS}
        return cls(**texts | {name: _codes(data.get(name, []), most) for name, most in LISTS.items()})

    @classmethod
    def asked_by(cls, run: Run) -> Self:
        """Return the values that a run was asked with. Its inputs should be prefetched."""
        asked = {name: _as_form_text(value) for name, value in run.asked.items() if value is not None}
        numbered = sorted(run.inputs.all(), key=lambda given: given.number)
        return cls.stored(
            {
                **{name: asked[name] for name in SETTINGS if name in asked},
                "prompt": asked.get("prompt", "") if "styles" in asked else run.prompt,
                "style": [style["id"] for style in run.asked.get("styles", ())],
                "visibility": run.visibility,
                "project": run.project,
                "connection": offers.route_back(run).named,
                "reference": [str(one.input.code) for one in numbered if one.number != RunInput.MASK],
                "mask": next((str(one.input.code) for one in numbered if one.number == RunInput.MASK), ""),
                "parent": str(run.code),
            }
        )

    def recalling(self, other: Self, parts: Sequence[str]) -> Self:
        """Return these values with the given parts, and the parent, of other values."""
        taken: dict[str, Any] = {}
        if "prompt" in parts:
            taken["prompt"] = other.prompt
        if "settings" in parts:
            taken |= {name: getattr(other, name) for name in (*SETTINGS, "style")}
        if "pictures" in parts:
            taken |= {"reference": other.reference, "mask": other.mask}
        return replace(self, **taken, parent=other.parent)

    @property
    def route(self) -> Route:
        return Route.of(named=self.connection, project=self.project)

    @property
    def names_rows(self) -> bool:
        """Return whether it names pictures, styles or an earlier run, which have to be read."""
        return bool(self.reference or self.mask or self.style or self.parent)

    def settings(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in SETTINGS}

    def asked(self) -> dict[str, Any]:
        """Return the values as `studio.catalogue.specs` reads them, without those that the form does not offer now:
        compression of a PNG, and the settings about masks without a mask."""
        api = {"api": "images"} if self.reference else {}  # with pictures it is an edit, which the Images API makes
        asked: dict[str, Any] = {**self.settings(), **api, "prompt": self.prompt, "references": len(self.reference)}
        del asked["connection"]  # where the pictures come from is no part of what is asked
        if self.format not in COMPRESSIBLE:
            del asked["compression"]
        if self.mask:
            return {**asked, "mask": True}
        return {name: value for name, value in asked.items() if name not in ABOUT_MASKS}

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), **{name: list(getattr(self, name)) for name in LISTS}}


NAMES = tuple(field.name for field in fields(PromptForm))


def fitted(values: PromptForm, model: ImageModel) -> PromptForm:
    """Return the values adapted to this model, so that changing the model does not cause errors about settings of the
    previous one."""
    partials = str(min(_whole_number(values.partial_images, 0), model.partial_images_max if model.can_stream else 0))
    return replace(
        values,
        model=model.name,
        quality=_among(values.quality, model.qualities),
        format=_among(values.format, model.formats),
        background=_among(values.background, model.backgrounds),
        moderation=_among(values.moderation, model.moderations),
        n=str(min(max(_whole_number(values.n, 1), 1), model.n_max)),
        partial_images=partials,
        api=values.api if model.can_respond else "images",
    )


def _as_form_text(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)


def _among(value: str, options: Sequence[str]) -> str:
    return value if value in options or not options else options[0]


def _whole_number(text: str, default: int) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 4 else default  # noqa: PLR2004 digits


def _limit(name: str) -> int:
    return {"prompt": LONGEST_TEXT, "project": PROJECT_CHARACTERS}.get(name, LONGEST_WORD)


def _codes(given: Sequence[Any], most: int) -> tuple[str, ...]:
    return tuple(str(code)[:LONGEST_WORD] for code in given if code)[:most]
