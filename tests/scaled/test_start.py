"""Web and worker refuse to start where they could not be safe, and say why in one sentence."""

import subprocess
import sys

import pytest

from saas.embedded.folder import DataFolder
from tests.scaled.databases import superuser_url
from tests.scaled.programs import REPOSITORY, plain_environment

pytestmark = pytest.mark.scaled

COMPLETE = {
    "DJANGO_SETTINGS_MODULE": "saas.settings",
    "SECRET_KEY": "x" * 60,
    "ENCRYPTION_KEYS": "dGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgMDE=",
    "DATABASE_URL": "postgresql://darkroom@127.0.0.1:1/darkroom",
    "ALLOWED_HOSTS": "127.0.0.1",
}
WEB = ["-c", "import saas.asgi"]
WORKER = ["-m", "dramatiq", "saas.worker", "--processes", "1"]


def start(arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Exit code and what was said."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=REPOSITORY,
        env=plain_environment() | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.returncode, done.stderr


@pytest.mark.parametrize("secret", ["SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "ALLOWED_HOSTS"])
def test_production_names_the_secret_that_is_missing(secret: str) -> None:
    environment = {name: value for name, value in COMPLETE.items() if name != secret}
    code, words = start(["-c", "import saas.settings"], environment)
    assert code == 1
    assert f"Darkroom does not start without: {secret} (" in words
    assert words.splitlines()[-1].count("(") == 1  # it names no other


def test_production_names_every_secret_that_is_missing() -> None:
    code, words = start(["-c", "import saas.settings"], {})
    assert code == 1
    for secret in ("SECRET_KEY", "ENCRYPTION_KEYS", "DATABASE_URL", "ALLOWED_HOSTS"):
        assert f"{secret} (" in words


@pytest.mark.parametrize(
    ("public", "issuer", "code"),
    [
        ("https://darkroom.example", "http://login.example", 1),
        ("https://darkroom.example", "", 1),
        ("https://darkroom.example", "https://login.example", 0),
        ("http://127.0.0.1:8000", "http://127.0.0.1:9000", 0),
    ],
)
def test_an_issuer_by_plain_http_is_refused_where_people_come_by_https(public: str, issuer: str, code: int) -> None:
    named = {"PUBLIC_URL": public, "OIDC_NAME": "Example login", "OIDC_SERVER_URL": issuer}
    found, words = start(["-c", "import saas.settings"], COMPLETE | named)
    assert found == code
    assert ("OIDC_SERVER_URL must begin with https:// where PUBLIC_URL does." in words) is bool(code)


@pytest.mark.parametrize("program", [WEB, WORKER], ids=["web", "worker"])
def test_a_role_that_walks_through_walls_is_refused(program: list[str], cluster: DataFolder) -> None:
    code, words = start(program, COMPLETE | {"DATABASE_URL": superuser_url(cluster)})
    assert code != 0
    assert "The database role postgres bypasses row-level security. Give Darkroom a plain role" in words
