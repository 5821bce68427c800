from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from studio.gateway.doors import refuse
from studio.openai_wire.errors import OpenAIError


@csrf_exempt
@login_not_required
async def refuse_unknown_url(request: HttpRequest, rest: str) -> JsonResponse:
    """Refuse an address that OpenAI may have and Darkroom has not."""
    return refuse(OpenAIError(f"Invalid URL ({request.method} /v1/{rest})", status=404, code="unknown_url"))
