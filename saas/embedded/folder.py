"""Name the files and folders of the data folder, which holds everything that an embedded Darkroom keeps."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from saas.embedded.refusal import Refusal

LONGEST_SOCKET_PATH_BYTES = 103  # macOS; Linux has 107
TEMPORARY = Path("/tmp")  # noqa: S108  # not $TMPDIR, which differs between terminals; sockets.py guards it
SOCKET_NAME = ".s.PGSQL.5432"


@dataclass(frozen=True)
class DataFolder:
    root: Path

    @classmethod
    def at(cls, path: str | Path) -> "DataFolder":
        """Follow links once, here, so that every process has the same name for the same folder."""
        return cls(Path(os.path.realpath(path)))

    @property
    def cluster(self) -> Path:
        return self.root / "pg"

    @property
    def postgres_log(self) -> Path:
        return self.root / "postgres.log"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.json"

    @property
    def static(self) -> Path:
        return self.root / "static"

    @property
    def media(self) -> Path:
        return self.root / "media"

    def lock(self, name: str) -> Path:
        return self.root / f"{name}.lock"

    @property
    def sockets(self) -> Path:
        """Return the folder of PostgreSQL's socket: here, or in /tmp if a socket cannot have a path here."""
        near = self.root / "socket"
        is_short = len(os.fsencode(near / SOCKET_NAME)) <= LONGEST_SOCKET_PATH_BYTES
        if is_short and "," not in str(near):  # a comma separates hosts in a connection string
            return near
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:20]
        return TEMPORARY / f"darkroom-{name}"

    def prepare(self) -> None:
        """Make the folder and prove that it can be written."""
        # When root runs Darkroom, another user runs PostgreSQL and must get through to its own folder.
        mode = 0o711 if os.geteuid() == 0 else 0o700
        try:
            self.root.mkdir(mode=mode, parents=True, exist_ok=True)
            self.media.mkdir(mode=0o700, exist_ok=True)  # pictures are private, whatever mode their parent has
            with tempfile.TemporaryFile(dir=self.root):
                pass
        except OSError as error:
            raise Refusal(f"The data folder {self.root} cannot be written: {error.strerror}.") from error
