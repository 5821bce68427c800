from django.http import HttpRequest
from django.http.response import HttpResponseBase

from accounts.models import Scope
from saas.threads import in_thread
from studio.gateway import asks, bodies, delivering
from studio.gateway.asks import Ask
from studio.gateway.doors import Caller, door
from studio.gateway.submitting import submit
from studio.models import Run


@door("POST", Scope.GENERATE)
async def generate(request: HttpRequest, caller: Caller) -> HttpResponseBase:
    return await _deliver(*await in_thread(_generation, request, caller))


def _generation(request: HttpRequest, caller: Caller) -> tuple[Run, Ask]:
    body, said = bodies.read_json(request)
    ask = asks.read(body)
    return submit(request, caller, ask, said), ask


async def _deliver(run: Run, ask: Ask) -> HttpResponseBase:
    return await delivering.streamed(run, ask) if ask.stream else await delivering.whole(run, ask)
