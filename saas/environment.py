"""Read settings from the environment. A test checks that docs/settings.md lists every name that is read."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from saas.database import reconnecting, waits
from saas.text import money

TRUE_WORDS = {"1", "true", "yes", "on"}
PRINTED = "django.core.mail.backends.console.EmailBackend"  # where no EMAIL_URL says how to send
FALSE_WORDS = {"", "0", "false", "no", "off"}
MAIL_FORM = "must look like smtp://user:password@host:587?tls=1."


def text(name: str, default: str = "") -> str:
    """Return the variable NAME, or the content of the file that NAME_FILE names (as container secrets are given). An
    empty variable counts as not set, as in an example file whose lines are not all filled in."""
    file_name = os.environ.get(f"{name}_FILE")
    if file_name:
        try:
            return Path(file_name).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE cannot be read: {error}") from error
    return os.environ.get(name) or default


def flag(name: str, *, default: bool = False) -> bool:
    word = text(name, "1" if default else "").strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name} is {word!r}; write 1 or 0.")


def number(name: str, default: int) -> int:
    word = text(name, str(default))
    try:
        return int(word)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {word!r}; write a whole number.") from None


def dollars(name: str, default: str) -> int | None:
    """Return an amount in micro-dollars, or None for “unlimited”."""
    said = text(name, default)
    if said.lower() == "unlimited":
        return None
    try:
        return money.parse(said)
    except money.NotMoney as error:
        raise ImproperlyConfigured(f"{name} is an amount in dollars, like 100, or “unlimited”. {error}") from None


def choice(name: str, words: list[str]) -> str:
    """Return one of `words`, of which the first is the default."""
    word = text(name, words[0]).strip().lower()
    if word in words:
        return word
    raise ImproperlyConfigured(f"{name} is {word!r}; write {' or '.join(words)}.")


def listing(name: str, default: str = "") -> list[str]:
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def database(name: str, *, pool_size: int) -> dict[str, Any]:
    """Return an entry of Django's DATABASES from a URI, which libpq itself parses, with psycopg's pool and with a bound
    on every wait."""
    try:
        given = conninfo_to_dict(text(name, "postgresql:///darkroom"))
    except psycopg.Error:  # not chained: its text contains the URL, and with it the password
        raise ImproperlyConfigured(f"{name} is not a PostgreSQL URL.") from None
    parts = waits.parameters({key: value for key, value in given.items() if value is not None})
    options = {
        "pool": {"min_size": 1, "max_size": pool_size, "timeout": 10, **reconnecting.OPTIONS} if pool_size else False,
        **{key: value for key, value in parts.items() if key not in {"dbname", "user", "password", "host", "port"}},
    }
    return {
        "ENGINE": "saas.database",
        "NAME": parts.get("dbname", "darkroom"),
        "USER": parts.get("user", ""),
        "PASSWORD": parts.get("password", ""),
        "HOST": parts.get("host", ""),
        "PORT": str(parts.get("port", "")),
        "CONN_MAX_AGE": 0,  # the pool keeps connections; Django must hand them back
        "CONN_HEALTH_CHECKS": False,  # saas.database checks each connection that it takes
        "OPTIONS": options,
    }


def mail(name: str) -> dict[str, Any]:
    """Return Django's EMAIL_… settings from smtp://user:password@host:587?tls=1 (or smtps://…:465). Without a URL,
    mails go to the console."""
    url = text(name)
    if not url:
        return {"EMAIL_BACKEND": PRINTED}
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ImproperlyConfigured(f"{name} {MAIL_FORM}") from None
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ImproperlyConfigured(f"{name} {MAIL_FORM}")
    is_wrapped = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": port or (465 if is_wrapped else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_wrapped,
        "EMAIL_USE_TLS": not is_wrapped and parse_qs(parts.query).get("tls", ["1"])[-1] in TRUE_WORDS,
        "EMAIL_TIMEOUT": 20,
    }


def refuse_missing(names: dict[str, str]) -> None:
    """Raise one error that names every required variable that is not set."""
    missing = [f"{name} ({why})" for name, why in names.items() if not text(name)]
    if missing:
        raise ImproperlyConfigured("Darkroom does not start without: " + "; ".join(missing) + ".")
