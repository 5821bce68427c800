"""How a call of a provider can end when it brings no picture: few names, each with what it cost, whether to try again,
and one sentence for the person. Nothing of the provider's own text reaches anybody."""

from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from studio.models.runs import Charged, State


@dataclass(frozen=True)
class Ending:
    state: State
    sentence: str
    charged: Charged = Charged.NO
    is_retryable: bool = False  # only where the answer proves that nothing was made
    is_outage: bool = False  # another connection may be asked instead
    is_sick: bool = False  # with others in a row it tells that the connection should be left alone for a while
    is_silent: bool = False  # tells nothing about the provider
    is_trouble: bool = False  # every call through this connection will end so until somebody does something


ENDINGS = {
    "address_refused": Ending(
        State.FAILED, "The connection's address is not one that Darkroom may reach. Ask an admin.", is_silent=True
    ),
    "unreachable": Ending(
        State.FAILED,
        "The provider could not be reached. Nothing was sent.",
        is_retryable=True,
        is_outage=True,
        is_sick=True,
    ),
    "no_answer": Ending(
        State.UNKNOWN,
        "The provider took the request and never answered. It may have charged; look there before you try again.",
        charged=Charged.PERHAPS,
        is_sick=True,
    ),
    "cut_off": Ending(
        State.UNKNOWN,
        "The line was cut before the picture came. The provider may have charged; look there before you try again.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "too_long": Ending(
        State.UNKNOWN,
        "The provider took longer than this connection allows. It may have charged; look there before you try again.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "no_picture": Ending(
        State.UNKNOWN,
        "The provider ended without a picture. It may have charged; look there before you try again.",
        charged=Charged.PERHAPS,
    ),
    "strange_answer": Ending(
        State.UNKNOWN,
        "The answer is not that of an OpenAI-compatible API. Check the connection's base URL.",
        charged=Charged.PERHAPS,
    ),
    "too_large": Ending(
        State.UNKNOWN,
        "The answer is larger than any picture may be. The provider may have charged; look there before you try again.",
        charged=Charged.PERHAPS,
    ),
    "broken_picture": Ending(
        State.FAILED,
        "The provider sent something that is no picture. It was probably charged; an operator finds what came.",
        charged=Charged.YES,
    ),
    "moderated": Ending(State.REFUSED, "The provider's safety system refused this. Change the prompt or the pictures."),
    "moderated_late": Ending(
        State.REFUSED,
        "The provider's safety system refused the finished picture. It may have been charged.",
        charged=Charged.PERHAPS,
    ),
    "invalid_key": Ending(
        State.FAILED, "The provider refuses the connection's key. An admin can enter a valid one.", is_trouble=True
    ),
    "not_verified": Ending(
        State.FAILED,
        "The provider wants the organization verified before it may use this model. "
        "Verify it in the provider's settings; that takes up to half an hour to hold.",
        is_trouble=True,
    ),
    "not_allowed": Ending(State.FAILED, "The provider does not allow this key to do this."),
    "no_such_model": Ending(State.FAILED, "The provider does not know this model, or does not give it to this key."),
    "bad_request": Ending(State.FAILED, "The provider did not accept a parameter. Choose other settings."),
    "out_of_money": Ending(
        State.FAILED,
        "The provider's balance or spending limit is used up. An admin can raise it there.",
        is_trouble=True,
    ),
    "rate_limited": Ending(
        State.FAILED, "The provider limits how fast it is asked. Try again later.", is_retryable=True
    ),
    "outage": Ending(
        State.FAILED,
        "The provider has an outage. Try again later.",
        is_retryable=True,
        is_outage=True,
        is_sick=True,
    ),
    "gateway_timeout": Ending(
        State.UNKNOWN,
        "Something before the provider gave up waiting. The picture may have been made and charged.",
        charged=Charged.PERHAPS,
        is_sick=True,
    ),
    "provider_failed": Ending(State.FAILED, "The provider failed at this picture. Try again.", charged=Charged.NO),
    "provider_failed_late": Ending(
        State.FAILED, "The provider failed while the picture developed. It may have charged.", charged=Charged.PERHAPS
    ),
    "no_key": Ending(
        State.FAILED, "The connection has no key that opens. An admin can enter it again.", is_silent=True
    ),
    "nothing_lent": Ending(
        State.FAILED,
        "Who runs this Darkroom lends no key to this connection any more. An admin can choose another one.",
        is_silent=True,
    ),
    "loan_used_up": Ending(
        State.FAILED,
        "The connection has an outage, and what the operator's key may spend for this organization is used up.",
        is_silent=True,
    ),
    "no_connection": Ending(State.FAILED, "The connection was removed while this waited.", is_silent=True),
    "broken": Ending(State.FAILED, "Something broke on our side before anything was sent.", is_silent=True),
    "broken_late": Ending(
        State.UNKNOWN,
        "Something broke on our side. The provider may have charged.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "put_aside": Ending(
        State.UNKNOWN,
        "The picture came, but storage does not take it now. It is safe, and appears here when storage works again.",
        charged=Charged.YES,
    ),
    "not_kept": Ending(
        State.FAILED,
        "The picture came and was charged, but neither storage nor the worker's disk took it. Ask an operator.",
        charged=Charged.YES,
    ),
    "worker_lost": Ending(
        State.UNKNOWN,
        "The worker died while the provider worked. It may have charged; look there before you try again.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "stopped": Ending(State.CANCELLED, "Stopped before anything was made.", is_silent=True),
    "stopped_late": Ending(
        State.CANCELLED,
        "Stopped while the provider worked. It may have charged.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
}


@dataclass
class ProviderError(Exception):
    """The call brought no picture."""

    code: str
    retry_after_seconds: float | None = None
    request_id: str = ""
    details: dict[str, Any] = field(default_factory=dict)  # for the log, never for a person
    data: bytes = field(default=b"", repr=False)  # what came and could not be read: it may have been paid for

    def __post_init__(self) -> None:
        super().__init__(self.code)

    @property
    def ending(self) -> Ending:
        return ENDINGS[self.code]


def of_error_body(
    *,
    status: int | None,
    code: str | None,
    kind: str | None,
    message: str,
    stage: str | None = None,
    is_late: bool = False,
) -> str:
    """The name for what a provider said in OpenAI's error envelope. `status` is None inside a stream; `is_late` when
    partial images had come before it."""
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
