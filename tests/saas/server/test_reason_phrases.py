"""Status lines say what their number means: Twisted's list ends before 422."""

import sys
from http import HTTPStatus
from types import ModuleType

import pytest
from twisted.web import http

from saas.server import intake


def test_every_status_has_its_phrase(monkeypatch: pytest.MonkeyPatch) -> None:
    from daphne import http_protocol

    monkeypatch.setitem(sys.modules, "daphne.server", sys.modules.get("daphne.server") or ModuleType("daphne.server"))
    for name in ("WebRequest", "HTTPFactory"):
        monkeypatch.setattr(http_protocol, name, type(name, (getattr(http_protocol, name),), {}))
    intake.install()
    assert http.RESPONSES[422] == HTTPStatus(422).phrase.encode()
    assert all(status.value in http.RESPONSES for status in HTTPStatus)
