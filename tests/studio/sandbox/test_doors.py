"""Where the sandbox is not public, only Darkroom's own workers may make it paint."""

import pytest
from django.conf import LazySettings
from django.test import Client

ASKED = {"model": "gpt-image-2", "prompt": "a lamp", "size": "1024x1024", "quality": "low"}


def status(key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    return Client().post("/sandbox/v1/images/generations", ASKED, "application/json", headers=headers).status_code


@pytest.mark.django_db
def test_any_key_paints_where_it_is_public_and_only_ours_elsewhere(settings: LazySettings) -> None:
    settings.IS_SANDBOX_PUBLIC = True
    assert status("anything") == 200
    settings.IS_SANDBOX_PUBLIC = False
    assert status("anything") == 401
    assert status(settings.SANDBOX_KEY) == 200
