"""Download runs: their pictures, or all that belongs to them in a folder for each run, named by its time."""

import json
import zipfile
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from saas.cli.client import Client
from saas.cli.errors import CommandFailed
from saas.cli.saving import Folder, stem_of

RUNS, DOCUMENT = "runs", "metadata.json"
LIVE = {"queued", "running"}


def download_pictures(options: Namespace, client: Client) -> int:
    run = client.get(f"/api/v1/runs/{options.run}")
    images = [slot["image"] for slot in run["slots"] if slot["image"]]
    if not images:
        raise CommandFailed(1, "This run has no picture.")
    folder = Folder(Path(options.out), options.name or stem_of(run["prompt"]), run["slots"][-1]["index"] + 1)
    files = [str(folder.final(image["slot"], image["format"], client.download(image["url"]))) for image in images]
    print(json.dumps({"run": run["id"], "files": files}) if options.json else "\n".join(files))
    return 0


def download_everything(options: Namespace, client: Client) -> int:
    """Unpack one run, or every run that has ended and is not here yet, into runs/<time>/."""
    found = [client.get(f"/api/v1/runs/{options.run}")] if options.run else _every_run(client)
    told = [_unpack(client, run, Path(options.out) / RUNS, options) for run in found if run["state"] not in LIVE]
    if options.json:
        print(json.dumps({"runs": told}))
    return 0


def _every_run(client: Client) -> Iterator[dict[str, Any]]:
    cursor = ""
    while cursor is not None:
        page = client.get("/api/v1/runs", limit=100, cursor=cursor)
        yield from page["data"]
        cursor = page["next"]


def _unpack(client: Client, run: dict[str, Any], out: Path, options: Namespace) -> dict[str, str]:
    folder = _folder_of(run, out)
    if not (folder / DOCUMENT).exists():
        with TemporaryFile() as packed:
            client.download_to(packed, f"/api/v1/runs/{run['id']}/archive")
            _extract(packed, folder)
    if not options.json:
        print(folder)
    return {"run": run["id"], "folder": str(folder)}


def _folder_of(run: dict[str, Any], out: Path) -> Path:
    """Return the folder of a run: of two that began in the same second, the one that comes second has a number."""
    stem: str = run["created_at"][:19].replace("T", "_").replace(":", "-")
    names = (stem, *(f"{stem}_{number}" for number in range(2, 10_000)))
    return next(out / name for name in names if _is_free(out / name, run["id"]))


def _is_free(folder: Path, run: str) -> bool:
    try:
        return bool(json.loads((folder / DOCUMENT).read_text(encoding="utf-8"))["run"] == run)
    except OSError:
        return True  # not there, or left unfinished
    except (ValueError, KeyError, TypeError):
        return False


def _extract(packed: Any, folder: Path) -> None:
    """Write the files of a ZIP without the folder that they are in there. The document comes last, so that a folder
    that has it is complete."""
    try:
        with zipfile.ZipFile(packed) as archive:
            names = {name.partition("/")[2]: name for name in archive.namelist()}
            for name in sorted(names, key=DOCUMENT.__eq__):
                file = folder / name
                if not file.resolve().is_relative_to(folder.resolve()):
                    raise CommandFailed(4, f"The ZIP has a file outside its folder: {name}.")
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(archive.read(names[name]))
    except zipfile.BadZipFile as error:
        raise CommandFailed(4, "The connection was lost in the middle of an answer.") from error
    except OSError as error:
        raise CommandFailed(2, f"{folder} cannot be written: {error.strerror}.") from error
