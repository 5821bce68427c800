"""The settings as production has them: read in a process of their own, with an environment of their own."""

import json
import os
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

SECRETS = {
    "SECRET_KEY": "a long random text of production 0123456789 0123456789",
    "ENCRYPTION_KEYS": "dGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgdGVzdHMgMDE=",
    "DATABASE_URL": "postgresql://app@db.example/darkroom",
    "ALLOWED_HOSTS": "darkroom.example",
}
SHOW = """
import json, sys
from saas import settings
print(json.dumps({name: getattr(settings, name) for name in sys.argv[1:]}, default=str))
"""


def start(environment: dict[str, str], *names: str) -> "subprocess.CompletedProcess[str]":
    bare = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-c", SHOW, *names]
    return subprocess.run(command, env={**bare, **environment}, capture_output=True, text=True, check=False, timeout=60)


def read(environment: dict[str, str], *names: str) -> dict[str, Any]:
    ended = start(environment, *names)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


def test_production_names_each_secret_that_it_lacks() -> None:
    ended = start({})
    assert ended.returncode != 0
    sentence = ended.stderr.splitlines()[-1]
    assert "Darkroom does not start without: " in sentence
    assert all(name in sentence for name in SECRETS)


@pytest.mark.parametrize("name", SECRETS)
def test_production_starts_without_none_of_its_secrets(name: str) -> None:
    ended = start({other: value for other, value in SECRETS.items() if other != name})
    assert ended.returncode != 0
    sentence = ended.stderr.splitlines()[-1]
    assert [other for other in SECRETS if other in sentence] == [name]


def test_behind_https_cookies_never_travel_in_the_clear() -> None:
    found = read(
        {**SECRETS, "PUBLIC_URL": "https://darkroom.example/"},
        "DEBUG",
        "SESSION_COOKIE_NAME",
        "CSRF_COOKIE_NAME",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SESSION_COOKIE_HTTPONLY",
        "CSRF_COOKIE_HTTPONLY",
        "SECURE_SSL_REDIRECT",
        "SECURE_HSTS_SECONDS",
        "CSRF_TRUSTED_ORIGINS",
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN",
        "DESIGN_PAGE",
        "SECURE_PROXY_SSL_HEADER",
    )
    assert found == {
        "DEBUG": False,
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SESSION_COOKIE_HTTPONLY": True,
        "CSRF_COOKIE_HTTPONLY": True,
        "SECURE_SSL_REDIRECT": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "CSRF_TRUSTED_ORIGINS": ["https://darkroom.example"],
        "ACCOUNT_DEFAULT_HTTP_PROTOCOL": "https",
        "MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN": False,
        "DESIGN_PAGE": False,
        "SECURE_PROXY_SSL_HEADER": None,
    }


def test_the_proxys_word_on_https_is_believed_only_where_a_proxy_is_trusted() -> None:
    found = read({**SECRETS, "TRUSTED_PROXIES": "1"}, "SECURE_PROXY_SSL_HEADER", "ALLAUTH_TRUSTED_PROXY_COUNT")
    assert found == {"SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"], "ALLAUTH_TRUSTED_PROXY_COUNT": 1}


def test_a_host_cookie_is_given_for_this_host_and_its_root_alone() -> None:
    """Browsers drop a __Host- cookie that is not Secure, names a domain or has another path."""
    for name in ("SESSION_COOKIE_DOMAIN", "CSRF_COOKIE_DOMAIN"):
        assert getattr(settings, name) is None
    assert settings.SESSION_COOKIE_PATH == settings.CSRF_COOKIE_PATH == "/"


def test_an_unknown_queue_is_refused_by_name() -> None:
    program = "import django; django.setup()"
    environment = {**SECRETS, "BROKER_URL": "kafka://queue", "DJANGO_SETTINGS_MODULE": "saas.settings"}
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode != 0
    assert ended.stderr.splitlines()[-1].endswith("BROKER_URL must start with amqp:// or redis://.")
