"""Print proofs: render the keepers of a run of cheap proofs again, larger and in high quality, each with its proof as
the reference."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.errors import NotAllowed, Refused
from accounts.models import Membership, Role
from studio.catalogue import image_models, specs
from studio.catalogue.image_models import Catalogue, UnknownModel
from studio.catalogue.specs import Spec
from studio.imaging.sizes import FreeSizes, Size, nearest
from studio.inputs import uploads
from studio.inputs.uploads import Ready
from studio.models import ImageModel, Input, Output, Relation, Run, Visibility, wording
from studio.money import estimates, offers
from studio.runs import plan, submit_run
from studio.runs.plan import Pictures

MOST = 9  # as many as there are number keys
LARGEST = "largest"


@dataclass(frozen=True, slots=True)
class Enlargement:
    value: str
    size: Size


@dataclass(frozen=True, slots=True)
class Price:
    low: int
    high: int


def mark(*, output: Output, by: Membership, is_keeper: bool) -> None:
    if not by.is_at_least(Role.MEMBER):
        raise NotAllowed("Your role does not allow you to mark keepers.")
    Output.objects.filter(pk=output.pk).update(is_keeper=is_keeper)


def keepers_of(run: Run) -> list[Output]:
    kept = Output.objects.not_in_bin().filter(org=run.org_id, run=run, is_keeper=True)
    return list(kept.select_related("run", "org", "slot", "composite").order_by("slot__index")[:MOST])


def words_for(run: Run, model: ImageModel) -> str:
    room = model.prompt_limit_characters - len(wording.PRINT)
    return wording.PRINT + run.title[:room]


def model_for(run: Run, models: Catalogue) -> ImageModel:
    """Return the proof's own model, or the default one if that is gone. Raise Refused if it cannot edit."""
    try:
        model = models.model(run.model)
    except UnknownModel:
        model = models.default
    if not model.can_edit:
        raise Refused(f"{model.title} does not accept reference pictures, so it cannot print a proof.")
    return model


def enlargements(output: Output, model: ImageModel) -> list[Enlargement]:
    """Return the proof's size, twice that, and the largest one, without those that come to the same size."""
    shown = Size(output.shown.width, output.shown.height)
    found = [Enlargement("1", _scaled(shown, 1.0, model)), Enlargement("2", _scaled(shown, 2.0, model))]
    found.append(Enlargement(LARGEST, _scaled(shown, _most(shown, model), model)))
    return [one for index, one in enumerate(found) if one.size not in {other.size for other in found[:index]}]


def read_spec(*, output: Output, asked: Mapping[str, Any], model: ImageModel, models: Catalogue) -> Spec:
    """Return the spec of one keeper's print. Raise SpecRefused."""
    offered = {one.value: one.size for one in enlargements(output, model)}
    size = offered.get(str(asked.get("enlarge", "")), max(offered.values(), key=lambda size: size.pixels))
    given = {"prompt": asked.get("prompt", ""), "quality": asked.get("quality", ""), "format": asked.get("format", "")}
    partial_images = min(2, model.partial_images_max) if model.can_stream else 0
    fixed = {"model": model.name, "size": str(size), "references": 1, "n": 1, "partial_images": partial_images}
    return specs.read_spec({**given, **fixed}, models=models, from_form=True)


def price(*, run: Run, prints: Sequence[tuple[Output, Spec]], model: ImageModel) -> Price:
    connection = plan.connection_of(run.org, offers.route_back(run))
    found = [
        estimates.estimate(
            spec=spec, model=model, connection=connection, references=[(output.shown.width, output.shown.height)]
        )
        for output, spec in prints
    ]
    return Price(sum(one.low for one in found), sum(one.high for one in found))


def submit(
    *,
    run: Run,
    by: Membership,
    outputs: Sequence[Output],
    ready: Mapping[int, Ready],
    asked: Mapping[str, Any],
    request_key: str = "",
) -> list[Run]:
    """Submit a run for each keeper, all or none: if a budget refuses one, none is made. `ready` has the pictures of
    those outputs that are no references yet, by the outputs' keys."""
    if not outputs:
        raise Refused("Mark at least one keeper first.")
    models = image_models.at(timezone.now())
    model = model_for(run, models)
    prints = [(output, read_spec(output=output, asked=asked, model=model, models=models)) for output in outputs]
    now, route = timezone.now(), offers.route_back(run)
    with transaction.atomic():
        return [
            submit_run.submit(
                by=by,
                plan=plan.make(org=by.org, spec=spec, pictures=Pictures([_reference(output, by, ready)]), route=route),
                visibility=Visibility(run.visibility),
                project=run.project,
                parent=run,
                relation=Relation.PRINT,
                request_key=f"{request_key[:40]}-{output.slot.index}" if request_key else "",
                now=now,
            )
            for output, spec in prints
        ]


def _reference(output: Output, by: Membership, ready: Mapping[int, Ready]) -> Input:
    earlier = uploads.of_output(output=output, by=by.user)
    if earlier is not None:
        return earlier
    if output.pk not in ready:
        raise Refused("The keepers have just changed. Try again.")
    return uploads.keep(ready[output.pk], by=by.user)


def _scaled(size: Size, factor: float, model: ImageModel) -> Size:
    factor = min(factor, _most(size, model))
    return nearest(round(size.width * factor), round(size.height * factor), model.sizes)


def _most(size: Size, model: ImageModel) -> float:
    rule = model.sizes
    if not isinstance(rule, FreeSizes):
        return 1.0
    return min(rule.edge_max / max(size), math.sqrt(rule.pixels_max / size.pixels))
