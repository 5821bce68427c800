"""Read the result of a run once: the original bytes as base64, and what the provider said of them. What a worker of
this process has handed over is not read again."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from accounts.limits import counters, remaining
from accounts.limits.remaining import LimitsNow
from accounts.models import ApiKey, Counter, Membership
from saas.database import functions, tenancy
from saas.database.release import released
from saas.text import money
from studio.files import signed_links, storage
from studio.gateway.answer_memory import AnswerMemory
from studio.imaging.previews import Measured
from studio.models import Output, Run, RunEvent, Slot, State
from studio.openai_wire import base64_text
from studio.openai_wire.errors import OpenAIError
from studio.providers.answers import Partial
from studio.runs import outages
from studio.waiting.relay import Finished

TOKENS = ("input_tokens", "output_tokens", "total_tokens")
DETAILS = ("text_tokens", "image_tokens")
ANSWER = f"SELECT studio_answer(%(run)s, %(is_play)s, {counters.WHERE})"
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
    base64: bytes | memoryview = b""
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
    came from a worker of this process, by their slots; if all of them came, the database is not asked."""
    if not with_links and len(handed) == run.count:
        result = _from_hand(run, payer, memory, [finished for _, finished in sorted(handed.items())])
        if result is not None:
            return result
    is_play, is_lent = _who_pays(run)
    places = remaining.places_now(*payer, is_lent=is_lent)
    values = {"run": run.pk, "is_play": is_play, **counters.where(places)}
    with released():
        told = functions.ask(run.org_id, ANSWER, values)
        slots = [_slot_of(run, one) for one in told["slots"]]
        found = [functions.row(Counter, one) for one in told["counters"]]
        left = _budget_left(run, payer, found, is_play=is_play, is_lent=is_lent)
        done = [slot for slot in slots if slot.state == State.SUCCEEDED]
        wait_seconds = None if done else _wait_seconds(slots[0])
    _take_memory(run, memory, 0 if with_links else sum(slot.output.size_bytes for slot in done))
    made = [_made_from(slot, handed.get(slot.index), with_link=with_links) for slot in done]
    failed = [slot for slot in slots if slot.state != State.SUCCEEDED]
    return Result(made, failed, money.exact(int(told["micros"])), left, wait_seconds)


def _from_hand(
    run: Run, payer: tuple[Membership, ApiKey], memory: AnswerMemory, handed: list[Finished]
) -> Result | None:
    """Return the result as its workers know it. Return None if they do not know the limits that count now: after
    midnight, or when another connection has taken over."""
    _, is_lent = _who_pays(run)
    last = max(handed, key=lambda finished: finished.seq)
    counted = [counters.read_json(one) for one in last.counters or () if one["subject"] is not None]
    found = {state.place: state for state in counted}
    if found.keys() != set(remaining.places_now(*payer, is_lent=is_lent)):
        return None
    budget = remaining.tightest_counted(found.values(), payer[0])
    _take_memory(run, memory, sum(finished.picture_bytes for finished in handed))
    return Result(
        [_made_by_worker(run, finished) for finished in handed],
        [],
        money.exact(last.micros),
        money.exact(budget.left) if budget else None,
    )


def _who_pays(run: Run) -> tuple[bool, bool]:
    """Return whether the run's connection takes play money, and whether its key is lent."""
    traits = run.connection.traits if run.connection else None
    return bool(traits and traits.is_play), bool(traits and traits.is_lent)


def _take_memory(run: Run, memory: AnswerMemory, size_bytes: int) -> None:
    if size_bytes > LARGEST_ANSWER_BYTES:
        raise _too_large()
    memory.take(size_bytes, org_id=run.org_id)


def _made_by_worker(run: Run, finished: Finished) -> Made:
    frame = finished.frame
    return Made(
        asked=run.asked,
        used=frame.used,
        usage=frame.usage,
        measured=finished.measured,
        revised_prompt=frame.revised_prompt,
        base64=frame.base64,
    )


def _made_from(slot: Slot, finished: Finished | None, *, with_link: bool) -> Made:
    made, output = describe(slot), slot.output
    if with_link:
        return replace(made, link=signed_links.link_to(output))
    return replace(made, base64=finished.frame.base64 if finished else _base64(output.file))


def describe(slot: Slot) -> Made:
    """Return what is known of a slot's picture, without the picture itself."""
    output = slot.output
    return Made(
        asked=slot.run.asked,
        used=slot.used,
        usage=slot.usage,
        measured=Measured(output.format, output.width, output.height),
        revised_prompt=output.revised_prompt,
    )


def _slot_of(run: Run, told: dict[str, Any]) -> Slot:
    """Return a slot of the run, with its output if it has one."""
    slot = functions.row(Slot, told["slot"])
    slot.run = run
    if told["output"]:
        slot.output = functions.row(Output, told["output"])
        slot.output.run, slot.output.org = run, run.org
    return slot


def _wait_seconds(slot: Slot) -> int | None:
    with tenancy.tenant(slot.org_id):
        return outages.wait_seconds(slot)


def _budget_left(
    run: Run, payer: tuple[Membership, ApiKey], found: list[Counter], *, is_play: bool, is_lent: bool
) -> str | None:
    """Return what is left of the limit that refuses first, or None if money has no limit."""
    limits = LimitsNow(*payer, found, quotas=(), default_is_lent=is_lent)
    if len(found) < len(remaining.places_now(*payer, is_lent=is_lent)):  # in a new day or month
        limits = remaining.read(*payer)
    budget = limits.tightest(is_play=is_play, is_lent=is_lent)
    return money.exact(budget.left) if budget else None


def _too_large() -> OpenAIError:
    """Return the refusal for pictures that are too large together. They are paid for, so an SDK must not retry."""
    message = (
        f"The pictures have more than {LARGEST_ANSWER_BYTES // 1_000_000} MB together. They are in the gallery; ask "
        "for fewer at once, or with 'response_format' as 'url'."
    )
    return OpenAIError(message, status=400, code="answer_too_large", headers={"x-should-retry": "false"})


def read_partial(run: Run, told: RunEvent | Partial) -> bytes | memoryview | None:
    """Return the partial as base64, fresh or named by an event; None if it was never kept, or is kept no longer."""
    if isinstance(told, Partial):
        return told.base64
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
