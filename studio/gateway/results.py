"""What came of a run, read once: the original bytes as base64 and what the provider said of them."""

import base64
from dataclasses import dataclass
from typing import Any

from accounts.models import ApiKey, Membership
from saas import tenancy
from studio import costs, files
from studio.answers import Partial
from studio.models import Output, Run, RunEvent, Slot, State

TOKENS = ("input_tokens", "output_tokens", "total_tokens")
DETAILS = ("text_tokens", "image_tokens")


@dataclass(frozen=True)
class Made:
    """One picture. The bytes are read only where they are wanted."""

    slot: Slot
    output: Output
    base64: bytes

    @property
    def resolved(self) -> dict[str, str]:
        """What was really used, never `auto`, as far as the provider said it."""
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

    @property
    def headers(self) -> dict[str, str]:
        said = {"x-darkroom-cost": self.cost, "x-darkroom-budget-left": self.budget_left}
        said |= {"x-darkroom-failed": str(len(self.failed)) if self.failed else None}
        return {name: value for name, value in said.items() if value is not None}

    @property
    def usage(self) -> dict[str, Any]:
        """Of all pictures together, with every key that the API promises."""
        found = [one.slot.usage or {} for one in self.made]
        total: dict[str, Any] = {name: sum(_whole(usage.get(name)) for usage in found) for name in TOKENS}
        total["total_tokens"] = total["total_tokens"] or total["input_tokens"] + total["output_tokens"]
        total["input_tokens_details"] = _details(found, "input_tokens_details")
        if all(isinstance(usage.get("output_tokens_details"), dict) for usage in found):
            total["output_tokens_details"] = _details(found, "output_tokens_details")
        return total


def read(run: Run, payer: tuple[Membership, ApiKey], *, with_bytes: bool = True) -> Result:
    with tenancy.tenant(run.org_id):
        slots = list(run.slots.select_related("output", "run").order_by("index"))
        cost = costs.of_run(run.org, run.code)
        is_play = run.connection is not None and run.connection.traits.is_play
        left = costs.budget_left(*payer, is_play=is_play)
    done = [slot for slot in slots if slot.state == State.SUCCEEDED]
    made = [Made(slot, slot.output, _base64(slot.output.file) if with_bytes else b"") for slot in done]
    return Result(made, [slot for slot in slots if slot.state != State.SUCCEEDED], cost, left)


def partial(run: Run, told: RunEvent | Partial) -> bytes | None:
    """The frame, fresh or as an event tells of it; None where it is no longer kept."""
    if isinstance(told, Partial):
        return base64.b64encode(told.data)
    with tenancy.tenant(run.org_id):
        found = run.org.partials.filter(code=told.data["partial"], slot__run=run.pk).first()
    try:
        return _base64(found.file) if found else None
    except FileNotFoundError:
        return None


def _base64(name: str) -> bytes:
    return base64.b64encode(files.load(name))


def _details(found: list[dict[str, Any]], name: str) -> dict[str, int]:
    """Both keys, always: the official SDKs' types promise them."""
    said = [usage[name] if isinstance(usage.get(name), dict) else {} for usage in found]
    return {key: sum(_whole(one.get(key)) for one in said) for key in DETAILS}


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _unless_auto(value: object, otherwise: str) -> object:
    return value if value and value != "auto" else otherwise
