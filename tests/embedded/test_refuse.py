"""What bin/run cannot work with it refuses: one sentence, another exit code than 0, nothing changed."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from saas.embedded.folder import DataFolder
from tests.embedded import postmaster
from tests.embedded.instance import ROOT, Instance, environment
from tests.embedded.postmaster import attached


def test_a_busy_port(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = refusal(tmp_path / "data", port)
        begun = f"Port {port} on 127.0.0.1 is in use; "
        free = int(sentence.removeprefix(begun).partition(" ")[0])
    assert sentence == f"{begun}{free} is free: start it with --port {free}."
    assert port < free <= port + 20
    assert not (tmp_path / "data").exists()


def test_a_host_that_is_none(tmp_path: Path) -> None:
    sentence = refusal(tmp_path / "data", 0, "--host", "no such host")
    assert sentence == "There is no address no such host with port 0 to listen on."
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", [-1, 65_536, 99_999])
def test_a_port_that_is_none(tmp_path: Path, port: int) -> None:
    assert refusal(tmp_path / "data", port) == f"There is no port {port}; they go up to 65535."
    assert not (tmp_path / "data").exists()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    data = tmp_path / "file" / "data"
    assert refusal(data, 0) == f"The data folder {data} cannot be written: Not a directory."
    assert (tmp_path / "file").read_text() == "in the way"


def test_a_folder_that_cannot_be_written() -> None:
    """Of a kind that stops root, too."""
    assert refusal(Path("/proc"), 0).startswith("The data folder /proc cannot be written: ")


def test_a_second_run_on_the_same_data(darkroom: Instance) -> None:
    sentence = refusal(darkroom.folder.root, 0)
    assert sentence.startswith(f"It is already running on the data folder {darkroom.folder.root}")
    assert darkroom.process.poll() is None
    assert postmaster.ask(darkroom.folder, "SELECT 1") == [(1,)]


def test_data_of_another_postgresql(data: Path) -> None:
    (data / "pg" / "PG_VERSION").write_text("19\n")
    before = snapshot(data / "pg")
    assert refusal(data, 0) == f"The data folder {data} was made with PostgreSQL 19; this Darkroom has 18."
    assert snapshot(data / "pg") == before


def test_data_of_a_newer_darkroom(folder: DataFolder) -> None:
    query = "INSERT INTO django_migrations (app, name, applied) VALUES ('studio', '9999_from_the_future', now())"
    with attached(folder):
        postmaster.ask(folder, query)
        before = contents(folder)
    assert refusal(folder.root, 0) == (
        "This data was made by a newer version of Darkroom; this version does not know studio.9999_from_the_future."
    )
    assert refusal_of_command(folder.root, "shell", "-c", "print('never')") == (
        "This data was made by a newer version of Darkroom; this version does not know studio.9999_from_the_future."
    )
    assert postmaster.processes_of(folder) == []
    with attached(folder):
        assert contents(folder) == before


def test_data_from_before_the_first_release(folder: DataFolder) -> None:
    with attached(folder):
        postmaster.ask(folder, "UPDATE django_migrations SET name = '0001_people' WHERE name = '0001_tables'")
        before = contents(folder)
    sentence = (
        "This data was made by a Darkroom from before 0.2.0, which this one cannot upgrade: keep that Darkroom for it, "
        "or begin with an empty data folder or database."
    )
    assert refusal(folder.root, 0) == sentence
    assert refusal_of_command(folder.root, "shell", "-c", "print('never')") == sentence
    assert refusal_of_command(folder.root, "migrate") == f"CommandError: {sentence}"
    with attached(folder):
        assert contents(folder) == before


def test_secrets_that_are_broken(data: Path) -> None:
    (data / "secrets.json").write_text("{")
    assert refusal(data, 0) == f"{data}/secrets.json cannot be read; put it back from a backup."
    assert (data / "secrets.json").read_text() == "{"


def test_a_missing_secret_where_the_database_is_the_persons_own(tmp_path: Path) -> None:
    sentence = refusal(tmp_path / "data", 0, DATABASE_URL="postgresql://darkroom@127.0.0.1:1/darkroom")
    assert "SECRET_KEY" in sentence
    assert not (tmp_path / "data" / "secrets.json").exists()


def refusal_of_command(data: Path, *words: str) -> str:
    command = [sys.executable, str(ROOT / "manage.py"), *words, "--data", str(data)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (1, ""), done
    return done.stderr.rstrip()


def refusal(data: Path, port: int, *options: str, **variables: str) -> str:
    """The sentence that bin/run ends with."""
    command = [sys.executable, "-m", "saas.embedded", "--port", str(port), "--data", str(data), *options]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(**variables), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (1, ""), done
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("Darkroom cannot start. ").rstrip()


def snapshot(folder: Path) -> dict[Path, tuple[int, bytes]]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def contents(folder: DataFolder) -> list[object]:
    """The tables' structure and what has been migrated."""
    columns = "SELECT table_name, column_name, data_type FROM information_schema.columns WHERE table_schema = 'public'"
    return [
        postmaster.ask(folder, f"{columns} ORDER BY 1, 2"),
        postmaster.ask(folder, "SELECT * FROM django_migrations ORDER BY id"),
    ]
