"""Read the result of a run once: the original bytes as base64, and what the provider said of them."""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from accounts.limits import remaining
from accounts.models import ApiKey, Membership
from saas.database import tenancy
from saas.database.release import released
from saas.text import money
from studio.files import storage
from studio.gateway.answer_memory import AnswerMemory
from studio.models import Output, Run, RunEvent, Slot, State
from studio.openai_wire import base64_text
from studio.openai_wire.errors import OpenAIError
from studio.providers.answers import Partial
from studio.runs import outages

TOKENS = ("input_tokens", "output_tokens", "total_tokens")
DETAILS = ("text_tokens", "image_tokens")
TOLD = """
WITH mine AS (
    SELECT id FROM studio_run WHERE id = %(run)s AND awaited_by = %(me)s FOR NO KEY UPDATE SKIP LOCKED
), told AS (UPDATE studio_run SET request_hash = '' FROM mine WHERE studio_run.id = mine.id)
SELECT coalesce(sum(micros), 0) FROM billing_entry WHERE org_id = %(org)s AND run_code = %(code)s
"""  # see studio.gateway.retrying. A locked row is skipped: the answer is complete without the update
LARGEST_ANSWER_BYTES = 120_000_000  # it is in memory three times while it is put together and sent


@dataclass(frozen=True)
class Made:
    """One picture. Its bytes are read only if the answer needs them."""

    slot: Slot
    output: Output
    base64: bytes

    @property
    def resolved(self) -> dict[str, str]:
        """Return what was really used, never `auto`: what the provider said, else what was asked, else a default."""
        used, asked = self.slot.used, self.slot.run.asked
        return {
            "background": str(used.get("background") or _unless_auto(asked.get("background"), "opaque")),
            "output_format": str(used.get("output_format") or self.output.format),
            "quality": str(used.get("quality") or _unless_auto(asked.get("quality"), "medium")),
            "size": str(used.get("size") or f"{self.output.width}x{self.output.height}"),
        }


@dataclass(frozen=True)
class Result:
    made: list[Made]
    failed: list[Slot]
    cost: str = ""
    budget_left: str | None = None
    wait_seconds: int | None = None  # without a picture because of an outage: how long it may still last

    @property
    def headers(self) -> dict[str, str]:
        said = {"x-darkroom-cost": self.cost, "x-darkroom-budget-left": self.budget_left}
        said |= {"x-darkroom-failed": str(len(self.failed)) if self.failed else None}
        return {name: value for name, value in said.items() if value is not None}

    @property
    def usage(self) -> dict[str, Any]:
        """Return the tokens of all pictures together, with every key that the API promises."""
        found = [one.slot.usage or {} for one in self.made]
        total: dict[str, Any] = {name: sum(_as_count(usage.get(name)) for usage in found) for name in TOKENS}
        total["total_tokens"] = total["total_tokens"] or total["input_tokens"] + total["output_tokens"]
        total["input_tokens_details"] = _details(found, "input_tokens_details")
        if all(isinstance(usage.get("output_tokens_details"), dict) for usage in found):
            total["output_tokens_details"] = _details(found, "output_tokens_details")
        return total


def read_result(run: Run, payer: tuple[Membership, ApiKey], memory: AnswerMemory, *, with_bytes: bool = True) -> Result:
    with released(), tenancy.tenant(run.org_id):
        slots = list(run.slots.select_related("output", "run__connection", "connection").order_by("index"))
        cost = _cost_now_told(run)
        left = _budget_left(run, payer)
        done = [slot for slot in slots if slot.state == State.SUCCEEDED]
        wait_seconds = None if done else outages.wait_seconds(slots[0])
    size_bytes = sum(slot.output.size_bytes for slot in done) if with_bytes else 0
    if size_bytes > LARGEST_ANSWER_BYTES:
        raise _too_large()
    memory.take(size_bytes, org_id=run.org_id)
    made = [Made(slot, slot.output, _base64(slot.output.file) if with_bytes else b"") for slot in done]
    return Result(made, [slot for slot in slots if slot.state != State.SUCCEEDED], cost, left, wait_seconds)


def _budget_left(run: Run, payer: tuple[Membership, ApiKey]) -> str | None:
    """Return what is left of the limit that refuses first, or None if money has no limit."""
    traits = run.connection.traits if run.connection else None
    budget = remaining.tightest(
        *payer, is_play=bool(traits and traits.is_play), is_lent=bool(traits and traits.is_lent)
    )
    return money.exact(budget.left) if budget else None


def _cost_now_told(run: Run) -> str:
    """Return what the run has cost. The same statement notes that its caller has the answer, unless the caller was
    taken for gone meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(TOLD, {"run": run.pk, "me": run.awaited_by, "org": run.org_id, "code": run.code})
        (micros,) = cursor.fetchone()
    return money.exact(int(micros))


def _too_large() -> OpenAIError:
    """Return the refusal for pictures that are too large together. They are paid for, so an SDK must not retry."""
    message = (
        f"The pictures have more than {LARGEST_ANSWER_BYTES // 1_000_000} MB together. They are in the gallery; ask "
        "for fewer at once, or with 'response_format' as 'url'."
    )
    return OpenAIError(message, status=400, code="answer_too_large", headers={"x-should-retry": "false"})


def read_partial(run: Run, told: RunEvent | Partial) -> bytes | None:
    """Return the partial as base64, fresh or named by an event; None if it was never kept, or is kept no longer."""
    if isinstance(told, Partial):
        return base64_text.encode(told.data)
    if "partial" not in told.data:
        return None
    with released(), tenancy.tenant(run.org_id):
        found = run.org.partials.filter(code=told.data["partial"], slot__run=run.pk).first()
    try:
        return _base64(found.file) if found else None
    except FileNotFoundError:
        return None


def _base64(name: str) -> bytes:
    return base64_text.encode(storage.load(name))


def _details(found: list[dict[str, Any]], name: str) -> dict[str, int]:
    """Return the sums under both keys, always, because the official SDKs' types promise them."""
    said = [usage[name] if isinstance(usage.get(name), dict) else {} for usage in found]
    return {key: sum(_as_count(one.get(key)) for one in said) for key in DETAILS}


def _as_count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _unless_auto(value: object, otherwise: str) -> object:
    return value if value and value != "auto" else otherwise
