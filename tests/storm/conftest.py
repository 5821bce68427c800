"""A Darkroom as `bin/run` starts it, with short deadlines, and the demo's organization in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded.instance import manage, running_darkroom
from tests.embedded.prepared import copied, demo_of
from tests.storm.client import Storm

HEAD_SECONDS = 3
ARRIVAL_SECONDS = 8
BODIES_BYTES = 60_000_000
# Guesses at a password are part of the storm, so they cost here what they cost in production.
DEAR_PASSWORDS = "saas.settings"
SET_PASSWORD = """
from accounts.models import User
demo = User.objects.get(email="{email}")
demo.set_password("{password}")
demo.save(update_fields=["password"])
"""


@pytest.fixture(scope="package")
def storm(demo_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storm]:
    data, demo = copied(demo_data, tmp_path_factory.mktemp("storm")), demo_of(demo_data)
    manage(data, "shell", "--no-imports", "-c", SET_PASSWORD.format_map(demo), DJANGO_SETTINGS_MODULE=DEAR_PASSWORDS)
    with running_darkroom(
        data,
        REQUEST_HEAD_SECONDS=str(HEAD_SECONDS),
        REQUEST_ARRIVAL_SECONDS=str(ARRIVAL_SECONDS),
        REQUEST_BODIES_BYTES=str(BODIES_BYTES),
        DJANGO_SETTINGS_MODULE=DEAR_PASSWORDS,
    ) as instance:
        yield Storm(instance, str(demo["api_key"]))
