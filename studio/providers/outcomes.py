"""Name how a call of a provider can end without a picture: few outcomes, each with its cost, whether to try again, and
one sentence for the person. The provider's own text is never shown."""

from dataclasses import dataclass, field
from typing import Any

from studio.models.runs import Charged, State
from studio.providers.incoming import Message
from studio.providers.refusals import NOT_MODERATED, Refusal


@dataclass(frozen=True)
class Outcome:
    state: State
    sentence: str
    charged: Charged = Charged.NO
    is_retryable: bool = False  # only where the answer proves that nothing was made
    is_outage: bool = False  # another connection may be asked instead
    is_sick: bool = False  # several in a row open the connection's circuit: it is left alone for a while
    is_silent: bool = False  # says nothing about whether the provider works
    is_trouble: bool = False  # every call through this connection will end so until an admin acts


OUTCOMES = {
    "unreachable": Outcome(
        State.FAILED,
        "The provider could not be reached. Nothing was sent.",
        is_retryable=True,
        is_outage=True,
        is_sick=True,
    ),
    "no_answer": Outcome(
        State.UNKNOWN,
        "The provider accepted the request but never answered. It may have charged; check there before you try again.",
        charged=Charged.PERHAPS,
        is_sick=True,
    ),
    "cut_off": Outcome(
        State.UNKNOWN,
        "The connection was lost before the picture arrived. "
        "The provider may have charged; check there before you try again.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "too_long": Outcome(
        State.UNKNOWN,
        "The provider took longer than this connection allows. It may have charged; check there before you try again.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "no_picture": Outcome(
        State.UNKNOWN,
        "The provider finished without a picture. It may have charged; check there before you try again.",
        charged=Charged.PERHAPS,
    ),
    "in_words": Outcome(State.ANSWERED, "The model answered in words and made no picture.", charged=Charged.YES),
    "strange_answer": Outcome(
        State.UNKNOWN,
        "The server did not answer like an OpenAI-compatible API. Check the connection's base URL.",
        charged=Charged.PERHAPS,
    ),
    "too_large": Outcome(
        State.UNKNOWN,
        "The answer is larger than any picture may be. "
        "The provider may have charged; check there before you try again.",
        charged=Charged.PERHAPS,
    ),
    "broken_picture": Outcome(
        State.FAILED,
        "The provider sent a file that is not a picture. It was probably charged. An operator can recover the file.",
        charged=Charged.YES,
    ),
    "moderated": Outcome(
        State.REFUSED, "The provider's safety system refused this. Change the prompt or the pictures."
    ),
    "moderated_late": Outcome(
        State.REFUSED,
        "The provider's safety system refused the finished picture. It may have been charged.",
        charged=Charged.PERHAPS,
    ),
    "invalid_key": Outcome(
        State.FAILED, "The provider rejected the connection's key. An admin can enter a valid one.", is_trouble=True
    ),
    "not_verified": Outcome(
        State.FAILED,
        "The provider requires a verified organization for this model. "
        "Verify yours in the provider's settings; it can take up to 30 minutes to take effect.",
        is_trouble=True,
    ),
    "not_allowed": Outcome(State.FAILED, "The provider does not allow this key to do this."),
    "no_such_model": Outcome(
        State.FAILED, "The provider does not know this model, or does not allow this key to use it."
    ),
    "bad_request": Outcome(State.FAILED, "The provider did not accept a parameter. Choose other settings."),
    "out_of_money": Outcome(
        State.FAILED,
        "The provider's balance or spending limit is used up. An admin can raise it there.",
        is_trouble=True,
    ),
    "rate_limited": Outcome(State.FAILED, "The provider's rate limit was reached. Try again later.", is_retryable=True),
    "outage": Outcome(
        State.FAILED,
        "The provider has an outage. Try again later.",
        is_retryable=True,
        is_outage=True,
        is_sick=True,
    ),
    "gateway_timeout": Outcome(
        State.UNKNOWN,
        "A proxy in front of the provider timed out. The picture may have been made and charged.",
        charged=Charged.PERHAPS,
        is_sick=True,
    ),
    "provider_failed": Outcome(
        State.FAILED, "The provider failed to make this picture. Try again.", charged=Charged.NO
    ),
    "provider_failed_late": Outcome(
        State.FAILED, "The provider failed while the picture developed. It may have charged.", charged=Charged.PERHAPS
    ),
    "no_key": Outcome(
        State.FAILED, "The connection's key can no longer be read. An admin can enter it again.", is_silent=True
    ),
    "nothing_lent": Outcome(
        State.FAILED,
        "The operator's key is no longer available for this connection. An admin can choose another one.",
        is_silent=True,
    ),
    "loan_used_up": Outcome(
        State.FAILED,
        "The connection has an outage, and this organization's limit for the operator's key is used up.",
        is_silent=True,
    ),
    "no_connection": Outcome(State.FAILED, "The connection was removed while this picture was queued.", is_silent=True),
    "locked": Outcome(
        State.FAILED,
        "The database was busy for too long. Nothing was sent. Try again.",
        is_retryable=True,
        is_silent=True,
    ),
    "broken": Outcome(State.FAILED, "Something broke on our side before anything was sent.", is_silent=True),
    "broken_late": Outcome(
        State.UNKNOWN,
        "Something broke on our side. The provider may have charged.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "put_aside": Outcome(
        State.UNKNOWN,
        "The picture arrived, but storage is not accepting it. It is safe, and appears here when storage works again.",
        charged=Charged.YES,
    ),
    "not_kept": Outcome(
        State.FAILED,
        "The picture arrived and was charged, but neither storage nor the worker's disk accepted it. Ask an operator.",
        charged=Charged.YES,
    ),
    "worker_lost": Outcome(
        State.UNKNOWN,
        "The worker stopped unexpectedly. The provider may have charged; check there before you try again.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "batch_lost": Outcome(
        State.UNKNOWN,
        "The provider lost the batch that this was in. It may have charged; check there before you try again.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "batch_line_missing": Outcome(
        State.UNKNOWN,
        "The provider finished the batch that this was in without naming it. It may have charged.",
        charged=Charged.PERHAPS,
        is_silent=True,
    ),
    "batch_refused": Outcome(
        State.FAILED, "The provider refused the batch that this was in. Nothing was charged.", is_silent=True
    ),
    "not_made_in_time": Outcome(
        State.FAILED, "The provider did not make this in time overnight. Nothing was charged.", is_silent=True
    ),
    "stopped": Outcome(State.CANCELLED, "Stopped before anything was made.", is_silent=True),
    "stopped_late": Outcome(
        State.CANCELLED,
        "Stopped while the provider was working. It may have charged.",
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
    refusal: Refusal = NOT_MODERATED  # what its safety system said
    words: str = ""  # what it answered in place of a picture, and the tokens that this took
    usage: dict[str, Any] | None = None
    # Bytes that came and could not be read: they may have been paid for.
    data: bytes | Message = field(default=b"", repr=False)

    def __post_init__(self) -> None:
        super().__init__(self.code)

    @property
    def outcome(self) -> Outcome:
        return OUTCOMES[self.code]
