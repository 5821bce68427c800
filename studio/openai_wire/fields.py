"""Read parameters as strictly as OpenAI's API: null means absent; types are not guessed, but in forms all is text."""

import re
from collections.abc import Mapping
from typing import Any

from studio.openai_wire.errors import OpenAIError, missing, unknown, wrong_type, wrong_value

SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can have half of a pair; no database and no provider takes it
WHOLE = re.compile(r"-?[0-9]{1,18}")


class Fields:
    def __init__(self, values: Mapping[str, Any], *, is_form: bool = False, prefix: str = "") -> None:
        self.values = {name: value for name, value in values.items() if value is not None}
        self.is_form, self.prefix = is_form, prefix

    def named(self, name: str) -> str:
        return f"{self.prefix}{name}"

    def refuse_others(self, known: frozenset[str]) -> None:
        for name in self.values:
            if name not in known:
                raise unknown(self.named(name))

    def text(self, name: str, default: str | None = None, *, longest: int = 0) -> str:
        value = self.values.get(name, default)
        param = self.named(name)
        if value is None:
            raise missing(param)
        if not isinstance(value, str):
            raise wrong_type(param, "a string", value)
        if SURROGATE.search(value):
            raise OpenAIError(
                f"Invalid '{param}': the string holds half of a character.", code="invalid_value", param=param
            )
        if longest and len(value) > longest:
            message = (
                f"Invalid '{param}': string too long. Expected a string with maximum length {longest}, "
                f"but got a string with length {len(value)} instead."
            )
            raise OpenAIError(message, code="string_above_max_length", param=param)
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = self.text(name, default)
        if value not in allowed:
            raise wrong_value(self.named(name), value, list(allowed))
        return value

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        value, param = self.values.get(name, default), self.named(name)
        if self.is_form and isinstance(value, str) and WHOLE.fullmatch(value):
            value = int(value)
        if not isinstance(value, int) or isinstance(value, bool):
            raise wrong_type(param, "an integer", value)
        if value < low:
            message = (
                f"Invalid '{param}': integer below minimum value. Expected a value >= {low}, but got {value} instead."
            )
            raise OpenAIError(message, code="integer_below_min_value", param=param)
        if value > high:
            message = (
                f"Invalid '{param}': integer above maximum value. Expected a value <= {high}, but got {value} instead."
            )
            raise OpenAIError(message, code="integer_above_max_value", param=param)
        return value

    def flag(self, name: str) -> bool:
        value = self.values.get(name, False)
        if self.is_form and value in {"true", "false"}:
            value = value == "true"
        if not isinstance(value, bool):
            raise wrong_type(self.named(name), "a boolean", value)
        return value
