"""Read the result of a run once: the original bytes as base64, and what the provider said of them. What a worker of
this process has handed over is not read again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from django.db import connection

from accounts.limits import remaining
from accounts.models import ApiKey, Membership
from saas.database import tenancy
from saas.database.release import released
from saas.text import money
from studio.files import signed_links, storage
from studio.gateway.answer_memory import AnswerMemory
from studio.imaging.previews import Measured
from studio.models import Run, RunEvent, Slot, State
from studio.openai_wire import base64_text
from studio.openai_wire.errors import OpenAIError
from studio.providers.answers import Partial
from studio.runs import outages
from studio.waiting.relay import Finished

TOKENS = ("input_tokens", "output_tokens", "total_tokens")
DETAILS = ("text_tokens", "image_tokens")
TOLD = """
WITH mine AS (
    SELECT id FROM studio_run WHERE id = %(run)s AND awaited_by = %(me)s FOR NO KEY UPDATE SKIP LOCKED
), told AS (UPDATE studio_run SET request_hash = '' FROM mine WHERE studio_run.id = mine.id)
SELECT coalesce(sum(micros), 0) FROM billing_entry WHERE org_id = %(org)s AND run_code = %(code)s
"""  # see studio.gateway.retrying. A locked row is skipped: the answer is complete without the update
OF_SLOT = ("output", "run__connection", "connection")
NOTHING_HANDED: Mapping[int, Finished] = MappingProxyType({})
LARGEST_ANSWER_BYTES = 120_000_000  # it is in memory three times while it is put together and sent


@dataclass(frozen=True)
class Made:
    """One picture: its base64, or else a link to it."""

    asked: dict[str, Any]
    used: dict[str, Any]
    usage: dict[str, Any] | None
    measured: Measured
    revised_prompt: str
    base64: bytes = b""
    link: str = ""

    @property
    def resolved(self) -> dict[str, str]:
        """Return what was really used, never `auto`: what the provider said, else what was asked, else a default."""
        used, asked = self.used, self.asked
        return {
            "background": str(used.get("background") or _unless_auto(asked.get("background"), "opaque")),
            "output_format": str(used.get("output_format") or self.measured.format),
            "quality": str(used.get("quality") or _unless_auto(asked.get("quality"), "medium")),
            "size": str(used.get("size") or f"{self.measured.width}x{self.measured.height}"),
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
        found = [one.usage or {} for one in self.made]
        total: dict[str, Any] = {name: sum(_as_count(usage.get(name)) for usage in found) for name in TOKENS}
        total["total_tokens"] = total["total_tokens"] or total["input_tokens"] + total["output_tokens"]
        total["input_tokens_details"] = _details(found, "input_tokens_details")
        if all(isinstance(usage.get("output_tokens_details"), dict) for usage in found):
            total["output_tokens_details"] = _details(found, "output_tokens_details")
        return total


def read_result(
    run: Run,
    payer: tuple[Membership, ApiKey],
    memory: AnswerMemory,
    handed: Mapping[int, Finished] = NOTHING_HANDED,
    *,
    with_links: bool = False,
) -> Result:
    """Read the result, with links in place of the pictures if the caller wants those. `handed` are the pictures that
    came from a worker of this process, by their slots."""
    is_all_handed = len(handed) == run.count and not with_links
    with released(), tenancy.tenant(run.org_id):
        slots = [] if is_all_handed else list(run.slots.select_related(*OF_SLOT).order_by("index"))
        cost = _cost_now_told(run)
        left = _budget_left(run, payer)
        done = [slot for slot in slots if slot.state == State.SUCCEEDED]
        wait_seconds = None if done or is_all_handed else outages.wait_seconds(slots[0])
    if is_all_handed:
        sizes = [len(one.frame.data) for one in handed.values()]
    else:
        sizes = [] if with_links else [slot.output.size_bytes for slot in done]
    if sum(sizes) > LARGEST_ANSWER_BYTES:
        raise _too_large()
    memory.take(sum(sizes), org_id=run.org_id)
    if is_all_handed:
        made = [_made_of(run, handed[index]) for index in sorted(handed)]
    else:
        made = [_made_from(slot, handed.get(slot.index), with_link=with_links) for slot in done]
    return Result(made, [slot for slot in slots if slot.state != State.SUCCEEDED], cost, left, wait_seconds)


def _made_of(run: Run, finished: Finished) -> Made:
    frame = finished.frame
    return Made(
        asked=run.asked,
        used=frame.used,
        usage=frame.usage,
        measured=finished.measured,
        revised_prompt=frame.revised_prompt,
        base64=base64_text.encode(frame.data),
    )


def _made_from(slot: Slot, finished: Finished | None, *, with_link: bool) -> Made:
    output = slot.output
    made = Made(
        asked=slot.run.asked,
        used=slot.used,
        usage=slot.usage,
        measured=Measured(output.format, output.width, output.height),
        revised_prompt=output.revised_prompt,
    )
    if with_link:
        return replace(made, link=signed_links.link_to(output))
    return replace(made, base64=base64_text.encode(finished.frame.data) if finished else _base64(output.file))


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
