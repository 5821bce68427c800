import time
from contextlib import nullcontext
from datetime import datetime
from typing import Annotated
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from accounts.models import Scope
from saas import idempotency
from saas.database import release, tenancy
from saas.server.drain import drain
from studio.api.door import ApiCaller, ApiRequest, inside, may
from studio.api.runs import REFUSALS
from studio.api.shapes import SlotError
from studio.models import Rewrite, RewriteState
from studio.money import costs
from studio.prompt import rewrite
from studio.waiting import places

router = Router(tags=["Prompts"])
MOST_WAIT_SECONDS = 60
LOOK_SECONDS = 0.25


class PromptIn(Schema):
    model_config = ConfigDict(extra="forbid")

    prompt: str = Field(max_length=40_000, examples=["a lamp in the rain"])


class PromptOut(Schema):
    """`suggestion` is there when `state` is `ready`."""

    id: UUID
    state: RewriteState
    prompt: str
    suggestion: str | None
    model: str
    error: SlotError | None
    cost: str | None = Field(description="Null until it has ended")
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def from_rewrite(cls, asked: Rewrite) -> "PromptOut":
        is_failed = asked.state == RewriteState.FAILED
        return cls(
            id=asked.code,
            state=RewriteState(asked.state),
            prompt=asked.prompt,
            suggestion=asked.suggestion or None,
            model=asked.model,
            error=SlotError(code=asked.error_code, message=asked.error_sentence) if is_failed else None,
            cost=costs.of_run(asked.org, asked.code) if asked.ended_at else None,
            created_at=asked.created_at,
            ended_at=asked.ended_at,
        )


@router.post(
    "/prompts/optimize",
    auth=may(Scope.GENERATE),
    response={200: PromptOut, 202: PromptOut, **REFUSALS},
    url_name="api_optimize_prompt",
)
def optimize_prompt(
    request: ApiRequest, body: PromptIn, wait: Annotated[int, Field(ge=0, le=MOST_WAIT_SECONDS)] = 0
) -> "Status[PromptOut]":
    """Ask for better words

    A text model rewrites the prompt; read the answer by its id, or `wait` some seconds for it: then the answer is 200
    if it is ready in time. Tokens are held and charged like pictures."""
    caller = request.auth
    with places.holding(caller.member, caller.api_key) if wait else nullcontext() as place:
        with tenancy.tenant(caller.org.pk):
            asked = _ask(request, body)
        told = _wait_for(asked, caller, wait)
        if place is not None:
            place.leave()
    return Status(200 if told.ended_at else 202, told)


def _ask(request: ApiRequest, body: PromptIn) -> Rewrite:
    caller = request.auth
    key = idempotency.key_of(request.headers.get("Idempotency-Key", ""), caller.code)
    return rewrite.ask(by=caller.member, prompt=body.prompt, api_key=caller.api_key, request_key=key)


def _wait_for(asked: Rewrite, caller: ApiCaller, seconds: int) -> PromptOut:
    """Wait until the rewrite has ended, without a database connection, but no longer than this process takes calls."""
    ends_at = time.monotonic() + seconds
    while True:
        with tenancy.tenant(caller.org.pk):
            told = PromptOut.from_rewrite(rewrite.visible_to(caller.member).select_related("org").get(pk=asked.pk))
        left = ends_at - time.monotonic()
        if told.ended_at or left <= 0 or drain.has_begun:
            return told
        release.give_back()
        time.sleep(min(LOOK_SECONDS, left))


@router.get("/prompts/{uuid:code}", auth=may(Scope.READ), response={200: PromptOut, **REFUSALS}, url_name="api_prompt")
@inside
def read_prompt(request: ApiRequest, code: UUID) -> PromptOut:
    """Read what was suggested, to you alone"""
    return PromptOut.from_rewrite(
        get_object_or_404(rewrite.visible_to(request.auth.member).select_related("org"), code=code)
    )
