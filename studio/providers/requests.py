"""Build what the provider is asked from a run's rows, before anything is sent."""

import hashlib
from importlib import import_module
from typing import Any

from django.conf import settings

from accounts.connections import registry
from accounts.connections.registry import NothingLent
from accounts.models import ProviderConnection
from saas.crypto.sealing import CannotUnseal, Secret
from saas.database import tenancy
from saas.database.release import released
from studio.catalogue.specs import AUTO, Spec
from studio.files import storage
from studio.models import Input, Run, RunInput, Slot
from studio.providers.adapter import Develop, Endpoint, File, Request
from studio.providers.outcomes import ProviderError


def prepare(run: Run, slot: Slot, connection: ProviderConnection | None) -> tuple[Endpoint, Request]:
    if connection is None:
        raise ProviderError("no_connection")
    return endpoint_of(connection), request_of(run, slot, Spec.from_json(run.asked))


def endpoint_of(connection: ProviderConnection) -> Endpoint:
    try:
        address = registry.address_of(connection)
    except CannotUnseal as error:
        raise ProviderError("no_key") from error
    except NothingLent as error:
        raise ProviderError("nothing_lent") from error
    return Endpoint(
        base_url=address.base_url,
        key=address.key or Secret("none"),  # the SDK requires one
        organization=connection.openai_organization,
        project=connection.openai_project,
        allowed_hosts=address.allowed_hosts,
        can_stream=connection.can_stream,
        deadline_seconds=connection.longest_seconds,
        text_model=connection.leading_model,
        tenant=connection.org_id,
    )


def adapter_of(connection: ProviderConnection | None) -> Develop:
    """Return the adapter for the connection's kind of provider."""
    if connection is None:
        raise ProviderError("no_connection")
    develop: Develop = import_module(connection.traits.adapter).develop
    return develop


def request_of(run: Run, slot: Slot, spec: Spec) -> Request:
    style = spec.style_of(slot.index)
    given = _given(run, style.reference if style else "") if spec.of_slot(slot.index).references else []
    return Request(
        api=spec.api,
        parameters=parameters_of(run, slot, spec.of_slot(slot.index)),
        partial_images=spec.partial_images,
        must_draw=spec.must_draw,
        references=tuple(_file(number, source) for number, source in given if number != RunInput.MASK),
        mask=next((_file(number, source) for number, source in given if number == RunInput.MASK), None),
    )


def parameters_of(run: Run, slot: Slot, spec: Spec) -> dict[str, Any]:
    """Return the parameters of one picture. Each is asked for alone: a stream brings only one, and one that fails must
    not fail its siblings."""
    parameters: dict[str, Any] = {
        "model": spec.model,
        "prompt": spec.prompt,
        "n": 1,
        "size": spec.size,
        "quality": spec.quality,
        "output_format": spec.format,
        "safety_identifier": f"{_pseudonym(run)}:{slot.index}",
    }
    if spec.compression is not None:
        parameters["output_compression"] = spec.compression
    if spec.background != AUTO:
        parameters["background"] = spec.background
    if spec.moderation != AUTO:
        parameters["moderation"] = spec.moderation
    if spec.input_fidelity is not None:
        parameters["input_fidelity"] = spec.input_fidelity
    return parameters


def _pseudonym(run: Run) -> str:
    """Return a name by which the provider can tell one person from another without learning who they are."""
    return hashlib.sha256(f"{run.org_id}:{run.maker_id}:{settings.SECRET_KEY}".encode()).hexdigest()[:32]


def _given(run: Run, of_style: str) -> list[tuple[int, Input]]:
    """Return the run's pictures by their numbers, and as the last one the reference of the slot's style."""
    with released(), tenancy.tenant(run.org_id):
        found = [(one.number, one.input) for one in run.inputs.select_related("input").order_by("number")]
        if of_style:
            last = max((number for number, _ in found), default=RunInput.MASK)
            found.append((last + 1, Input.objects.get(org=run.org_id, code=of_style)))
        return found


def _file(number: int, source: Input) -> File:
    extension = source.sent_mime.removeprefix("image/")
    return File(name=f"image-{number}.{extension}", data=storage.load(source.sent_file), mime=source.sent_mime)
