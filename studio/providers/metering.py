"""Measure how long each call of a provider took and what it used, for one line in the log and for Prometheus. Labels
are few and fixed; neither the person nor the prompt is a label."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog

from saas.ops import metrics
from saas.text import money
from studio.imaging.sizes import Size
from studio.models import Run, Slot

SUCCEEDED = "succeeded"
QUALITIES = {"low", "medium", "high", "xhigh", "max", "auto"}
CLASSES = ((1_100_000, "1mp"), (2_200_000, "2mp"), (4_200_000, "4mp"))  # what is larger is 8mp

log = structlog.get_logger("darkroom.calls")


@dataclass
class MeteredCall:
    """One try of one slot, timed from the moment when its request leaves."""

    run: Run
    slot: Slot
    connection: str
    _sent: float | None = field(default=None, init=False)
    _first_partial: float | None = field(default=None, init=False)
    _came: float | None = field(default=None, init=False)

    def sent(self) -> None:
        self._sent = time.monotonic()

    def partial(self) -> None:
        self._first_partial = self._first_partial or time.monotonic()

    def came(self) -> None:
        self._came = time.monotonic()

    def ended(
        self,
        outcome: str,
        *,
        state: str,
        used: Mapping[str, Any] | None = None,
        usage: Mapping[str, Any] | None = None,
        request_id: str = "",
        micros: int | None = None,
    ) -> None:
        """Log and count how the call ended. `outcome` is “succeeded” or a name from studio.providers.outcomes; `micros`
        is what it cost, or None where only the provider knows."""
        said = {**self.run.asked, **(used or {})}
        size, quality = str(said.get("size") or "auto"), str(said.get("quality") or "auto")
        tokens = {name: _tokens(usage, f"{name}_tokens") for name in ("input", "output")}
        first, whole = self._seconds(self._first_partial), self._seconds(self._came or time.monotonic())
        labels = {
            "model": self.run.model,
            "kind": self.run.kind,
            "size": size_class(size),
            "quality": quality if quality in QUALITIES else "other",
        }
        metrics.CALLS.labels(self.run.model, self.run.kind, outcome).inc()
        if first is not None:
            metrics.CALL_FIRST_PARTIAL_SECONDS.labels(**labels).observe(first)
        if whole is not None:
            metrics.CALL_SECONDS.labels(**labels, outcome=state).observe(whole)
        for direction, count in tokens.items():
            metrics.CALL_TOKENS.labels(self.run.model, self.run.kind, direction).inc(count)
        log.info(
            "call",
            run=str(self.run.code),
            outcome=outcome,
            model=self.run.model,
            kind=self.run.kind,
            size=size,
            quality=quality,
            n=1,  # a run of several pictures makes a call for each
            slot=self.slot.index,
            tried=self.slot.tries,
            connection=self.connection,
            provider_request_id=request_id,
            input_tokens=tokens["input"],
            output_tokens=tokens["output"],
            cost=None if micros is None else money.exact(micros),
            first_partial_seconds=first,
            seconds=whole,
        )

    def _seconds(self, moment: float | None) -> float | None:
        return None if self._sent is None or moment is None else round(moment - self._sent, 3)


def size_class(size: str) -> str:
    try:
        pixels = Size.read(size).pixels
    except ValueError:
        return "auto"
    return next((name for most, name in CLASSES if pixels <= most), "8mp")


def _tokens(usage: Mapping[str, Any] | None, name: str) -> int:
    count = (usage or {}).get(name)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0
