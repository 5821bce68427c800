"""Report a run that ended without a picture as OpenAI would. A caller may retry only if nothing was paid for the first
call, so that nothing is paid twice; the official SDKs retry by themselves unless a header forbids it."""

from dataclasses import dataclass

from studio.models import Slot, State
from studio.openai_wire.errors import IMAGE, REQUEST, OpenAIError
from studio.providers.outcomes import OUTCOMES
from studio.providers.refusals import NOT_MODERATED, Refusal
from studio.runs.outages import LeftAlone

RETRY_SECONDS = 20
RESTART_SECONDS = 1
NEVER_AGAIN = {"x-should-retry": "false"}
MODERATED = (
    "Your request was rejected by the safety system. If you believe this is an error, contact the operator of "
    "this Darkroom and include the request ID."
)


@dataclass(frozen=True)
class Failure:
    status: int
    kind: str
    code: str | None
    message: str = ""
    may_retry: bool = False


OUTSIDE = "server_error"
FAILURES = {
    "moderated": Failure(400, IMAGE, "moderation_blocked", MODERATED),
    "moderated_late": Failure(400, IMAGE, "moderation_blocked", MODERATED),
    "bad_request": Failure(400, IMAGE, "invalid_value"),
    "no_such_model": Failure(404, REQUEST, "model_not_found"),
    "not_verified": Failure(403, REQUEST, None),
    "not_allowed": Failure(403, REQUEST, "not_allowed"),
    "out_of_money": Failure(429, "insufficient_quota", "insufficient_quota"),
    "rate_limited": Failure(429, "input-images", "rate_limit_exceeded", may_retry=True),
    "outage": Failure(503, "service_unavailable_error", "server_is_overloaded", may_retry=True),
    "unreachable": Failure(503, "service_unavailable_error", "server_is_overloaded", may_retry=True),
    "provider_failed": Failure(500, "image_generation_server_error", "image_generation_failed"),
    "provider_failed_late": Failure(500, "image_generation_server_error", "image_generation_failed"),
    "stopped": Failure(400, REQUEST, "run_cancelled"),
    "stopped_late": Failure(400, REQUEST, "run_cancelled"),
    "invalid_key": Failure(502, OUTSIDE, "provider_refused_key"),
    "no_key": Failure(502, OUTSIDE, "provider_refused_key"),
    "too_long": Failure(504, OUTSIDE, "outcome_unknown"),
    "gateway_timeout": Failure(504, OUTSIDE, "outcome_unknown"),
    "no_answer": Failure(504, OUTSIDE, "outcome_unknown"),
}


OVERLOADED = FAILURES["outage"]


def error_of_slot(slot: Slot, *, wait_seconds: int | None = None) -> OpenAIError:
    """Return the refusal for a slot that failed. `wait_seconds` is how long its connection is still left alone."""
    default = Failure(502, OUTSIDE, "outcome_unknown" if slot.state == State.UNKNOWN else slot.error_code or None)
    failure = FAILURES.get(slot.error_code, default)
    outcome = OUTCOMES.get(slot.error_code)
    message = failure.message or slot.error_sentence or (outcome.sentence if outcome else "No picture was made.")
    headers = {"Retry-After": str(wait_seconds or RETRY_SECONDS)} if failure.may_retry else dict(NEVER_AGAIN)
    refusal = Refusal.noted(slot.used) if slot.state == State.REFUSED else NOT_MODERATED
    if refusal.categories:
        message = f"{message} safety_violations=[{', '.join(refusal.categories)}]."
    return OpenAIError(
        message, status=failure.status, kind=failure.kind, code=failure.code, headers=headers, more=refusal.details
    )


def left_alone(act: LeftAlone) -> OpenAIError:
    """Return the refusal for a call that made no run, because the connection is left alone after an outage."""
    headers = {"Retry-After": str(act.wait_seconds)}
    return OpenAIError(
        act.sentence, status=OVERLOADED.status, kind=OVERLOADED.kind, code=OVERLOADED.code, headers=headers
    )


def not_answered() -> OpenAIError:
    """Return the refusal for a run that could not be answered. Another call would be paid for again, so an SDK must not
    retry it."""
    message = (
        "The request reached the provider and may have been charged, but Darkroom failed to answer it. Do not send it "
        "again: look in the gallery, or read the run that x-darkroom-run names."
    )
    return OpenAIError(message, status=500, kind=OUTSIDE, code="answer_failed", headers=dict(NEVER_AGAIN))


def still_waiting(seconds: int) -> OpenAIError:
    message = (
        f"No picture was ready within {seconds} seconds. The run continues, and its pictures will be in the gallery."
    )
    return OpenAIError(message, status=504, kind=OUTSIDE, code="still_running", headers=dict(NEVER_AGAIN))


def restarting() -> OpenAIError:
    """Return the refusal for a process that ends. The official SDKs retry by themselves, and then get the answer of
    this run: see studio.gateway.retrying."""
    message = (
        "Darkroom is restarting and could not wait for the picture. "
        "The run continues, and its pictures will be in the gallery."
    )
    headers = {"Retry-After": str(RESTART_SECONDS), "x-should-retry": "true"}
    return OpenAIError(message, status=503, kind=OUTSIDE, code="restarting", headers=headers)
