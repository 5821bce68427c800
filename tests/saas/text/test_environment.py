"""Reading settings from the environment: what is understood, and which sentence names what is not."""

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import make_conninfo

from saas import environment
from saas.database import reconnecting, waits

Set = Callable[[str], None]


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Set:
    return lambda value: monkeypatch.setenv("PROBE", value)


def test_a_text_is_as_it_is_given(given: Set) -> None:
    given(" spaces stay ")
    assert environment.text("PROBE") == " spaces stay "


def test_what_is_not_given_is_the_default() -> None:
    assert environment.text("PROBE", "fallback") == "fallback"
    assert environment.text("PROBE") == ""
    assert environment.flag("PROBE") is False
    assert environment.flag("PROBE", default=True) is True
    assert environment.number("PROBE", 7) == 7
    assert environment.listing("PROBE", "a,b") == ["a", "b"]


def test_what_is_given_empty_is_not_given(given: Set) -> None:
    """As compose files pass on what nobody set."""
    given("")
    assert environment.text("PROBE", "fallback") == "fallback"
    assert environment.flag("PROBE", default=True) is True
    assert environment.number("PROBE", 7) == 7


def test_a_secret_may_lie_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "secret"
    file.write_text("s3cret=\n")
    monkeypatch.setenv("PROBE", "the file goes first")
    monkeypatch.setenv("PROBE_FILE", str(file))
    assert environment.text("PROBE") == "s3cret="


