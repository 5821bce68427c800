from datetime import datetime
from uuid import UUID

from django.shortcuts import get_object_or_404
from ninja import Field, Router, Schema, Status
from pydantic import ConfigDict

from accounts.models import Scope
from saas import idempotency
from studio.api.door import ApiRequest, inside, may
from studio.api.runs import REFUSALS
from studio.api.shapes import SlotError
from studio.models import Rewrite, RewriteState
from studio.money import costs
from studio.prompt import rewrite

router = Router(tags=["Prompts"])


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
    "/prompts/optimize", auth=may(Scope.GENERATE), response={202: PromptOut, **REFUSALS}, url_name="api_optimize_prompt"
)
@inside
def optimize_prompt(request: ApiRequest, body: PromptIn) -> "Status[PromptOut]":
    """Ask for better words

    A text model rewrites the prompt; read the answer by its id. Tokens are held and charged like pictures."""
    caller = request.auth
    key = idempotency.key_of(request.headers.get("Idempotency-Key", ""), caller.code)
    asked = rewrite.ask(by=caller.member, prompt=body.prompt, api_key=caller.api_key, request_key=key)
    return Status(202, PromptOut.from_rewrite(asked))


@router.get("/prompts/{uuid:code}", auth=may(Scope.READ), response={200: PromptOut, **REFUSALS}, url_name="api_prompt")
@inside
def read_prompt(request: ApiRequest, code: UUID) -> PromptOut:
    """Read what was suggested, to you alone"""
    return PromptOut.from_rewrite(
        get_object_or_404(rewrite.visible_to(request.auth.member).select_related("org"), code=code)
    )
