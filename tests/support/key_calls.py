"""Calls with an API key."""

from typing import Any

from django.test import Client


def ask(token: str, *, scheme: str = "Bearer") -> Any:
    return Client().get("/api/v1/key", headers={"Authorization": f"{scheme} {token}"})


def status_of(token: str) -> int:
    return int(ask(token).status_code)
