"""The files in deploy/ name nothing that Darkroom does not read, and hold no secret."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.scaled.programs import REPOSITORY

pytestmark = pytest.mark.scaled

DEPLOY = REPOSITORY / "deploy"
READ = re.compile(r'environment\.\w+\(\s*"([A-Z_0-9]+)"')


def settings() -> set[str]:
    source = (REPOSITORY / "saas" / "settings.py").read_text()
    return set(READ.findall(source)) | {"SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "ALLOWED_HOSTS"}


def variables(file: Path) -> dict[str, str]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def test_darkroom_env_names_only_settings() -> None:
    assert set(variables(DEPLOY / "darkroom.env.example")) <= settings()


def test_compose_sets_only_settings() -> None:
    services = compose()["services"]
    for name in ("migrate", "web", "worker"):
        assert set(services[name]["environment"]) <= settings()


def test_compose_asks_for_nothing_that_its_example_lacks() -> None:
    asked = set(re.findall(r"\$\{(\w+):\?\}", (DEPLOY / "compose.yaml").read_text()))
    assert asked == set(variables(DEPLOY / ".env.example"))


@pytest.mark.parametrize("name", [".env.example", "darkroom.env.example"])
def test_examples_hold_no_secret(name: str) -> None:
    values = {key: value for key, value in variables(DEPLOY / name).items() if value}
    assert set(values) <= {"TRUSTED_PROXIES", "DEFAULT_FROM_EMAIL"}


@pytest.mark.parametrize("name", ["Dockerfile", "systemd/darkroom-web.service"])
def test_the_web_process_writes_no_access_log(name: str) -> None:
    """It would hold whole addresses, and some are secrets."""
    text = (DEPLOY / name).read_text().replace('", "', " ")
    assert "daphne -v 0 " in text
