"""Make the run that a call asks for. The same key with the same request, also at the same moment, is the same run."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from django.http import HttpRequest

from accounts import access
from accounts.errors import Refused
from accounts.models.connections import PROJECT_CHARACTERS
from saas.database import tenancy
from saas.database.presence import presence
from saas.database.transactions import after_commit
from saas.idempotency import LONGEST_KEY, KeyTooLong, hash_of, key_of
from studio.catalogue.fields import SpecRefused
from studio.gateway import parameters, pictures_in, retrying
from studio.gateway.doors import GatewayCaller
from studio.gateway.parameters import ImageRequest
from studio.gateway.pictures_in import PictureReader
from studio.models import Input, Relation, Run
from studio.money.offers import Route
from studio.openai_wire.errors import OpenAIError
from studio.providers import sanitize
from studio.runs import plan, submit_run
from studio.runs.plan import Pictures


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
    project = project_of(request)
    key, hashed = request_key(request, caller), hash_of(request.path, said + project.encode())
    is_retry = not key and retrying.is_retry(request)
    if is_retry:
        retrying.until_sure(caller.member, caller.api_key, hashed)
    wish = Wish(
        caller,
        image_request,
        key,
        hashed,
        parent,
        relation,
        project,
        awaited_by=None if key else presence.number(),
        may_be_known=bool(key) or is_retry,
    )
    if wish.may_be_known:
        with tenancy.tenant(caller.org.pk):
            earlier = _earlier(wish)
        if earlier is not None:
            return earlier
    run = _put_in_line(wish) if pictures is None else _with_pictures(wish, pictures)
    caller.call.begin(run)
    return run


@dataclass(frozen=True)
class Wish:
    """What a call asks for, beside its pictures."""

    caller: GatewayCaller
    image_request: ImageRequest
    key: str
    hashed: str
    parent: Run | None
    relation: Relation
    project: str
    awaited_by: int | None
    may_be_known: bool


class Gone(Exception):
    """The caller went away before the run was made."""


def _with_pictures(wish: Wish, pictures: PictureReader) -> Run:
    """Read the pictures, and keep them and the run in one transaction, unless an equal request came meanwhile."""
    caller = wish.caller
    with ExitStack() as undo:
        undo.callback(pictures.forget)
        pictures.read()
        with tenancy.tenant(caller.org.pk):
            earlier = _earlier(wish) if wish.may_be_known else None
            if earlier is not None:
                return earlier
            run = _put_in_line(wish, *pictures.keep())
            _refuse_gone(wish)
            undo.pop_all()  # before the commit: files that rows name must not be deleted
    return run


def _put_in_line(wish: Wish, references: Sequence[Input] = (), mask: Input | None = None) -> Run:
    """Plan and submit the run, and refuse what cannot be made in OpenAI's words. The run is noted before the database
    is asked: if its answer is lost then, the run may have been made, and the caller's retry gets it."""
    caller, image_request = wish.caller, wish.image_request
    try:
        return submit_run.submit(
            by=caller.member,
            plan=plan.make(
                org=caller.org,
                spec=image_request.spec,
                pictures=Pictures(references, mask),
                route=Route.of(api_key=caller.api_key, project=wish.project),
            ),
            api_key=caller.api_key,
            visibility=pictures_in.visibility_of(references, wish.parent),
            project=wish.project,
            end_user=image_request.identifier,
            parent=wish.parent,
            relation=wish.relation,
            request_key=wish.key,
            request_hash=wish.hashed,
            awaited_by=wish.awaited_by,
            is_awaited=True,
            about_to=lambda run: _expect(wish, run),
        )
    except SpecRefused as refusal:
        caller.call.expect(None)
        raise parameters.error_of_fault(refusal.errors[0], image_request.spec.to_json(), image_request.prefix) from None
    except (Refused, Gone):
        caller.call.expect(None)
        raise


def _expect(wish: Wish, run: Run) -> None:
    _refuse_gone(wish)
    wish.caller.call.expect(run)
    wish.caller.ahead.expect(run)


def _refuse_gone(wish: Wish) -> None:
    """Raise Gone if the caller went away while waiting for a turn: a retry has found no run of this call and asks for
    one of its own. A program that sends an Idempotency-Key finds its run again, so that run is made."""
    if not wish.key and wish.caller.call.has_gone:
        raise Gone


def project_of(request: HttpRequest) -> str:
    """Return the project that the call counts to, which the official SDKs send as a header (`OpenAI(project=…)`)."""
    sent = request.headers.get("OpenAI-Project", "").encode("latin-1", "replace").decode("utf-8", "replace")
    project = sanitize.text(" ".join(sent.split()))
    if len(project) > PROJECT_CHARACTERS:
        message = f"The OpenAI-Project header is longer than {PROJECT_CHARACTERS} characters."
        raise OpenAIError(message, code="invalid_value", param="OpenAI-Project")
    return project


def request_key(request: HttpRequest, caller: GatewayCaller) -> str:
    try:
        return key_of(request.headers.get("Idempotency-Key", ""), caller.api_key.code)
    except KeyTooLong:
        message = f"The Idempotency-Key is longer than {LONGEST_KEY} characters."
        raise OpenAIError(message, code="invalid_value", param="Idempotency-Key") from None


def _earlier(wish: Wish) -> Run | None:
    """Return the run that a program asks for again, by its Idempotency-Key or by a retry of an official SDK."""
    caller = wish.caller
    if wish.key:
        run = (
            caller.org.runs.select_related("connection").filter(maker=caller.member.user, request_key=wish.key).first()
        )
        if run is not None and run.request_hash != wish.hashed:
            raise submit_run.KeyReused
    else:
        run = retrying.join(caller.member, caller.api_key, wish.hashed)
    if run is not None:
        access.read_again(caller.member, caller.api_key)
        after_commit(caller.call.begin, run)
    return run
