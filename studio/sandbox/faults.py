"""Fail on demand. What each failure looks like on the wire is known from the real service and from relays."""

from typing import Any

from studio.openai_wire.errors import IMAGE, REQUEST, OpenAIError
from studio.sandbox.directives import BEFORE

LONGEST_WAIT_SECONDS = 1200.0
RETRY_AFTER_SECONDS = 2
HTML = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"


def refusal(fail: str, model: str) -> OpenAIError:
    """Return the failure as HTTP answers it before the first byte."""
    return {
        "moderation_blocked": _moderation_blocked,
        "rate_limit": _rate_limit,
        "insufficient_quota": _insufficient_quota,
        "server_error": _server_error,
        "unverified": _unverified,
        "invalid_key": _invalid_key,
    }[fail](model)


def inside(fail: str, model: str) -> dict[str, Any]:
    """Return the same failure as it is reported inside an answer that has already begun with 200."""
    if fail in BEFORE and fail != "server_error":
        return refusal(fail, model).error
    message = "Image generation failed"
    return {
        "message": message,
        "type": "image_generation_server_error",
        "param": None,
        "code": "image_generation_failed",
    }


def invalid_key(key: str) -> OpenAIError:
    message = (
        f"Incorrect API key provided: {key[:4]}***{key[-4:]}. You can find your API key in your provider's dashboard."
    )
    return OpenAIError(message, status=401, code="invalid_api_key")


def _moderation_blocked(model: str) -> OpenAIError:
    message = (
        "Your request was rejected by the safety system. If you believe this is an error, contact us and include the "
        "request id. safety_violations=[sexual]."
    )
    details = {"moderation_stage": "input", "categories": ["sexual"]}
    return OpenAIError(message, kind=IMAGE, code="moderation_blocked", more={"moderation_details": details})


def _rate_limit(model: str) -> OpenAIError:
    message = (
        f"Rate limit reached for {model} (for limit gpt-image) in organization org-sandbox on input-images per min: "
        f"Limit 5, Used 5, Requested 1. Please try again in {RETRY_AFTER_SECONDS}s."
    )
    headers = {
        "Retry-After": str(RETRY_AFTER_SECONDS),
        "Retry-After-Ms": str(RETRY_AFTER_SECONDS * 1000),
        "X-RateLimit-Limit-Input-Images": "5",
        "X-RateLimit-Remaining-Input-Images": "0",
        "X-RateLimit-Reset-Input-Images": f"{RETRY_AFTER_SECONDS}s",
    }
    return OpenAIError(message, status=429, kind="input-images", code="rate_limit_exceeded", headers=headers)


def _insufficient_quota(model: str) -> OpenAIError:
    message = "You exceeded your current quota, please check your plan and billing details."
    return OpenAIError(message, status=429, kind="insufficient_quota", code="insufficient_quota")


def _server_error(model: str) -> OpenAIError:
    message = "The server had an error while processing your request. Sorry about that!"
    return OpenAIError(message, status=500, kind="server_error")


def _unverified(model: str) -> OpenAIError:
    message = (
        f"Your organization must be verified to use the model `{model}`. Please go to: "
        "https://platform.openai.com/settings/organization/general and click on Verify Organization. "
        "If you just verified, it can take up to 15 minutes for access to propagate."
    )
    return OpenAIError(message, status=403, kind=REQUEST)


def _invalid_key(model: str) -> OpenAIError:
    return invalid_key("sk-sandbox-key")
