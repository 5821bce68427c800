"""Schemathesis asks every call of the OpenAPI document what it did not expect. Nothing ends in a 5xx, and every answer
is one that the document names."""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi import checks

from tests.embedded.instance import Instance
from tests.studio.gateway.conftest import api_key, darkroom, sandbox_key, up

__all__ = ["api_key", "darkroom", "sandbox_key", "up"]
EXAMPLES = 12


def test_no_call_breaks(darkroom: Instance, api_key: str) -> None:
    schema = schemathesis.openapi.from_url(f"{darkroom.url}/api/v1/openapi.json", timeout=60)
    asked = 0
    for found in schema.get_all_operations():
        operation: Any = found.ok()  # type: ignore[union-attr]  # an error ends the test, as it should

        @given(case=operation.as_strategy())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
            database=None,
        )
        def ask(case: Any) -> None:
            nonlocal asked
            if "stream" in (case.query or {}):
                case.query["stream"] = "false"  # else each would wait for its picture
            (case.query or {}).pop("pace", None)  # as a stream does
            (case.query or {}).pop("wait", None)
            answer = case.call(headers={"Authorization": f"Bearer {api_key}"}, timeout=60)
            asked += 1
            assert answer.status_code < 500, (case.formatted_path, answer.text)
            case.validate_response(answer, checks=[checks.status_code_conformance, checks.response_schema_conformance])

        ask()
    assert asked > 100
