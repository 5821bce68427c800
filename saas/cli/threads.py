"""Talk about a picture from the terminal: start a thread, say what should change, and save what comes of it."""

import json
import uuid
from argparse import Namespace
from pathlib import Path
from typing import Any

from saas.cli.client import Client
from saas.cli.developing import count_of, develop, tell
from saas.cli.errors import CommandFailed
from saas.cli.progress import Progress

ACTS = ("start", "say", "show")
SETTINGS = ("n", "model", "size", "quality", "format")


def run(options: Namespace, client: Client) -> int:
    acts = {"start": _start, "say": _say, "show": _show}
    return acts[options.do](options, client)


def _start(options: Namespace, client: Client) -> int:
    """Start a thread from a picture. With words, send them as its first turn."""
    photo = Path(options.what)
    thread = client.post("/api/v1/threads", {"input": client.give(photo), "title": options.title or ""})
    if not options.words:
        print(json.dumps(thread) if options.json else thread["id"])
        return 0
    return _send(options, client, thread)


def _say(options: Namespace, client: Client) -> int:
    if not options.words:
        raise CommandFailed(2, "Say what should change: darkroom thread say THREAD WORDS")
    return _send(options, client, client.get(f"/api/v1/threads/{options.what}"))


def _show(options: Namespace, client: Client) -> int:
    thread = client.get(f"/api/v1/threads/{options.what}")
    if options.json:
        print(json.dumps(thread))
        return 0
    numbers = {turn["id"]: turn["number"] for turn in thread["turns"]}
    print(f"{thread['title']}  ${thread['cost']}")
    for turn in thread["turns"]:
        start = f"from {numbers.get(turn['parent'], 0)}"
        print(f"{turn['number']:>4}  {start:<9}  {turn['state']:<9}  ${turn['cost']:<8}  {_line(turn['say'])}")
    return 0


def _send(options: Namespace, client: Client, thread: dict[str, Any]) -> int:
    asked = {name: getattr(options, name) for name in SETTINGS if getattr(options, name) is not None}
    asked |= {"say": options.words, "partial_images": options.partials or 0}
    if options.parent:
        asked["parent"] = _parent(options.parent, thread)
    if options.references:
        asked["references"] = [client.give(Path(file)) for file in options.references]
    if options.mask:
        asked["mask"] = client.give(Path(options.mask), mask_of=thread["start"])
    turn = client.post(f"/api/v1/threads/{thread['id']}/turns", asked, request_key=uuid.uuid4().hex)
    progress = Progress(count_of(asked), is_quiet=options.json)
    with progress.drawn():
        outcome = develop(
            client,
            asked,
            out=Path(options.out),
            name=options.name or f"turn-{turn['number']}",
            with_partials=bool(options.partials),
            progress=progress,
            run=turn["run"],
        )
    if options.json:
        print(json.dumps({**outcome.as_json(), "thread": thread["id"], "turn": turn["id"]}))
        return outcome.exit_code
    if options.do == "start":
        print(thread["id"])
    return tell(outcome, as_json=False, was_drawn=progress.draws)


def _parent(said: str, thread: dict[str, Any]) -> str:
    """Return the id of the turn that is named by its number, or by its id."""
    if said in {"0", "start"}:
        return "start"
    found = next((turn["id"] for turn in thread["turns"] if said in {str(turn["number"]), turn["id"]}), None)
    if found is None:
        raise CommandFailed(2, f"This thread has no turn {said}. “darkroom thread show” lists them.")
    return str(found)


def _line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
