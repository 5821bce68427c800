"""Debian's Caddy with the file that Darkroom ships."""

from pathlib import Path

from tests.scaled.programs import REPOSITORY, Program, answers, free_port, wait_until


class Caddy:
    def __init__(self, folder: Path, upstream: str, pictures: Path | None = None, **environment: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        environment |= {"DOMAIN": self.url, "UPSTREAM": upstream, "XDG_DATA_HOME": str(folder), "HOME": str(folder)}
        if pictures is not None:
            environment["PICTURES"] = str(pictures)
        config = str(REPOSITORY / "deploy" / "Caddyfile")
        command = ["caddy", "run", "--adapter", "caddyfile", "--config", config]
        self.program = Program("caddy", command, folder, environment)

    def __enter__(self) -> "Caddy":
        self.program.start()
        nonsense = b"?\r\n\r\n"  # refused by Caddy itself: the upstream hears nothing of it
        wait_until(lambda: answers(self.port, nonsense, b"HTTP/1.1 400"), "Caddy answers", self.program)
        return self

    def __exit__(self, *_: object) -> None:
        self.program.leave()
