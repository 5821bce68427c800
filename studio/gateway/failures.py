"""A run that ended without a picture, as OpenAI would tell it. Retries are left to the caller only where another call
costs nothing that was paid already; the official SDKs try again by themselves unless they are told not to."""

from dataclasses import dataclass

from studio.models import Slot, State
from studio.outcomes import ENDINGS
from studio.wire.refusals import IMAGE, REQUEST, Refused

RETRY_SECONDS = 20
NEVER_AGAIN = {"x-should-retry": "false"}
MODERATED = (
    "Your request was rejected by the safety system. If you believe this is an error, ask whoever runs this Darkroom "
    "and include the request ID."
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


def of(slot: Slot) -> Refused:
    default = Failure(502, OUTSIDE, "outcome_unknown" if slot.state == State.UNKNOWN else slot.error_code or None)
    failure = FAILURES.get(slot.error_code, default)
    ending = ENDINGS.get(slot.error_code)
    message = failure.message or slot.error_sentence or (ending.sentence if ending else "No picture came.")
    headers = {"Retry-After": str(RETRY_SECONDS)} if failure.may_retry else NEVER_AGAIN
    return Refused(message, status=failure.status, kind=failure.kind, code=failure.code, headers=headers)


def still_waiting(seconds: int) -> Refused:
    message = f"No picture came within {seconds} seconds. The run goes on: its answer will be in the gallery."
    return Refused(message, status=504, kind=OUTSIDE, code="still_running", headers=NEVER_AGAIN)
