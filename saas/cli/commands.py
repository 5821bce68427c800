"""Run the commands of `darkroom`. The function of each command returns the exit code."""

import getpass
import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from saas.cli import batch as batches
from saas.cli import config, dry_runs, threads
from saas.cli.client import Client
from saas.cli.completion import script
from saas.cli.config import Access
from saas.cli.developing import asked_of, count_of, develop, tell
from saas.cli.downloading import download_everything, download_pictures
from saas.cli.errors import CommandFailed
from saas.cli.estimating import tell_estimate
from saas.cli.improving import improve
from saas.cli.progress import Progress

DEFAULT_URL = "http://127.0.0.1:8000"


def client_of(options: Namespace) -> Client:
    return Client(config.load(options.url, options.key))


def login(options: Namespace) -> int:
    """Ask for address and key, with the key typed unseen. Try both, and keep them."""
    url = options.url or (input(f"Address of your Darkroom [{DEFAULT_URL}]: ").strip() or DEFAULT_URL)
    key = options.key or getpass.getpass("API key (dk_…): ").strip()
    found = Client(Access(url.rstrip("/"), key)).get("/api/v1/key")
    file = config.save(Access(url.rstrip("/"), key))
    organization = found["organization"]["name"]
    print(
        json.dumps(found)
        if options.json
        else f"Signed in to {organization} as “{found['key']['name']}”. Saved in {file}."
    )
    return 0


def generate(options: Namespace) -> int:
    return _develop(options, client_of(options), asked_of(options))


def edit(options: Namespace) -> int:
    client = client_of(options)
    if options.styles and options.prompt and Path(options.prompt).is_file():
        options.prompt, options.files = None, [options.prompt, *options.files]
    if not options.prompt and not options.styles:
        raise CommandFailed(2, "Say what the picture should become: darkroom edit PROMPT PHOTO, or name --styles.")
    if options.prompt and Path(options.prompt).is_file():
        raise CommandFailed(2, f"The prompt comes first: darkroom edit PROMPT PHOTO. “{options.prompt}” is a file.")
    references = [client.give(Path(file)) for file in options.files]
    asked = asked_of(options) | {"references": references}
    if options.mask:
        asked["mask"] = client.give(Path(options.mask), mask_of=references[0])
    return _develop(options, client, asked, name=Path(options.files[0]).stem if options.styles else "")


def estimate(options: Namespace) -> int:
    asked = asked_of(options) | ({"pictures_a_day": options.pictures_a_day} if options.pictures_a_day else {})
    return tell_estimate(options, client_of(options), asked)


def batch(options: Namespace) -> int:
    client = client_of(options)
    return dry_runs.run(options, client) if options.dry_run else batches.run(options, client)


def optimize(options: Namespace) -> int:
    return improve(options, client_of(options))


def completion(options: Namespace) -> int:
    print(script(options.parser, options.shell), end="")
    return 0


def thread(options: Namespace) -> int:
    return threads.run(options, client_of(options))


def styles(options: Namespace) -> int:
    found = client_of(options).get("/api/v1/styles")["data"]
    if options.json:
        print(json.dumps(found))
        return 0
    for style in found:
        print(f"{style['slug']:<20}  {style['name']:<20}  {_short(style['description'])}")
    return 0


def runs(options: Namespace) -> int:
    found = client_of(options).get("/api/v1/runs", limit=options.limit, state=options.state, by=options.by)["data"]
    if options.json:
        print(json.dumps(found))
        return 0
    for run in found:
        made = sum(slot["image"] is not None for slot in run["slots"])
        when = run["created_at"][:16].replace("T", " ")
        print(f"{run['id']}  {when}  {run['state']:<9}  {made}/{len(run['slots'])}  {_short(run['prompt'])}")
    return 0


def download(options: Namespace) -> int:
    if options.all:
        return download_everything(options, client_of(options))
    if not options.run:
        raise CommandFailed(2, "Name a run, or ask for --all runs. “darkroom runs” lists them.")
    return download_pictures(options, client_of(options))


def usage(options: Namespace) -> int:
    client = client_of(options)
    found = _used(client, options, play=options.play)
    if options.json:
        print(json.dumps(found))
        return 0
    for row in found["data"]:
        print(f"{row['day']}  {row['images']:>6} pictures  ${row['cost']}")
    print(f"{'together':<10}  {found['images']:>6} pictures  ${found['cost']}")
    if not options.play and not found["images"] and (played := _used(client, options, play=True)["images"]):
        print(f"Sandbox pictures are counted separately, as play money: {played} pictures. See them with --play.")
    return 0


def _used(client: Client, options: Namespace, *, play: bool) -> dict[str, Any]:
    found: dict[str, Any] = client.get(
        "/api/v1/usage", since=options.since, until=options.until, play="true" if play else ""
    )
    return found


def _develop(options: Namespace, client: Client, asked: dict[str, Any], *, name: str = "") -> int:
    progress = Progress(count_of(asked), is_quiet=options.json)
    with progress.drawn():
        outcome = develop(
            client,
            asked,
            out=Path(options.out),
            name=options.name or name,
            with_partials=bool(options.partials),
            progress=progress,
        )
    return tell(outcome, as_json=options.json, was_drawn=progress.draws)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
