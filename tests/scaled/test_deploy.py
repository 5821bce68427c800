"""The files in deploy/ name nothing that Darkroom does not read, and hold no secret."""

import os
import re
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import redis as redis_client
import yaml
from django.conf import settings as django_settings

from saas.server import drain
from tests.scaled.programs import REPOSITORY, free_port, wait_until

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


def test_redis_is_asked_with_the_password_that_it_wants(tmp_path: Path) -> None:
    """Who may write to it changes rate limits."""
    services, password = compose()["services"], "wants-to-know"
    assert services["web"]["environment"]["REDIS_URL"] == "redis://:${REDIS_PASSWORD:?}@redis/0"
    redis = services["redis"]
    assert redis["environment"] == {"REDISCLI_AUTH": "${REDIS_PASSWORD:?}"}
    port = free_port()
    shell, option, words = redis["command"]
    words = (
        words.replace("$$", "$").replace("/tmp/redis.conf", str(tmp_path / "redis.conf"))
        + f" --port {port} --bind 127.0.0.1"
    )
    environment = {**os.environ, "REDISCLI_AUTH": password}
    with subprocess.Popen([shell, option, words], cwd=tmp_path, env=environment) as process:
        try:
            wait_until(lambda: pings(port, password), "Redis answers to its password")
            assert not pings(port, "another")
            assert not pings(port, None)
        finally:
            with redis_client.Redis(port=port, password=password) as client, suppress(redis_client.ConnectionError):
                client.shutdown(nosave=True)
            process.wait(30)


def test_postgresql_allows_the_connections_of_the_example() -> None:
    """Each process keeps a pool; migrate, backups, commands and PostgreSQL's own reserve come on top."""
    pages = (REPOSITORY / "docs" / "operations.md").read_text(), (REPOSITORY / "docs" / "settings.md").read_text()
    (pool,) = re.findall(r"`DATABASE_POOL_SIZE` \| `(\d+)`", pages[1])
    (web, workers) = re.findall(r"--scale web=(\d+) --scale worker=(\d+)", pages[0])[0]
    (reserve,) = re.findall(r"processes . `DATABASE_POOL_SIZE` \+ (\d+)\*\*", pages[0])
    needed = (int(web) + int(workers)) * int(pool) + int(reserve)
    command = " ".join(compose()["services"]["postgres"]["command"])
    (allowed,) = re.findall(r"max_connections=(\d+)", command)
    assert f"need {needed}." in pages[0]
    assert f"sets {allowed}, which" in pages[0]
    assert needed <= int(allowed)
    assert f"--scale web={web} --scale worker={workers}" in (DEPLOY / "compose.yaml").read_text()
    assert 'environment.number("DATABASE_POOL_SIZE", 20)' in (REPOSITORY / "saas" / "settings.py").read_text()
    assert "DATABASE_POOL_SIZE" not in (DEPLOY / "compose.yaml").read_text()


def pings(port: int, password: str | None) -> bool:
    try:
        with redis_client.Redis(port=port, password=password) as client:
            return bool(client.ping())
    except (redis_client.ConnectionError, redis_client.ResponseError):
        return False


def test_images_can_be_pinned() -> None:
    images = [service["image"] for service in compose()["services"].values()]
    assert all(re.fullmatch(r"darkroom|\$\{[A-Z]+_IMAGE:-[a-z]+:\d+\}", image) for image in images), images


def test_a_web_process_is_given_more_time_to_end_than_it_takes() -> None:
    assert django_settings.DRAIN_SECONDS == 120
    needed = django_settings.DRAIN_SECONDS + 20
    unit = (DEPLOY / "systemd" / "darkroom-web.service").read_text()
    assert re.findall(r"^TimeoutStopSec=(\d+)$", unit, re.MULTILINE) == [str(needed)]
    assert compose()["services"]["web"]["stop_grace_period"] == f"{needed}s"
    assert drain.SILENT_SECONDS + drain.LAST_WORDS_SECONDS + drain.CUT_SECONDS < 10