@pytest.mark.parametrize("name", ["missing", "."])
def test_a_file_that_cannot_be_read_is_named_by_its_variable(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROBE_FILE", str(tmp_path / name))
    with pytest.raises(ImproperlyConfigured, match=r"^PROBE_FILE cannot be read"):
        environment.text("PROBE")


@pytest.mark.parametrize("word", ["1", "true", "True", "YES", "on", " on "])
def test_a_flag_is_set(word: str, given: Set) -> None:
    given(word)
    assert environment.flag("PROBE") is True


@pytest.mark.parametrize("word", ["0", "false", "No", "off", " "])
def test_a_flag_is_not_set_even_where_the_default_is(word: str, given: Set) -> None:
    given(word)
    assert environment.flag("PROBE", default=True) is False


@pytest.mark.parametrize("word", ["2", "maybe", "y", "enabled"])
def test_a_flag_that_is_not_understood_is_refused(word: str, given: Set) -> None:
    given(word)
    with pytest.raises(ImproperlyConfigured, match=f"^PROBE is '{word}'; write 1 or 0"):
        environment.flag("PROBE")


@pytest.mark.parametrize(("word", "number"), [("0", 0), ("42", 42), (" 7 ", 7), ("-1", -1)])
def test_a_number_is_read(word: str, number: int, given: Set) -> None:
    given(word)
    assert environment.number("PROBE", 5) == number


@pytest.mark.parametrize("word", ["many", "1.5", "1e3", " ", "0x10"])
def test_a_number_that_is_none_is_refused(word: str, given: Set) -> None:
    given(word)
    with pytest.raises(ImproperlyConfigured, match=f"^PROBE is '{word}'; write a whole number"):
        environment.number("PROBE", 5)


@pytest.mark.parametrize(
    ("word", "items"), [("", []), (",", []), ("a", ["a"]), ("a,b", ["a", "b"]), (" a , ,b,", ["a", "b"])]
)
def test_a_list_is_parted_by_commas(word: str, items: list[str], given: Set) -> None:
    given(word)
    assert environment.listing("PROBE") == items


def _database(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("PROBE", url)
    entry = environment.database("PROBE", pool_size=9)
    assert entry["ENGINE"] == "saas.database"
    assert entry["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 9, "timeout": 10, **reconnecting.OPTIONS}
    assert entry["CONN_MAX_AGE"] == 0
    return entry


def _place(entry: dict[str, Any]) -> tuple[str, ...]:
    return tuple(entry[name] for name in ("USER", "PASSWORD", "HOST", "PORT", "NAME"))


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("postgresql://app:pw@db.example:6432/darkroom", ("app", "pw", "db.example", "6432", "darkroom")),
        ("postgres://app@db.example/darkroom", ("app", "", "db.example", "", "darkroom")),
        ("postgresql://app:p%40ss%3A%2F%3F%23%25@db/dark%20room", ("app", "p@ss:/?#%", "db", "", "dark room")),
        ("postgresql://app:%C3%BCml%C3%A4ut@db/x", ("app", "ümläut", "db", "", "x")),
        ("postgresql://app@/darkroom?host=/run/postgresql", ("app", "", "/run/postgresql", "", "darkroom")),
        ("postgresql://%2Frun%2Fpostgresql/darkroom", ("", "", "/run/postgresql", "", "darkroom")),
        ("postgresql://app@[2001:db8::1]:5433/darkroom", ("app", "", "2001:db8::1", "5433", "darkroom")),
        ("postgresql://a,b:6000/darkroom", ("", "", "a,b", ",6000", "darkroom")),
        ("postgresql:///", ("", "", "", "", "darkroom")),
        ("host=db user=app password='it''s' dbname=x", None),
        ("host=db user=app password='it\\'s' dbname=x", ("app", "it's", "db", "", "x")),
    ],
)
def test_a_database_url_is_read_as_postgresql_reads_it(
    url: str, place: tuple[str, ...] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place is None:
        with pytest.raises(ImproperlyConfigured, match=r"^PROBE is not a PostgreSQL URL"):
            _database(url, monkeypatch)
    else:
        assert _place(_database(url, monkeypatch)) == place


def test_what_else_a_database_url_says_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = _database("postgresql://db/x?sslmode=verify-full&sslrootcert=/ca.pem&application_name=web", monkeypatch)
    waits_and_pool = {"pool", "options", *waits.LIBPQ}
    options = {key: value for key, value in entry["OPTIONS"].items() if key not in waits_and_pool}
    assert options == {"sslmode": "verify-full", "sslrootcert": "/ca.pem", "application_name": "web"}
    psycopg.conninfo.conninfo_to_dict(make_conninfo(**options))


@pytest.mark.parametrize(
    "url", ["mysql://app:secret@db/x", "db.example", "postgresql://app:secret@db:port/x?nonsense=1", "sqlite:///x"]
)
def test_another_database_is_refused_without_showing_the_url(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^PROBE is not a PostgreSQL URL\.$") as caught:
        _database(url, monkeypatch)
    assert "secret" not in _as_printed(caught.value)


def _as_printed(error: BaseException) -> str:
    return "".join(traceback.format_exception(error, limit=0))


def _mail(url: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("PROBE", url)
    return environment.mail("PROBE")


def test_without_a_mail_server_mail_goes_to_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _mail("", monkeypatch) == {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}


@pytest.mark.parametrize(
    ("url", "host", "port", "uses_tls", "uses_ssl"),
    [
        ("smtp://mail.example", "mail.example", 587, True, False),
        ("smtp://mail.example:25?tls=0", "mail.example", 25, False, False),
        ("smtp://mail.example:2525?tls=1", "mail.example", 2525, True, False),
        ("smtps://mail.example", "mail.example", 465, False, True),
        ("smtps://mail.example:2465?tls=1", "mail.example", 2465, False, True),
    ],
)
def test_a_mail_url_says_where_and_how(
    url: str, host: str, port: int, uses_tls: bool, uses_ssl: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = _mail(url, monkeypatch)
    assert (settings["EMAIL_HOST"], settings["EMAIL_PORT"]) == (host, port)
    assert (settings["EMAIL_USE_TLS"], settings["EMAIL_USE_SSL"]) == (uses_tls, uses_ssl)
    assert settings["EMAIL_TIMEOUT"] == 20


def test_a_mail_urls_password_may_hold_odd_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _mail("smtp://me%40example.com:p%3A%2F%40ss@mail.example", monkeypatch)
    assert (settings["EMAIL_HOST_USER"], settings["EMAIL_HOST_PASSWORD"]) == ("me@example.com", "p:/@ss")


@pytest.mark.parametrize(
    "url", ["mail.example", "http://mail.example", "smtp://", "smtp://:25", "smtp://u:secret@mail.example:port"]
)
def test_a_mail_url_that_is_none_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^PROBE must look like smtp://user:password@host:587") as caught:
        _mail(url, monkeypatch)
    assert "secret" not in _as_printed(caught.value)


def test_everything_that_is_missing_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBE", "given")
    with pytest.raises(ImproperlyConfigured) as caught:
        environment.refuse_missing({"PROBE": "a", "PROBE_TWO": "signs", "PROBE_THREE": "seals"})
    assert str(caught.value) == "Darkroom does not start without: PROBE_TWO (signs); PROBE_THREE (seals)."
    environment.refuse_missing({"PROBE": "a"})
