"""A worker's way with a prompt that is to be improved: take, send once, judge what came, pay."""

import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import structlog
from django.db import connection, transaction

from accounts import quotas
from billing import charging, tokens
from saas import tenancy
from studio import calls
from studio.models import Charged, Rewrite, RewriteState, RewriteTicket
from studio.outcomes import ENDINGS, ProviderError
from studio.rewriting import INSTRUCTIONS, MOST_TOKENS_OUT
from studio.texts import Written

DEADLINE_SECONDS = 90.0
TAKEN_SECONDS = 150  # longer than the deadline; afterwards the worker is thought dead
LONGEST_SUGGESTION = 32_000  # as a prompt may be

# In other words than where a picture was asked for.
SENTENCES = {
    "no_text": "The model answered without a text. It was charged for that.",
    "cut_short": "The model did not come to an end. It was charged for what it said.",
    "too_long_text": "What the model wrote is longer than a prompt may be. It was charged.",
    "moderated": "The provider's safety system refused this prompt.",
    "declined": "The model declined to rewrite this prompt.",
    "too_large": "The answer is larger than any prompt may be. The provider may have charged.",
    "strange_answer": "The answer is not that of a Responses API. Check the connection's base URL.",
    "no_answer": "The provider took the request and never answered. It may have charged.",
    "cut_off": "The line was cut before the answer came. The provider may have charged.",
    "too_long": "The text model took too long. It may have charged.",
    "gateway_timeout": "Something before the provider gave up waiting. It may have charged.",
    "provider_failed": "The provider failed. Try again.",
    "worker_lost": "The worker died while the provider worked. It may have charged.",
    "bad_request": "The provider did not accept the request. An admin can choose another text model.",
}
PAID = {"no_text", "cut_short", "too_long_text", "declined"}

TAKE = """
UPDATE studio_rewriteticket SET due_at = clock_timestamp() + make_interval(secs => %s)
WHERE id = (
    SELECT id FROM studio_rewriteticket WHERE due_at <= clock_timestamp()
    ORDER BY due_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
)
RETURNING rewrite_code, org_id
"""

log = structlog.get_logger("darkroom.rewrites")


def make_next() -> bool:
    """Answers whether there was anything to do."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [TAKEN_SECONDS])
        row = cursor.fetchone()
    if row is None:
        return False
    _make(*row)
    return True


def count_due() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM studio_rewriteticket WHERE due_at <= clock_timestamp()")
        return int(cursor.fetchone()[0])


def _make(code: UUID, org_id: int) -> None:
    with tenancy.tenant(org_id):
        asked = Rewrite.objects.select_related("connection__org").filter(code=code).first()
        if asked is None or asked.state != RewriteState.WAITING:
            RewriteTicket.objects.filter(rewrite_code=code).delete()
            return
        if asked.sent_at is not None:  # the worker that sent it is gone
            _fail(asked, "worker_lost", Charged.PERHAPS)
            return
    try:
        said = _send(asked, org_id)
        if said is None:
            return  # another worker is at it
        text = _suggestion(said)
    except ProviderError as error:
        _end_badly(asked, org_id, error)
    except Exception:
        log.exception("prompt not improved", rewrite=str(code))
        _end_badly(asked, org_id, ProviderError("broken_late" if _was_sent(asked, org_id) else "broken"))
    else:
        with tenancy.tenant(org_id):
            _end(asked, RewriteState.READY, suggestion=text)
            _settle(asked, said.usage, said.request_id)


def _send(asked: Rewrite, org_id: int) -> Written | None:
    from studio import adapter  # with the SDK, which takes half a second to load

    if asked.connection is None:
        raise ProviderError("no_connection")
    with tenancy.tenant(org_id):
        endpoint = replace(calls.endpoint_of(asked.connection), deadline_seconds=DEADLINE_SECONDS)
        if not asked.begin():
            return None
    return adapter.write(
        endpoint,
        model=asked.model,
        instructions=INSTRUCTIONS,
        prompt=asked.prompt,
        most_tokens=MOST_TOKENS_OUT,
    )


def _suggestion(said: Written) -> str:
    """What came is text and nothing else: a page shows it as text, whatever it looks like."""
    kept = "".join(one for one in said.text if one in "\n\t" or unicodedata.category(one)[0] != "C")
    text = kept.strip()
    if not text:
        raise ProviderError("no_text", request_id=said.request_id, details={"usage": said.usage})
    if len(text) > LONGEST_SUGGESTION:
        raise ProviderError("too_long_text", request_id=said.request_id, details={"usage": said.usage})
    return text


def _end_badly(asked: Rewrite, org_id: int, error: ProviderError) -> None:
    log.info("prompt not improved", rewrite=str(asked.code), code=error.code, details=error.details)
    with tenancy.tenant(org_id):
        if error.code in PAID:
            _fail(asked, error.code, Charged.YES, error.details.get("usage"), error.request_id)
        else:
            _fail(asked, error.code, ENDINGS[error.code].charged, None, error.request_id)


def _fail(
    asked: Rewrite,
    code: str,
    charged: Charged,
    usage: Mapping[str, Any] | None = None,
    request_id: str = "",
) -> None:
    sentence = SENTENCES.get(code) or ENDINGS[code].sentence
    _end(asked, RewriteState.FAILED, error_code=code, error_sentence=sentence)
    held = quotas.newest(asked.code)
    if held is None:
        return
    if charged == Charged.YES:
        _settle(asked, usage, request_id)
    elif charged == Charged.PERHAPS:
        charging.doubt(held, request_id=request_id)
    else:
        charging.release(held)


@transaction.atomic
def _end(asked: Rewrite, state: RewriteState, **values: object) -> None:
    asked.end(state, **values)
    RewriteTicket.objects.filter(rewrite_code=asked.code).delete()


def _settle(asked: Rewrite, usage: Mapping[str, Any] | None, request_id: str) -> None:
    held = quotas.newest(asked.code)
    if held is not None:
        charging.settle(held, usage=usage, request_id=request_id, read=tokens.read_text)


def _was_sent(asked: Rewrite, org_id: int) -> bool:
    with tenancy.tenant(org_id):
        return Rewrite.objects.filter(pk=asked.pk).exclude(sent_at=None).exists()
