"""The pieces of start-up that need no PostgreSQL."""

import json
import os
import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from saas.embedded import commands, keys, listening, variables
from saas.embedded.folder import LONGEST_SOCKET_PATH_BYTES, SOCKET_NAME, DataFolder
from saas.embedded.refusal import Refusal
from saas.embedded.runner import Runner


def test_secrets_are_made_once_even_by_two_at_once(tmp_path: Path) -> None:
    path = tmp_path / "secrets.json"
    with ThreadPoolExecutor(8) as threads:
        loaded = list(threads.map(lambda _: keys.load(path), range(8)))
    assert loaded == [json.loads(path.read_text())] * 8
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_two_folders_have_different_secrets(tmp_path: Path) -> None:
    first, second = (keys.load(tmp_path / name) for name in ("a.json", "b.json"))
    assert not set(first.values()) & set(second.values())


def test_what_the_person_has_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ENCRYPTION_KEYS", "DATABASE_URL", "ALLOWED_HOSTS", "DARKROOM_EMBEDDED"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("SECRET_KEY", "my own")
    folder = DataFolder.at(tmp_path)
    variables.embed(folder, hosts=("studio.example",))
    environment = os.environ
    assert environment["SECRET_KEY"] == "my own"
    assert environment["ENCRYPTION_KEYS"] == keys.load(folder.secrets)["ENCRYPTION_KEYS"]
    assert environment["ALLOWED_HOSTS"] == "localhost,127.0.0.1,[::1],studio.example"
    assert environment["DARKROOM_EMBEDDED"] == "1"


@pytest.mark.parametrize(
    ("host", "url", "public_url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("::1", "http://[::1]:8000", "http://[::1]:8000"),
        ("0.0.0.0", "http://0.0.0.0:8000", "http://127.0.0.1:8000"),  # noqa: S104
        ("::", "http://[::]:8000", "http://[::1]:8000"),
    ],
)
def test_addresses_are_printed_as_asked_and_linked_as_reachable(host: str, url: str, public_url: str) -> None:
    address = listening.Address(host, 8000)
    assert (address.url, address.public_url) == (url, public_url)


def test_listening_everywhere_answers_to_this_machines_name() -> None:
    assert socket.gethostname() in listening.Address("0.0.0.0", 8000).names  # noqa: S104
    assert listening.Address("studio.example", 8000).names == ("studio.example",)


def test_a_long_path_gets_a_short_socket_and_always_the_same(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / ("ü" * 60))
    assert len(str(folder.sockets / SOCKET_NAME).encode()) <= LONGEST_SOCKET_PATH_BYTES
    assert folder.sockets == DataFolder(folder.root).sockets
    assert folder.sockets != DataFolder(tmp_path / ("ä" * 60)).sockets


def test_only_closed_folders_are_opened_and_only_to_pass(tmp_path: Path) -> None:
    closed, open_ = tmp_path / "closed", tmp_path / "closed" / "open"
    open_.mkdir(parents=True)
    closed.chmod(0o700)
    open_.chmod(0o755)
    stranger = Runner(uid=60_001, gid=60_001, is_lent=True)
    stranger.open_way_to(tmp_path)
    assert stranger.open_way_to(open_) == [closed]
    assert [stat.S_IMODE(path.stat().st_mode) for path in (closed, open_)] == [0o701, 0o755]
    assert stranger.open_way_to(open_) == []


def test_whoever_is_not_root_opens_nothing(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    assert Runner(uid=60_001, gid=60_001, is_lent=False).open_way_to(tmp_path) == []
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("words", "rest", "data"),
    [
        (["migrate"], ["migrate"], None),
        (["--data", "there", "demo", "--json"], ["demo", "--json"], "there"),
        (["demo", "--json", "--data=there"], ["demo", "--json"], "there"),
    ],
)
def test_the_data_option_may_stand_anywhere(words: list[str], rest: list[str], data: str | None) -> None:
    assert commands.take_data(["manage.py", *words]) == (["manage.py", *rest], data)


def test_the_data_option_needs_a_folder() -> None:
    with pytest.raises(Refusal, match="--data needs a folder"):
        commands.take_data(["manage.py", "demo", "--data"])


@pytest.mark.parametrize(
    ("words", "is_needed"),
    [
        (["migrate"], True),
        (["check"], False),
        (["check", "--database", "default"], True),
        (["collectstatic"], False),
        ([], False),
    ],
)
def test_commands_that_only_read_code_start_no_database(words: list[str], is_needed: bool) -> None:
    assert commands.needs_database(["manage.py", *words]) is is_needed
