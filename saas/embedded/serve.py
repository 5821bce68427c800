"""Start everything for bin/run in order, and stop it in reverse."""

import socket
from contextlib import AbstractContextManager, ExitStack

from saas.embedded import listening, locks, program, ready, variables
from saas.embedded.folder import DataFolder
from saas.embedded.postgres import Postgres
from saas.embedded.stop_signals import Stopping


def serve(stopping: Stopping, *, host: str, port: int, data: str | None, opens: bool) -> int:
    """Run Darkroom until it is stopped. Return the program's exit code."""
    folder = variables.chosen_folder(data)
    with ExitStack() as stack:
        try:
            sockets = listening.listen(host, port)
            stack.callback(listening.close, sockets)
            address = listening.Address(host, port=sockets[0].getsockname()[1])
            folder.prepare()
            stack.enter_context(_alone(folder))
            variables.point_at(folder, url=address.public_url)
            postgres = _postgres(folder, address)
            program.set_up()
            stopping.check()
            with program.collected():
                if postgres:
                    stack.callback(postgres.leave)
                    stopping.last_act = postgres.leave
                    _begin(postgres)
                program.load()  # while PostgreSQL starts
                stopping.check()
                if postgres:
                    postgres.wait()
                stack.callback(program.put_away)  # whatever happens from here on, the pool closes before its server
                program.provide_tables()
                stopping.check()
            ready.announce(folder, address, opens=opens)
            return _run(stopping, sockets, postgres)
        finally:
            stopping.ignore()


def _run(stopping: Stopping, sockets: list[socket.socket], postgres: Postgres | None) -> int:
    from saas import broadcast  # these need Django
    from saas.embedded import worker
    from saas.embedded.web import Web

    web = Web(program.application(), sockets)
    broadcast.bind_loop(web.loop)
    if postgres:
        program.recover()
    working = worker.start()
    return web.run(
        stopping,
        drain=lambda: worker.drain(working),
        has_failed=postgres.has_ended if postgres else lambda: False,
    )


def _alone(folder: DataFolder) -> AbstractContextManager[None]:
    sentence = f"It is already running on the data folder {folder.root}; stop it, or choose another folder with --data."
    return locks.held_alone(folder.lock("darkroom"), otherwise=sentence)


def _begin(postgres: Postgres) -> None:
    if not postgres.folder.cluster.exists():
        print(f"Making a new database in {postgres.folder.root} …", flush=True)
    postgres.begin()


def _postgres(folder: DataFolder, address: listening.Address) -> Postgres | None:
    """Return our own PostgreSQL and set its variables, or return None if the environment names another database."""
    if variables.has_own_database():
        return None
    variables.embed(folder, hosts=address.names)
    return Postgres(folder)
