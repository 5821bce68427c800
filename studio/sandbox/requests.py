"""Turn HTTP requests of the Images API into calls. This reads and decodes: run it in a thread."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from studio.openai_wire import forms
from studio.openai_wire.errors import IMAGE, OpenAIError
from studio.openai_wire.fields import Fields
from studio.sandbox import bodies, calls, parameters, store
from studio.sandbox.calls import Call
from studio.sandbox.parameters import ImageParameters


def generation(request: HttpRequest, key: str) -> Call:
    return _generation(bodies.read_json(request), key)


def of_line(body: dict[str, Any], key: str, file_of: Callable[[str], bytes], *, is_edit: bool) -> Call:
    """Read the body of a line of a batch. `file_of` returns the picture with an id."""
    return _linked_edit(body, key, file_of) if is_edit else _generation(body, key)


def _generation(body: dict[str, Any], key: str) -> Call:
    fields = Fields(body)
    fields.refuse_others(parameters.IMAGES - {"input_fidelity"} | _only_where_refused(fields))
    return calls.make(_ask(fields), key=key)


def edit(request: HttpRequest, key: str) -> Call:
    """Read an edit, sent as a form with files or as JSON with links."""
    if not forms.is_form(request):
        return _linked_edit(bodies.read_json(request), key, lambda file_id: store.picture(key, file_id))
    texts, images, mask = forms.read_form(request)
    fields = Fields(texts, is_form=True)
    fields.refuse_others(parameters.IMAGES)
    asked = _ask(fields)
    inputs, checked_mask = bodies.pictures(images, mask)
    return calls.make(asked, key=key, inputs=inputs, mask=checked_mask)


def _linked_edit(body: dict[str, Any], key: str, file_of: Callable[[str], bytes]) -> Call:
    fields = Fields(body)
    fields.refuse_others(parameters.IMAGES | {"images", "mask"})
    asked = _ask(fields)
    inputs, checked_mask = bodies.linked(body, file_of)
    return calls.make(asked, key=key, inputs=inputs, mask=checked_mask)


def _only_where_refused(fields: Fields) -> frozenset[str]:
    """Let `input_fidelity` pass here, because `parameters` refuses it with a code that callers look for."""
    return frozenset({"input_fidelity"} & set(fields.values))


def _ask(fields: Fields) -> ImageParameters:
    asked = parameters.read_parameters(
        fields, prompt=parameters.read_prompt(fields), identifier=parameters.read_identifier(fields)
    )
    asked = replace(asked, n=fields.whole("n", 1, 10, 1), stream=fields.flag("stream"))
    if asked.stream and asked.n > 1:
        raise OpenAIError("Streaming is only supported with n=1.", kind=IMAGE, code="unsupported_parameter", param="n")
    return asked
