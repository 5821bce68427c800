"""Turn what a person or a program asks into a spec that the model can make, or into a list of all faults.

The rules come from the model's row in the catalogue; no model's name appears in this code."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Self

from studio.catalogue import operations
from studio.catalogue.fields import Fault, FieldReader, SpecRefused, closest, listing, quote
from studio.catalogue.image_models import Catalogue, UnknownModel
from studio.catalogue.rules import Rules
from studio.models import ImageModel

__all__ = ["AUTO", "Fault", "Spec", "SpecRefused", "StyleUse", "read_spec"]

AUTO = "auto"  # as a size, quality, background or moderation: the model chooses
UNKNOWN_NAMES_TOLD = 10


@dataclass(frozen=True, slots=True)
class StyleUse:
    """A style that a run is made in, as it was then, and all that the model gets to read for it."""

    id: str
    slug: str
    name: str
    version: int
    told: str
    reference: str = ""  # code of the input that is sent after the request's own


@dataclass(frozen=True, slots=True)
class Spec:
    """A checked request. `references` is the number of pictures; their files are passed separately. In styles, `n`
    pictures are made for each of them."""

    kind: str
    model: str
    prompt: str
    size: str
    quality: str
    format: str
    compression: int | None
    background: str
    moderation: str
    n: int
    partial_images: int
    api: str
    references: int = 0
    mask: bool = False
    input_fidelity: str | None = None
    keep_rest: bool = False  # after a masked edit, everything outside the mask is put back
    feather: int = 0  # pixels
    styles: tuple[StyleUse, ...] = ()
    must_draw: bool = False  # a talk that may not end in words

    @property
    def pictures(self) -> int:
        return self.n * max(1, len(self.styles))

    @property
    def title(self) -> str:
        """Return the person's words, or the names of the styles if there are none."""
        return self.prompt or ", ".join(style.name for style in self.styles)

    def style_of(self, index: int) -> StyleUse | None:
        """Return the style of the slot `index`: all slots of the first style come first."""
        return self.styles[index // self.n] if self.styles else None

    def of_slot(self, index: int) -> "Spec":
        """Return the request for one picture, with everything that its style adds."""
        style = self.style_of(index)
        if style is None:
            return replace(self, n=1)
        references = self.references + bool(style.reference)
        return replace(self, n=1, prompt=style.told, references=references, styles=())

    def to_json(self) -> dict[str, Any]:
        said = asdict(self)
        for name in ("styles", "must_draw"):
            if not said[name]:
                del said[name]
        return said

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Restore a stored spec. It was checked before, so it is not checked again. Unknown fields, of other versions,
        are ignored."""
        values = {field.name: data[field.name] for field in fields(cls) if field.name in data}
        return cls(**{**values, "styles": tuple(StyleUse(**one) for one in data.get("styles", ()))})


FIELDS = tuple(field.name for field in fields(Spec) if field.name not in {"styles", "must_draw"})


def read_spec(
    asked: Mapping[str, Any], *, models: Catalogue, from_form: bool = False, needs_prompt: bool = True
) -> Spec:
    """Check a request and return its spec. Raise SpecRefused with all faults. A form's values may be text; a program's
    must have the right type. A request in styles does not need a prompt: see studio.styles.styled_spec."""
    reader = FieldReader(asked, from_form=from_form)
    name, model = _model(reader, models)
    references, has_mask = operations.read_pictures(reader)
    keep_rest, feather = operations.read_keep_rest(reader, has_mask)
    kind = operations.read_kind(reader, references)
    limits = Rules(reader, model, models)
    spec = Spec(
        kind=kind,
        model=name,
        prompt=limits.prompt(is_needed=needs_prompt),
        size=limits.size(),
        quality=limits.choice("quality", "quality", model.qualities),
        format=limits.choice("format", "format", model.formats, default="png"),
        compression=limits.compression(),
        background=limits.background(),
        moderation=limits.choice("moderation", "moderation", model.moderations),
        n=limits.count("n", "The number of pictures", 1, model.n_max, default=1),
        partial_images=limits.partial_images(),
        api=operations.read_api(reader, kind),
        references=references,
        mask=has_mask,
        input_fidelity=limits.input_fidelity(),
        keep_rest=keep_rest,
        feather=feather,
    )
    operations.check_combination(kind, references, has_mask, reader, model)
    _refuse_unknown(reader)
    if reader.errors:
        raise SpecRefused(sorted(reader.errors, key=_as_in_the_form))
    return spec


def _model(reader: FieldReader, models: Catalogue) -> tuple[str, ImageModel]:
    """Return the model asked for, and by which name: a snapshot's is sent as it is. If it is unknown, refuse it and
    return the one that was probably meant, whose rules are used to find further faults."""
    if not models.models:
        raise SpecRefused([Fault("model", "unknown_model", "No model is available at the moment.")])
    name = reader.text("model", "The model", models.default.name)
    try:
        return name, models.model(name)
    except UnknownModel:
        meant = closest(name, models.names) or models.default.name
        reader.refuse(
            "model",
            "unknown_model",
            f"The model {quote(name)} is not available. Choose {listing(models.names)}.",
            meant,
        )
        return meant, models.model(meant)


def _refuse_unknown(reader: FieldReader) -> None:
    unknown = [str(name) for name in reader.values if name not in FIELDS]
    for name in unknown[:UNKNOWN_NAMES_TOLD]:
        meant = closest(name, FIELDS)
        hint = f" Did you mean “{meant}”?" if meant else ""
        reader.refuse(name[:80], "unknown_parameter", f"There is no parameter {quote(name)}.{hint}", meant)
    if len(unknown) > UNKNOWN_NAMES_TOLD:
        more = len(unknown) - UNKNOWN_NAMES_TOLD
        reader.refuse(unknown[UNKNOWN_NAMES_TOLD][:80], "unknown_parameter", f"And {more} more unknown parameters.")


def _as_in_the_form(error: Fault) -> int:
    return FIELDS.index(error.field) if error.field in FIELDS else len(FIELDS)
