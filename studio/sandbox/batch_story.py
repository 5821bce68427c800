"""Say how a batch stands. Its state follows from what was asked and from the clock, without any work, and its pictures
are painted when its results are fetched."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from studio.sandbox.batch_lines import Checked, Request

VALIDATING_SECONDS, WORKING_SECONDS, FINALIZING_SECONDS, CANCELLING_SECONDS = 0.2, 0.3, 0.1, 0.3
WINDOW_SECONDS = 24 * 3600
EXPIRED = ("batch_expired", "This request could not be executed before the completion window expired.")
CANCELLED = ("batch_cancelled", "This request was not executed because the batch was cancelled.")
STAMPS = (
    "in_progress_at", "finalizing_at", "completed_at", "failed_at", "expired_at", "cancelling_at", "cancelled_at",
)  # fmt: skip


@dataclass(frozen=True)
class Batch:
    """What is kept of a batch, and what its file says."""

    kept: dict[str, Any]
    checked: Checked
    now: float

    @property
    def begun_at(self) -> float:
        return float(self.kept["created"]) + VALIDATING_SECONDS

    @property
    def worked_at(self) -> float:
        if self.checked.odd == "stuck":
            return self.begun_at + WINDOW_SECONDS
        return self.begun_at + WORKING_SECONDS + self.checked.seconds

    @property
    def cancelled(self) -> float | None:
        said = self.kept.get("cancelled")
        return float(said) if said is not None else None

    @property
    def status(self) -> str:
        created, cancelled = float(self.kept["created"]), self.cancelled
        if self.now < created + VALIDATING_SECONDS and cancelled is None:
            return "validating"
        if self.checked.faults or self.checked.odd == "failed":
            return "failed"
        if cancelled is not None:
            return "cancelling" if self.now < cancelled + CANCELLING_SECONDS else "cancelled"
        if self.now < self.worked_at:
            return "in_progress"
        if self.now < self.worked_at + FINALIZING_SECONDS:
            return "finalizing"
        return "expired" if self.checked.odd == "expired" else "completed"

    @property
    def done(self) -> int:
        """Return how many lines are finished: one after the other, or half of them if the batch expires."""
        count = len(self.checked.requests)
        until = min(self.now, self.cancelled or self.now)
        share = (until - self.begun_at) / max(self.worked_at - self.begun_at, 0.001)
        finished = max(0, min(count, int(count * share)))
        return min(finished, count // 2) if self.checked.odd == "expired" else finished

    @property
    def finished(self) -> list[Request]:
        return self.checked.requests[: self.done]

    @property
    def good(self) -> list[Request]:
        return [one for one in self.finished if one.refusal is None]

    @property
    def bad(self) -> list[Request]:
        return [one for one in self.finished if one.refusal is not None]

    @property
    def left(self) -> list[Request]:
        return self.checked.requests[self.done :]

    def described(self) -> dict[str, Any]:
        status, odd = self.status, self.checked.odd
        has_ended = status in {"completed", "expired", "cancelled"}
        faults = self.checked.faults or ([_unwell()] if status == "failed" else [])
        is_read = status not in {"validating", "failed"}
        id_ = self.kept["id"]
        failed = len(self.bad) + (len(self.left) if has_ended else 0)
        has_output = has_ended and self.good and odd != "no_output_file"
        has_errors = has_ended and failed and odd != "no_error_file"
        return {
            "id": id_, "object": "batch", "endpoint": self.kept["endpoint"],
            "model": self.checked.model or None,
            "errors": {"object": "list", "data": faults} if faults and status == "failed" else None,
            "input_file_id": self.kept["input_file_id"], "completion_window": "24h", "status": status,
            "output_file_id": id_.replace("batch_", "file-out") if has_output else None,
            "error_file_id": id_.replace("batch_", "file-err") if has_errors else None,
            "created_at": int(self.kept["created"]), "expires_at": int(self.kept["created"]) + WINDOW_SECONDS,
            **self._stamps(status),
            "request_counts": {
                "total": len(self.checked.requests) if is_read else 0,
                "completed": len(self.good) if is_read else 0,
                "failed": failed if is_read else 0,
            },
            "usage": self._usage() if has_ended else None,
            "metadata": self.kept["metadata"],
        }  # fmt: skip

    def _stamps(self, status: str) -> dict[str, int | None]:
        times: dict[str, int | None] = dict.fromkeys(STAMPS)
        if status not in {"validating", "failed"}:
            times["in_progress_at"] = int(self.begun_at)
        if status in {"finalizing", "completed", "expired"}:
            times["finalizing_at"] = int(self.worked_at)
        if self.cancelled is not None:
            times["cancelling_at"] = int(self.cancelled)
        ends = {"completed": self.worked_at, "expired": self.worked_at, "failed": self.begun_at}
        if status in ends:
            times[f"{status}_at"] = int(ends[status] + FINALIZING_SECONDS)
        if status == "cancelled":
            times["cancelled_at"] = int((self.cancelled or 0) + CANCELLING_SECONDS)
        return times

    def _usage(self) -> dict[str, Any]:
        """Add up the lines, without a split into text and pictures, as the API does it."""
        each = [one.call.usage(0, with_details=True) for one in self.good]
        total = {name: sum(one[name] for one in each) for name in ("input_tokens", "output_tokens", "total_tokens")}
        if self.checked.odd == "wrong_usage":
            total = {name: count + 1000 for name, count in total.items()}
        details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
        return {**total, **details}

    def outputs(self) -> Iterator[Request]:
        """Yield the lines of the output file, out of order, as the API may send them."""
        good = self.good[:-1] if self.checked.odd == "short" else self.good
        yield from reversed(good)
        if self.checked.odd == "twice" and good:
            yield good[0]

    def errors(self) -> Iterator[dict[str, Any]]:
        for one in self.bad:
            refusal = one.refusal
            assert refusal is not None  # noqa: S101 or it would not be bad
            yield line_of(one, response(refusal.status, refusal.envelope))
        code, message = CANCELLED if self.cancelled is not None else EXPIRED
        for one in self.left:
            yield {**line_of(one, None), "error": {"code": code, "message": message}}


def begin(kept: dict[str, Any], checked: Checked) -> Batch:
    return Batch(kept, checked, time.time())


def line_of(one: Request, answered: dict[str, Any] | None) -> dict[str, Any]:
    name = f"batch_req_{hashlib.sha256(one.custom_id.encode()).hexdigest()[:24]}"
    return {"id": name, "custom_id": one.custom_id, "response": answered, "error": None}


def response(status: int, body: dict[str, Any]) -> dict[str, Any]:
    return {"status_code": status, "request_id": "req_sandbox", "body": body}


def _unwell() -> dict[str, Any]:
    message = "The batch could not be processed."
    return {"code": "server_error", "line": None, "message": message, "param": None}
