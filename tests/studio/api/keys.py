"""Programs of the test world: a key in hand, and what it asks."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client

from accounts import api_keys
from accounts.models import Organization, Scope, User
from saas.database import tenancy
from tests.conftest import must_be_member


@dataclass
class Program:
    token: str

    def get(self, path: str, **headers: str) -> Any:
        return Client().get(f"/api/v1/{path}", headers=self._headers(headers))

    def delete(self, path: str) -> Any:
        return Client().delete(f"/api/v1/{path}", headers=self._headers({}))

    def put(self, path: str, body: object) -> Any:
        data = json.dumps(body)
        return Client().put(f"/api/v1/{path}", data, content_type="application/json", headers=self._headers({}))

    def patch(self, path: str, body: object) -> Any:
        data = json.dumps(body)
        return Client().patch(f"/api/v1/{path}", data, content_type="application/json", headers=self._headers({}))

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        data = json.dumps(body if body is not None else {})
        return Client().post(f"/api/v1/{path}", data, content_type="application/json", headers=self._headers(headers))

    def give(self, path: str, **form: Any) -> Any:
        return Client().post(f"/api/v1/{path}", form, headers=self._headers({}))

    @property
    def bearer(self) -> dict[str, str]:
        return self._headers({})

    def _headers(self, more: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in more.items()}
        return {"Authorization": f"Bearer {self.token}", **named}


def program(org: Organization, by: User, *scopes: Scope) -> Program:
    with tenancy.tenant(org.pk):
        _, token = api_keys.make(
            org=org, by=must_be_member(org, by), name="Program", scopes=list(scopes or [Scope.GENERATE, Scope.READ])
        )
    return Program(token)
