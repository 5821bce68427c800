"""Translate the error codes of OpenAI's API into the names of `studio.providers.outcomes`."""

from http import HTTPStatus

MODERATED = {"moderation_blocked", "content_policy_violation", "image_content_policy_violation"}
BY_STATUS = {
    401: "invalid_key",
    404: "no_such_model",
    429: "rate_limited",
    504: "gateway_timeout",
    524: "gateway_timeout",
}
BY_CODE = {
    "invalid_api_key": "invalid_key",
    "model_not_found": "no_such_model",
    "rate_limit_exceeded": "rate_limited",
    "slow_down": "rate_limited",
    "invalid_value": "bad_request",
    "unknown_parameter": "bad_request",
    "unsupported_parameter": "bad_request",
    "missing_required_parameter": "bad_request",
    "invalid_image_file": "bad_request",
    "invalid_prompt": "bad_request",
}
OUT_OF_MONEY = {
    "insufficient_quota",
    "billing_hard_limit_reached",
    "credit_balance_exhausted",
    "organization_spend_limit_exceeded",
    "project_spend_limit_exceeded",
    "organization_usage_limit_exceeded",
}


def of_error_body(
    *,
    status: int | None,
    code: str | None,
    kind: str | None,
    message: str,
    stage: str | None = None,
    is_late: bool = False,
) -> str:
    """Return the name for an error in OpenAI's envelope. `status` is None inside a stream; `is_late` if partial images
    came before the error."""
    code, kind = (code or "").lower(), (kind or "").lower()
    if code in MODERATED:
        return "moderated_late" if stage == "output" or (is_late and stage != "input") else "moderated"
    if code in OUT_OF_MONEY or kind == "insufficient_quota":
        return "out_of_money"
    if code in BY_CODE and not is_late:
        return BY_CODE[code]
    if status is None:
        return "provider_failed_late" if is_late else "provider_failed"
    if status == HTTPStatus.FORBIDDEN:
        return "not_verified" if "verif" in message.lower() else "not_allowed"
    if status in BY_STATUS:
        return BY_STATUS[status]
    return "outage" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else "bad_request"
