"""Make the run that a call asks for. The same key with the same request, also at the same moment, is the same run."""

from collections.abc import Sequence
from contextlib import ExitStack

from django.http import HttpRequest

from accounts import access
from saas.database import tenancy
from saas.database.presence import presence
from saas.database.transactions import after_commit
from saas.idempotency import LONGEST_KEY, KeyTooLong, hash_of, key_of
from studio.catalogue.fields import SpecRefused
from studio.gateway import parameters, retrying
from studio.gateway.doors import GatewayCaller
from studio.gateway.parameters import ImageRequest
from studio.gateway.pictures_in import PictureReader
from studio.models import Input, Relation, Run, Visibility
from studio.openai_wire.errors import OpenAIError
from studio.runs import plan, submit_run
from studio.runs.plan import Pictures, Plan


def submit(
    request: HttpRequest,
    caller: GatewayCaller,
    image_request: ImageRequest,
    said: bytes,
    pictures: PictureReader | None = None,
    *,
    parent: Run | None = None,
    relation: Relation = Relation.NONE,
) -> Run:
    """Submit a run, or return the one that is asked for again. `said` is all that the request says, for its hash;
    pictures are read only if the request is not known yet."""
    key, hashed = request_key(request, caller), hash_of(request.path, said)
    is_retry = not key and retrying.is_retry(request)
    may_be_known = bool(key) or is_retry
    if is_retry:
        retrying.until_sure(caller.member, caller.api_key, hashed)
    awaited_by = None if key else presence.number()
    if pictures is not None and may_be_known:
        with tenancy.tenant(caller.org.pk):
            earlier = _earlier(caller, key, hashed)
        if earlier is not None:
            return earlier
    with ExitStack() as undo:
        references: Sequence[Input] = ()
        mask: Input | None = None
        if pictures is not None:
            undo.callback(pictures.forget)
            pictures.read()
        with tenancy.tenant(caller.org.pk):
            earlier = _earlier(caller, key, hashed) if may_be_known else None  # an equal one may have come meanwhile
            if earlier is not None:
                return earlier
            if pictures is not None:
                references, mask = pictures.keep()
            _refuse_gone(caller, key)
            run = submit_run.submit(
                by=caller.member,
                plan=_plan(caller, image_request, Pictures(references, mask)),
                api_key=caller.api_key,
                visibility=_visibility(parent, references),
                end_user=image_request.identifier,
                parent=parent,
                relation=relation,
                request_key=key,
                request_hash=hashed,
                awaited_by=awaited_by,
                is_awaited=True,
            )
            _refuse_gone(caller, key)
            undo.pop_all()  # before the commit: files that rows name must not be deleted
            caller.call.expect(run)
    caller.call.begin(run)
    return run


class Gone(Exception):
    """The caller went away before the run was made."""


def _plan(caller: GatewayCaller, image_request: ImageRequest, pictures: Pictures) -> Plan:
    """Plan the run, and refuse what cannot be made in OpenAI's words."""
    try:
        return plan.make(org=caller.org, spec=image_request.spec, pictures=pictures)
    except SpecRefused as refusal:
        raise parameters.error_of_fault(refusal.errors[0], image_request.spec.to_json(), image_request.prefix) from None


def _refuse_gone(caller: GatewayCaller, key: str) -> None:
    """Raise Gone if the caller went away while waiting for a turn: a retry has found no run of this call and asks for
    one of its own. A program that sends an Idempotency-Key finds its run again, so that run is made."""
    if not key and caller.call.has_gone:
        raise Gone


def _visibility(parent: Run | None, references: Sequence[Input]) -> Visibility:
    """Return private if the parent or the run of any reference is private."""
    sources = [given.source.run for given in references if given.source]
    origins = [*sources, *([parent] if parent else [])]
    is_private = any(run.visibility == Visibility.PRIVATE for run in origins)
    return Visibility.PRIVATE if is_private else Visibility.TEAM


def request_key(request: HttpRequest, caller: GatewayCaller) -> str:
    try:
        return key_of(request.headers.get("Idempotency-Key", ""), caller.api_key.code)
    except KeyTooLong:
        message = f"The Idempotency-Key is longer than {LONGEST_KEY} characters."
        raise OpenAIError(message, code="invalid_value", param="Idempotency-Key") from None


def _earlier(caller: GatewayCaller, key: str, hashed: str) -> Run | None:
    """Return the run that a program asks for again, by its Idempotency-Key or by a retry of an official SDK."""
    if key:
        run = caller.org.runs.select_related("connection").filter(maker=caller.member.user, request_key=key).first()
        if run is not None and run.request_hash != hashed:
            raise submit_run.KeyReused
    else:
        run = retrying.join(caller.member, caller.api_key, hashed)
    if run is not None:
        access.read_again(caller.member, caller.api_key)
        after_commit(caller.call.begin, run)
    return run
