"""Makes the run that a call asks for. The same key for the same request, also at the same moment, is the same run."""

from collections.abc import Callable, Sequence

from django.http import HttpRequest

from saas import tenancy
from studio import runs
from studio.gateway.asks import Ask
from studio.gateway.doors import Caller
from studio.idempotency import LONGEST_KEY, KeyTooLong, hash_of, key_of
from studio.models import Input, Relation, Run, Visibility
from studio.wire.refusals import Refused

Pictures = tuple[Sequence[Input], Input | None]


def nothing() -> Pictures:
    return (), None


def submit(
    request: HttpRequest,
    caller: Caller,
    ask: Ask,
    said: bytes,
    keep_pictures: Callable[[], Pictures] = nothing,
    *,
    parent: Run | None = None,
    relation: Relation = Relation.NONE,
) -> Run:
    """`said` is all that the request says; pictures are kept only for a request that is not known yet."""
    key, hashed = request_key(request, caller), hash_of(request.path, said)
    with tenancy.tenant(caller.org.pk):
        earlier = _earlier(caller, key, hashed)
        if earlier is not None:
            return earlier
        references, mask = keep_pictures()
        return runs.submit(
            org=caller.org,
            by=caller.member,
            spec=ask.spec,
            api_key=caller.api_key,
            references=references,
            mask=mask,
            visibility=_visibility(parent, references),
            end_user=ask.identifier,
            parent=parent,
            relation=relation,
            request_key=key,
            request_hash=hashed if key else "",
        )


def _visibility(parent: Run | None, references: Sequence[Input]) -> Visibility:
    """What is made of something private is private."""
    sources = [given.source.run for given in references if given.source]
    origins = [*sources, *([parent] if parent else [])]
    is_private = any(run.visibility == Visibility.PRIVATE for run in origins)
    return Visibility.PRIVATE if is_private else Visibility.TEAM


def request_key(request: HttpRequest, caller: Caller) -> str:
    try:
        return key_of(request.headers.get("Idempotency-Key", ""), caller.api_key.code)
    except KeyTooLong:
        message = f"The Idempotency-Key is longer than {LONGEST_KEY} characters."
        raise Refused(message, code="invalid_value", param="Idempotency-Key") from None


def _earlier(caller: Caller, key: str, hashed: str) -> Run | None:
    run = caller.org.runs.filter(maker=caller.member.user, request_key=key).first() if key else None
    if run is not None and run.request_hash != hashed:
        raise runs.KeyReused
    return run
