"""Submit one run from the terminal, follow it, and save each picture as it comes."""

import json
import sys
import uuid
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from saas.cli.client import Client
from saas.cli.progress import ENDS, Progress
from saas.cli.saving import Folder, form_of, stem_of

PARAMETERS = ("model", "size", "quality", "format", "compression", "background", "moderation", "project")


@dataclass
class RunResult:
    run: str = ""
    state: str = ""
    files: list[str] = field(default_factory=list)
    partials: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        return 1 if self.errors or not self.files else 0

    def as_json(self) -> dict[str, Any]:
        return {
            "run": self.run,
            "state": self.state,
            "files": self.files,
            "partials": self.partials,
            "errors": self.errors,
        }


def asked_of(options: Namespace) -> dict[str, Any]:
    asked = {name: getattr(options, name, None) for name in PARAMETERS}
    asked |= {
        "prompt": options.prompt,
        "styles": options.styles,
        "n": options.n,
        "partial_images": options.partials or 0,
    }
    return {name: value for name, value in asked.items() if value is not None}


def count_of(asked: dict[str, Any]) -> int:
    return int(asked.get("n", 1)) * max(1, len(asked.get("styles", ())))


def develop(
    client: Client,
    asked: dict[str, Any],
    *,
    out: Path,
    name: str = "",
    with_partials: bool = False,
    progress: Progress,
    request_key: str = "",
    run: str = "",
) -> RunResult:
    """Submit a run, or follow one that was made before, and save its pictures as they come."""
    outcome = RunResult()
    styles = asked.get("styles", [])
    folder = Folder(out, name or stem_of(asked.get("prompt", "")), count_of(asked), styles)
    for event in client.events(asked, request_key=request_key or uuid.uuid4().hex, run=run):
        progress.note(event)
        outcome.run = event["run"]
        if event["type"] == "partial" and with_partials:
            data = client.download(event["url"])
            file = folder.partial(event["slot"], event["index"], form_of(data), data)
            outcome.partials.append(str(file))
        elif event["type"] == "output":
            file = folder.final(event["slot"], event["format"], client.download(event["url"]))
            outcome.files.append(str(file))
            progress.say(f"  {file}")
        elif event["type"] in ENDS:
            outcome.errors.append(event.get("sentence", event["type"]))
        elif event["type"] == "ended":
            outcome.state = event["state"]
    return outcome


def tell(outcome: RunResult, *, as_json: bool, was_drawn: bool) -> int:
    """Print the outcome and return the exit code. On a terminal, leave out files that have been shown already."""
    if as_json:
        print(json.dumps(outcome.as_json()))
    else:
        for file in outcome.files if not (was_drawn and sys.stdout.isatty()) else ():
            print(file)
        for sentence in dict.fromkeys(outcome.errors):
            print(sentence, file=sys.stderr)
    return outcome.exit_code
