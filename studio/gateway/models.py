from typing import Any

from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from accounts.models import Scope
from saas.database.threads import in_thread
from studio.catalogue import image_models
from studio.catalogue.image_models import UnknownModel
from studio.gateway.doors import GatewayCaller, door
from studio.models import ImageModel
from studio.openai_wire.errors import no_such_model


@door("GET", Scope.READ)
async def list_models(request: HttpRequest, caller: GatewayCaller) -> JsonResponse:
    models = await in_thread(lambda: image_models.at(timezone.now()).models)
    data = [_described(model, name) for model in models for name in (model.name, *model.dated_names)]
    return JsonResponse({"object": "list", "data": data})


@door("GET", Scope.READ)
async def show_model(request: HttpRequest, caller: GatewayCaller, model: str) -> JsonResponse:
    try:
        return JsonResponse(_described(await in_thread(lambda: image_models.at(timezone.now()).model(model)), model))
    except UnknownModel:
        raise no_such_model(model) from None


def _described(model: ImageModel, name: str) -> dict[str, Any]:
    until = model.available_until
    return {
        "id": name,
        "object": "model",
        "created": int(model.available_from.timestamp()),
        "owned_by": "openai",
        "shutdown_date": until.date().isoformat() if until else None,
    }
