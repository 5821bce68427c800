"""Check a request that is to be made in styles: each of them gets slots of its own, all in one run."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from accounts.models import Membership
from studio.catalogue import specs
from studio.catalogue.fields import Fault, SpecRefused
from studio.catalogue.image_models import Catalogue
from studio.catalogue.specs import Spec
from studio.models import ImageModel, StyleVersion
from studio.styles import shelf, wording


def read_spec(
    asked: Mapping[str, Any],
    *,
    styles: Sequence[str],
    by: Membership,
    models: Catalogue,
    from_form: bool = False,
    people: int = 0,
    offered: Sequence[StyleVersion] | None = None,
) -> Spec:
    """Check a request with the ids or short names of styles. Raise SpecRefused with all faults. A style says what is to
    be made, so the prompt may be left out, and size and quality that the request leaves out are the style's. `people`
    is how many there are, if that is known; `offered` are the styles that the member may use, for callers who have read
    them already."""
    if not styles:
        return specs.read_spec(asked, models=models, from_form=from_form)
    chosen, faults = shelf.choose(by, styles, offered)
    try:
        plain = specs.read_spec({**_settings(chosen), **asked}, models=models, from_form=from_form, needs_prompt=False)
    except SpecRefused as refusal:
        raise SpecRefused([*refusal.errors, *faults]) from None
    spec = replace(plain, styles=tuple(wording.use(version, plain, people=people) for version in chosen))
    faults += _faults_of(spec, models.model(spec.model))
    if faults:
        raise SpecRefused(faults)
    return spec


def _settings(chosen: Sequence[StyleVersion]) -> dict[str, str]:
    """Return the settings of the styles. Of several that differ, the first one counts."""
    found: dict[str, str] = {}
    for version in reversed(chosen):
        found |= {name: value for name, value in (("size", version.size), ("quality", version.quality)) if value}
    return found


def _faults_of(spec: Spec, model: ImageModel) -> list[Fault]:
    faults = []
    if spec.pictures > model.n_max:
        sentence = f"{len(spec.styles)} styles of {spec.n} pictures are {spec.pictures}. {model.n_max} are the most."
        faults.append(Fault("n", "out_of_range", sentence, str(model.n_max // len(spec.styles))))
    for index, style in enumerate(spec.styles):
        one = spec.of_slot(index * spec.n)
        if len(one.prompt) > model.prompt_limit_characters:
            sentence = (
                f"With the style “{style.name}” the model gets {len(one.prompt):,} characters. "
                f"The limit is {model.prompt_limit_characters:,}."
            )
            faults.append(Fault("prompt", "too_long", sentence))
        if one.references > (model.references_max if model.can_edit else 0):
            sentence = (
                f"The style “{style.name}” brings a picture of its own, which is one more than the model accepts."
            )
            faults.append(Fault("styles", "out_of_range", sentence))
    return faults
