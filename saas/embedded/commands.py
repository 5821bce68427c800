"""Run manage.py's commands on the data folder, with PostgreSQL started for as long as a command runs."""

import signal
import sys
from types import FrameType

from saas.embedded import program, schema, variables
from saas.embedded.folder import DataFolder
from saas.embedded.postgres import Postgres
from saas.embedded.refusal import Refusal

WITHOUT_DATABASE = {
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "findstatic",
    "help",
    "makemessages",
}
ABOUT_MIGRATIONS = {"makemigrations", "migrate", "showmigrations", "sqlmigrate"}
OPTION = "--data"


def main(argv: list[str]) -> int:
    try:
        arguments, data = take_data(argv)
        run(arguments, data)
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def run(arguments: list[str], data: str | None) -> None:
    signal.signal(signal.SIGTERM, _leave)
    if variables.has_own_database():
        variables.name_settings()
        _execute(arguments)
        return
    folder = variables.chosen_folder(data)
    folder.prepare()
    variables.point_at(folder)
    variables.embed(folder)
    if needs_database(arguments):
        _with_postgres(folder, arguments)
    else:
        _execute(arguments)


def _with_postgres(folder: DataFolder, arguments: list[str]) -> None:
    postgres = Postgres(folder)
    try:
        postgres.begin()
        postgres.wait()
        if _command(arguments) not in ABOUT_MIGRATIONS:
            _provide_tables()
        _execute(arguments)
    finally:
        for kind in (signal.SIGINT, signal.SIGTERM):
            signal.signal(kind, signal.SIG_IGN)  # leaving takes a moment and must not be interrupted
        _put_away()
        postgres.leave()


def _put_away() -> None:
    """Close the connection pool before its server stops, or the pool complains that the server has gone."""
    from django.apps import apps

    if apps.ready:
        program.put_away()


def take_data(argv: list[str]) -> tuple[list[str], str | None]:
    """Take out --data, wherever it stands; no command of Django has an option of that name."""
    rest, data = [], None
    words = iter(argv)
    for word in words:
        if word == OPTION:
            data = next(words, None)
            if data is None:
                raise Refusal(f"{OPTION} needs a folder.")
        elif word.startswith(f"{OPTION}="):
            data = word.partition("=")[2]
        else:
            rest.append(word)
    return rest, data


def needs_database(arguments: list[str]) -> bool:
    return _command(arguments) not in WITHOUT_DATABASE or "--database" in arguments


def _command(arguments: list[str]) -> str:
    return next((word for word in arguments[1:] if not word.startswith("-")), "help")


def _provide_tables() -> None:
    """Make the tables in a data folder that bin/run has not prepared yet. Refuse data of a newer version."""
    import django  # after the environment is set

    django.setup()
    schema.provide_first()


def _execute(arguments: list[str]) -> None:
    from django.core.management import execute_from_command_line  # after the environment is set

    execute_from_command_line(arguments)


def _leave(_kind: int, _frame: FrameType | None) -> None:
    sys.exit(128 + signal.SIGTERM)
