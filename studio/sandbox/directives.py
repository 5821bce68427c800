"""Read directives in a prompt, such as `[sandbox delay=0.3 partials=1 fail=eof]`, which script what happens.
docs/sandbox.md lists them."""

import re
import threading
from collections import OrderedDict
from dataclasses import dataclass

from studio.openai_wire.errors import OpenAIError

BRACKET = re.compile(r"\[sandbox\b([^\]]*)\]", re.IGNORECASE)
IN_KEY = re.compile(r"delay=(\d+(?:\.\d+)?)")
BEFORE = ("moderation_blocked", "rate_limit", "insufficient_quota", "server_error", "unverified", "invalid_key")
FAILS = (*BEFORE, "timeout", "eof", "json", "html", "flat_error", "nested_error", "no_usage", "drip", "words")
BATCHES = ("failed", "expired", "stuck", "lost", "no_output_file", "no_error_file", "short", "twice", "wrong_usage")
LIMITS = {"delay": 600.0, "partials": 3, "after": 3, "when": 1_000_000, "only": 1_000_000, "seed": 2**53, "stray": 100}
REMEMBERED_PROMPTS = 10_000

_calls: OrderedDict[tuple[str, str], int] = OrderedDict()
_lock = threading.Lock()


@dataclass(frozen=True)
class Script:
    delay_seconds: float = 0.0
    partials: int | None = None  # at most so many are delivered
    fail: str = ""
    after: int | None = None  # fail inside the stream, after so many partials
    seed: int = 0
    batch: str = ""  # an odd outcome of the batch that the call is a line of
    stray: int = 0  # of 100: how much a masked edit changes what it should keep


def read_directives(prompt: str, *, key: str, identifier: str) -> tuple[str, Script]:
    """Return the prompt without its directives, and the script that they give for this one call."""
    given: dict[str, str] = {}
    for bracket in BRACKET.finditer(prompt):
        given |= _pairs(bracket[1])
    numbers = {name: _number(name, value) for name, value in given.items() if name in LIMITS}
    fail = given.get("fail", "")
    if fail and fail not in FAILS:
        raise _refused(f"fail is one of {', '.join(FAILS)}")
    batch = given.get("batch", "")
    if batch and batch not in BATCHES:
        raise _refused(f"batch is one of {', '.join(BATCHES)}")
    if fail and not _is_meant(numbers, prompt, identifier):
        fail = ""
    paced = IN_KEY.search(key)
    return BRACKET.sub("", prompt).strip(), Script(
        delay_seconds=numbers.get("delay", min(float(paced[1]), LIMITS["delay"]) if paced else 0.0),
        partials=int(numbers["partials"]) if "partials" in numbers else None,
        fail=fail,
        after=int(numbers["after"]) if "after" in numbers else None,
        seed=int(numbers.get("seed", 0)),
        batch=batch,
        stray=int(numbers.get("stray", 0)),
    )


def slot(identifier: str) -> int:
    """Return the slot that the identifier names. Callers that make several calls of one run number them: "…:2" is the
    third."""
    tail = identifier.rpartition(":")[2]
    return int(tail) if ":" in identifier and tail.isdecimal() and len(tail) < 8 else 0  # noqa: PLR2004


def _is_meant(numbers: dict[str, float], prompt: str, identifier: str) -> bool:
    if "when" in numbers and slot(identifier) != numbers["when"]:
        return False
    return "only" not in numbers or _count(prompt, identifier) == numbers["only"]


def _count(prompt: str, identifier: str) -> int:
    """Return which call of this prompt and identifier this is, counted from 1 and by this process alone."""
    with _lock:
        count = _calls.pop((prompt, identifier), 0) + 1
        _calls[prompt, identifier] = count
        while len(_calls) > REMEMBERED_PROMPTS:
            _calls.popitem(last=False)
        return count


def _pairs(text: str) -> dict[str, str]:
    pairs = {}
    for word in text.replace(",", " ").split():
        name, sign, value = word.partition("=")
        if not sign or name not in {*LIMITS, "fail", "batch"}:
            raise _refused(f"'{word}' is none of fail=… batch=… {' '.join(f'{known}=…' for known in LIMITS)}")
        pairs[name] = value
    return pairs


def _number(name: str, value: str) -> float:
    pattern = r"\d{1,16}(\.\d{1,6})?" if name == "delay" else r"\d{1,16}"
    if not re.fullmatch(pattern, value) or float(value) > LIMITS[name]:
        raise _refused(f"{name} is a number from 0 to {LIMITS[name]:g}")
    return float(value)


def _refused(what: str) -> OpenAIError:
    return OpenAIError(f"Invalid sandbox directive: {what}.", code="invalid_value", param="prompt")
