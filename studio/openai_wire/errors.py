"""Write refusals as OpenAI's API does: an HTTP status and an envelope that always has its four keys."""

from typing import Any

REQUEST = "invalid_request_error"
IMAGE = "image_generation_user_error"


class OpenAIError(Exception):
    def __init__(
        self, message: str, *, status: int = 400, kind: str = REQUEST, code: str | None = None,
        param: str | None = None, headers: dict[str, str] | None = None, more: dict[str, Any] | None = None,
    ) -> None:  # fmt: skip
        super().__init__(message)
        self.status, self.headers = status, headers or {}
        self.error: dict[str, Any] = {"message": message, "type": kind, "param": param, "code": code, **(more or {})}

    @property
    def envelope(self) -> dict[str, Any]:
        return {"error": self.error}


def missing(param: str) -> OpenAIError:
    return OpenAIError(f"Missing required parameter: '{param}'.", code="missing_required_parameter", param=param)


def unknown(param: str) -> OpenAIError:
    return OpenAIError(f"Unknown parameter: '{param}'.", code="unknown_parameter", param=param)


def wrong_type(param: str, wanted: str, value: object) -> OpenAIError:
    names = {
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a decimal",
        list: "an array",
        dict: "an object",
    }
    got = names.get(type(value), "something else")
    message = f"Invalid type for '{param}': expected {wanted}, but got {got} instead."
    return OpenAIError(message, code="invalid_type", param=param)


def wrong_value(param: str, value: object, allowed: list[str]) -> OpenAIError:
    quoted = [f"'{one}'" for one in allowed]
    listed = quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f", and {quoted[-1]}"
    message = f"Invalid value: '{value}'. Supported values are: {listed}."
    return OpenAIError(message, code="invalid_value", param=param)


def image_value(param: str, message: str) -> OpenAIError:
    return OpenAIError(message, kind=IMAGE, code="invalid_value", param=param)


def no_such_model(model: str) -> OpenAIError:
    message = f"The model '{model}' does not exist or you do not have access to it."
    return OpenAIError(message, status=404, code="model_not_found", param="model")
