"""Turn HTTP requests of the Images API into calls. This reads and decodes: run it in a thread."""

from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from studio.openai_wire import forms
from studio.openai_wire.fields import Fields
from studio.openai_wire.refusals import IMAGE, Refused
from studio.sandbox import asks, bodies, calls
from studio.sandbox.asks import Ask
from studio.sandbox.calls import Call


def generation(request: HttpRequest, key: str) -> Call:
    fields = Fields(bodies.read_json(request))
    fields.refuse_others(asks.IMAGES - {"input_fidelity"} | _only_where_refused(fields))
    return calls.make(_ask(fields), key=key)


def edit(request: HttpRequest, key: str) -> Call:
    """Read an edit, sent as a form with files or as JSON with links."""
    if forms.is_form(request):
        texts, images, mask = forms.read_form(request)
        fields = Fields(texts, is_form=True)
        fields.refuse_others(asks.IMAGES)
        ask = _ask(fields)
        inputs, checked_mask = bodies.pictures(images, mask)
    else:
        body: dict[str, Any] = bodies.read_json(request)
        fields = Fields(body)
        fields.refuse_others(asks.IMAGES | {"images", "mask"})
        ask = _ask(fields)
        inputs, checked_mask = bodies.linked(body)
    return calls.make(ask, key=key, inputs=inputs, mask=checked_mask)


def _only_where_refused(fields: Fields) -> frozenset[str]:
    """Let `input_fidelity` pass here, because `asks` refuses it with a code that callers look for."""
    return frozenset({"input_fidelity"} & set(fields.values))


def _ask(fields: Fields) -> Ask:
    ask = asks.read(fields, prompt=asks.prompt(fields), identifier=asks.identifier(fields))
    ask = replace(ask, n=fields.whole("n", 1, 10, 1), stream=fields.flag("stream"))
    if ask.stream and ask.n > 1:
        raise Refused("Streaming is only supported with n=1.", kind=IMAGE, code="unsupported_parameter", param="n")
    return ask
